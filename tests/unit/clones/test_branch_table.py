"""From tables to the ratio of each case."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2omics.clones.branch_table import branch_table, on_amplicon
from her2omics.thresholds import limits

COPY_NUMBER = pd.DataFrame(
    {
        "sample": ["B", "F"],
        "amplicon_start": [39_000_000, np.nan],
        "amplicon_end": [40_000_000, np.nan],
        "amplified_haplotype_share": [0.9, 0.5],
        "amplified_haplotype_share_sd": [0.01, 0.02],
    }
)
PURITY = pd.DataFrame(
    {
        "sample": ["B", "F"],
        "purity": [0.6, 0.5],
        "purity_low": [0.55, 0.45],
        "purity_high": [0.65, 0.55],
        "ploidy": [2.1, 2.1],
        "source": ["dna", "sheet"],
        "weight": [1.0, np.nan],
        "mode": [1, 1],
    }
)
CASES = pd.DataFrame({"case": ["B__F"], "patient": ["P"], "baseline": ["B"], "followup": ["F"]})


def _frame(*rows):
    names = ["mutation_id", "chromosome", "position", "sample_id", "alt_counts", "ref_counts"]
    return pd.DataFrame(rows, columns=names)


FRAME = _frame(
    ("in", "17", 39_000_001, "B", 70, 30),
    ("in", "17", 39_000_001, "F", 0, 100),
    ("end", "chr17", 40_000_000, "B", 70, 30),
    ("beyond", "17", 40_000_001, "B", 70, 30),
    ("beyond", "17", 40_000_001, "F", 0, 100),
    ("elsewhere", "3", 39_500_000, "B", 70, 30),
)


def _table(frame=FRAME, **changes):
    tables = {"purity": PURITY, "copy_number": COPY_NUMBER} | changes
    return branch_table(CASES, {"P": frame}, seed=1, limit=limits(), **tables)


def test_which_mutations_lie_on_the_amplicon():
    assert on_amplicon(FRAME, COPY_NUMBER) == {"in", "end"}
    assert on_amplicon(FRAME.drop(columns="position"), COPY_NUMBER) == set()


def test_only_what_both_samples_cover_counts():
    row = _table().iloc[0]
    assert row["case"] == "B__F"
    assert row["mutations"] == 1
    assert row["haplotype_share"] == 0.5
    assert row["log_lr"] == limits().branch_loglr_for


def test_snps_alone_are_enough_and_so_are_mutations():
    assert _table(frame=None)["mutations"].tolist() == [0]
    unphased = COPY_NUMBER.assign(amplified_haplotype_share=np.nan)
    assert _table(copy_number=unphased)["mutations"].tolist() == [1]
    assert _table(frame=None, copy_number=unphased).empty


@pytest.mark.parametrize(
    "changes",
    [
        {"copy_number": COPY_NUMBER.assign(amplicon_start=np.nan)},
        {"copy_number": COPY_NUMBER[1:]},
        {"purity": PURITY[:1]},
        {"purity": PURITY.assign(source="none")},
    ],
)
def test_without_amplicon_or_purity_there_is_no_row(changes):
    assert _table(**changes).empty


def test_it_does_not_depend_on_other_cases():
    more = pd.concat([CASES.assign(case="B__B", followup="B"), CASES])
    both = branch_table(
        more, {"P": FRAME}, purity=PURITY, copy_number=COPY_NUMBER, seed=1, limit=limits()
    ).set_index("case")
    assert both.at["B__F", "log_lr"] == _table()["log_lr"].iloc[0]
