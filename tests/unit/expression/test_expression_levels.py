"""ERBB2 and neighbours of one sample."""

import numpy as np
import pandas as pd
import pytest

from her2omics.cohort import reference
from her2omics.expression.levels import NEIGHBOURS, expression_table

REFERENCE = reference.bundled()
BY_GENE = REFERENCE.set_index("gene")


def measure(above, *, unit="counts", protocol="", preservation="", factor=1.0, table=REFERENCE):
    """Return the row of a sample whose 17q12 genes lie ``above`` their medians."""
    genes = ["ERBB2", *NEIGHBOURS]
    levels = pd.DataFrame({"S": BY_GENE["median"].reindex(genes) + pd.Series(above)}).dropna()
    obs = pd.DataFrame(
        {
            "patient": "P",
            "unit": unit,
            "protocol": protocol,
            "preservation": preservation,
            "size_factor": factor,
            "sample_sd": 0.3,
        },
        index=["S"],
    )
    return expression_table(levels, obs, table).iloc[0]


FOUR = {"ERBB2": 4.0, "GRB7": 2.0, "STARD3": 1.0, "PGAP3": 3.0, "MIEN1": 1.5}


def width(row, name):
    return row[f"{name}_high"] - row[f"{name}_low"]


def test_levels_above_the_reference():
    row = measure(FOUR)
    assert row["erbb2_above_reference"] == pytest.approx(4.0)
    assert row["erbb2_z"] == pytest.approx(4.0 / 0.761)
    assert row["erbb2_log2"] == pytest.approx(11.909)
    assert row["neighbours_log2"] == pytest.approx(1.75)
    assert row["neighbours_used"] == 4
    assert row["sample_sd"] == 0.3


def test_the_references_error_is_in_the_level_above_it_only():
    other = measure(FOUR)
    same = measure(FOUR, protocol="polya", preservation="frozen")
    assert width(other, "erbb2_log2") == pytest.approx(width(same, "erbb2_log2"))
    assert width(other, "erbb2_above_reference") > 1.8 * width(same, "erbb2_above_reference")
    assert width(other, "erbb2_z") == pytest.approx(width(other, "erbb2_above_reference") / 0.761)


def test_a_shallow_library_widens_the_interval():
    assert width(measure(FOUR, factor=0.0001), "erbb2_log2") > width(measure(FOUR), "erbb2_log2")


def test_three_neighbours_are_enough_and_two_are_not():
    three = {gene: value for gene, value in FOUR.items() if gene != "PGAP3"}
    assert measure(three)["neighbours_log2"] == pytest.approx(1.5)
    two = {gene: value for gene, value in three.items() if gene != "GRB7"}
    row = measure(two)
    assert np.isnan(row["neighbours_log2"])
    assert np.isnan(row["neighbours_z"])
    assert row["neighbours_used"] == 2
    assert row["erbb2_z"] == pytest.approx(4.0 / 0.761)


def test_unknown_lengths_widen_the_neighbours_of_tpm_but_not_erbb2():
    counts, tpm = measure(FOUR), measure(FOUR, unit="tpm")
    assert width(tpm, "neighbours_log2") > 1.2 * width(counts, "neighbours_log2")
    assert width(tpm, "erbb2_z") == pytest.approx(width(counts, "erbb2_z"), rel=0.01)


@pytest.mark.parametrize("case", [{"unit": "log2_ratio"}, {"factor": np.nan}])
def test_without_a_scale_there_is_no_level(case):
    row = measure(FOUR, **case)
    assert row[["erbb2_log2", "erbb2_z", "erbb2_above_reference", "neighbours_z"]].isna().all()
    assert row["neighbours_used"] == 0
