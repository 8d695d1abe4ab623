import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.mechanism import evidence as joint
from her2omics.mechanism import evidence_table
from her2omics.mechanism.cell_evidence import output_rows, share_rows
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR
from her2omics.thresholds import limits


def cases():
    frame = pd.DataFrame(
        [{"case": f"B__{f}", "patient": "P", "baseline": "B", "followup": f} for f in "FG"]
    )
    return tables.typed(frame, "pairs")


def cells(**columns):
    rows = {
        "sample": ["B", "F"],
        "patient": "P",
        "malignant_cells": [400, 300],
        "amplified_fraction": [0.95, 0.10],
        "amplified_fraction_low": [0.90, 0.06],
        "amplified_fraction_high": [0.98, 0.15],
        "identifiable": "yes",
        "malignant_by": "copy_number",
    }
    return tables.typed(pd.DataFrame(rows).assign(**columns), "single_cell")


def pairs(**columns):
    row = {
        "case": "B__F",
        "patient": "P",
        "output_ratio": [0.25],
        "output_ratio_low": 0.2,
        "output_ratio_high": 0.3125,
        "call": "silenced",
    }
    return tables.typed(pd.DataFrame(row).assign(**columns), "single_cell_pairs")


def test_the_share_of_each_biopsy_with_its_error():
    rows = share_rows(cells(), cases()).set_index(["case", "time"])
    assert list(rows.index) == [
        ("B__F", "baseline"),
        ("B__G", "baseline"),
        ("B__F", "followup"),
    ]
    first = rows.loc["B__F", "baseline"]
    assert (first["value"], first["n"]) == (0.95, 400)
    assert first["sd"] == pytest.approx(np.hypot(0.08 / 3.28971, limits().cell_share_sd), rel=1e-4)


def test_what_cannot_be_told_apart_says_nothing():
    assert share_rows(cells(identifiable="no"), cases()).empty
    assert share_rows(cells(amplified_fraction=np.nan), cases()).empty


def test_a_share_of_all_epithelium_says_nothing_of_the_tumour():
    rows = share_rows(cells(malignant_by=["copy_number", "lineage"]), cases())
    assert set(rows["time"]) == {"baseline"}


def test_the_output_as_log2_ratio():
    row = output_rows(pairs(), cases()).iloc[0]
    assert (row["case"], row["time"], row["value"]) == ("B__F", "pair", -2.0)
    width = np.log2(0.3125 / 0.2)
    assert row["sd"] == pytest.approx(width / 3.28971, rel=1e-4)


@pytest.mark.parametrize(
    "columns", [{"call": "undetermined"}, {"output_ratio": np.nan}, {"case": "X__Y"}]
)
def test_pairs_that_say_nothing(columns):
    assert output_rows(pairs(**columns), cases()).empty


def test_the_model_reads_them(blank_sheet):
    empty = {x: tables.empty(x) for x in ("purity", "expression", "switches", "copy_number")}
    table = evidence_table.build(
        samples=blank_sheet, cases=cases(), single_cell=cells(), single_cell_pairs=pairs(), **empty
    )
    joint.check(table, cases(), file="evidence.tsv")
    multipliers = {"central_negative_not_lost": 1.0, "outside_baseline_not_lost": 1.0}
    found = joint.parse(table, cases(), multipliers=multipliers)[0].evidence
    assert found.get("amplified_share", BASELINE).value == pytest.approx(0.95)
    assert found.get("amplified_share", FOLLOWUP).n == 300
    assert found.get("erbb2_output", PAIR).value == pytest.approx(-2.0)
