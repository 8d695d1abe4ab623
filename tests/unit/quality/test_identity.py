"""What table identity says about one case."""

import pandas as pd
import pytest

from her2omics.quality import identity

CASE = {"case": "B__F", "patient": "P", "baseline": "B", "followup": "F"}
SAMPLES = pd.DataFrame(
    {
        "sample": ["B", "F", "F2", "N"],
        "timepoint": ["baseline", "followup", "followup", "normal"],
    }
).set_index("sample")


def table(*rows):
    columns = ["sample_a", "sample_b", "call", "log10_lr"]
    return pd.DataFrame(rows, columns=columns).assign(patient="P")


def test_rows_of_other_follow_ups_are_left_out():
    rows = table(
        ("B", "F", "same", 9),
        ("B", "F2", "different", -9),
        ("B", "N", "same", 9),
        ("F2", "N", "different", -9),
        ("F", None, "same", 9),
    )
    found = identity.of_case(CASE, rows, SAMPLES)
    assert list(zip(found["sample_a"], found["sample_b"], strict=True)) == [
        ("B", "F"),
        ("B", "N"),
        ("F", None),
    ]


def test_a_pair_of_two_assays_differs_once_by_the_clearest():
    rows = table(("B", "F", "different", -5), ("B", "F", "different", -50), ("B", "N", "same", 9))
    found = identity.different(rows)
    assert list(found["log10_lr"]) == [-50]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("B", "F", "same", 9)], True),
        ([("B", "F", "different", -9)], True),
        ([("B", "N", "same", 9), ("F", "N", "same", 9)], True),  # through the normal
        ([("B", "N", "same", 9)], False),
        ([("B", "F", "unknown", 1)], False),
        ([("B", None, "same", 9), ("F", None, "same", 9)], False),  # each its own file's normal
        ([], False),
    ],
)
def test_what_counts_as_checked(rows, expected):
    assert identity.checked(CASE, table(*rows)) is expected
