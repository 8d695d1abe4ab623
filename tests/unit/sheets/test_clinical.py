import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.sheets import clinical

WORDS = ("her2_status", "her2_ihc", "er", "pr")
NUMBERS = ("her2_ish_ratio", "her2_ish_copies", "cep17_copies")


def rows(*given_rows):
    frame = pd.DataFrame(list(given_rows))
    frame["sample"] = [f"S{number}" for number in range(len(frame))]
    for column in ("timepoint", *WORDS):
        values = frame[column] if column in frame else pd.Series(None, index=frame.index)
        frame[column] = values.astype(object).where(values.notna(), None)
    for column in NUMBERS:
        frame[column] = frame[column].astype(float) if column in frame else np.nan
    return frame


def status(ascertained=False, **row):
    found = clinical.reported_status(rows({"timepoint": "followup"} | row), ascertained=ascertained)
    return found["S0"]


@pytest.mark.parametrize(
    ("ratio", "copies", "group"),
    [
        (2.0, 4.0, 1), (5.1, 12.0, 1), (2.0, 3.9, 2), (1.9, 6.0, 3), (1.9, 5.9, 4),
        (1.9, 4.0, 4), (1.9, 3.9, 5), (None, 5.0, None), (1.5, None, None),
        (float("nan"), 5.0, None),
    ],
)  # fmt: skip
def test_ish_groups_of_the_guideline(ratio, copies, group):
    assert clinical.ish_group(ratio, copies) == group


def test_the_ratio_follows_from_copies_and_cep17():
    frame = rows({"her2_ish_copies": 8, "cep17_copies": 2}, {"her2_ish_copies": 8}, {})
    groups = clinical.ish_groups(frame)
    assert groups["S0"] == 1
    assert groups[["S1", "S2"]].isna().all()


def test_totals_over_all_cells_are_no_ish():
    totals = {"her2_ish_copies": 240, "cep17_copies": 40, "her2_ish_ratio": 6}
    contradiction = {"her2_ish_copies": 8, "cep17_copies": 2, "her2_ish_ratio": 2.1}
    sound = {"her2_ish_copies": 8, "cep17_copies": 2, "her2_ish_ratio": 4.2}
    frame = rows(totals, contradiction, sound, {"her2_ish_ratio": 4.0})
    assert clinical.ish_inconsistent(frame).tolist() == [True, True, False, False]
    assert clinical.ish_groups(frame).isna().tolist() == [True, True, False, True]


AMPLIFIED = {"her2_ish_ratio": 4, "her2_ish_copies": 9}
POLYSOMIC = {"her2_ish_ratio": 1.5, "her2_ish_copies": 7}
EQUIVOCAL = {"her2_ish_ratio": 1.5, "her2_ish_copies": 5}
NOT_AMPLIFIED = {"her2_ish_ratio": 1.1, "her2_ish_copies": 2}


@pytest.mark.parametrize(
    ("row", "expected", "her2_class"),
    [
        ({}, None, "unknown"),
        ({"her2_ihc": "0"}, "negative", "0"),
        ({"her2_ihc": "0+"}, "negative", "ultralow"),
        ({"her2_ihc": "1+"}, "negative", "low"),
        ({"her2_ihc": "2+"}, None, "unknown"),
        ({"her2_ihc": "3+"}, "positive", "positive"),
        ({"her2_ihc": "2+"} | AMPLIFIED, "positive", "positive"),
        ({"her2_ihc": "2+"} | POLYSOMIC, "positive", "positive"),
        ({"her2_ihc": "2+"} | EQUIVOCAL, None, "unknown"),
        ({"her2_ihc": "2+"} | NOT_AMPLIFIED, "negative", "low"),
        (AMPLIFIED, None, "unknown"),
        ({"her2_status": "negative", "her2_ihc": "3+"}, "negative", "positive"),
        ({"her2_status": "positive"}, "positive", "unknown"),
        ({"her2_status": "equivocal", "her2_ihc": "3+"}, None, "positive"),
    ],
)
def test_status_and_class(row, expected, her2_class):
    assert status(**row) == expected
    assert clinical.her2_class(rows(row))["S0"] == her2_class


def test_an_ascertained_cohort_lost_her2_where_nothing_else_is_said():
    assert status(ascertained=True) == "negative"
    assert status(ascertained=True, her2_ihc="2+") == "negative"
    assert status(ascertained=True, her2_status="equivocal") is None
    assert status(ascertained=True, her2_status="positive") == "positive"
    assert status(ascertained=True, her2_ihc="3+") == "positive"
    assert status(ascertained=True, timepoint="baseline") is None


def test_receptors_as_words_or_percent():
    given_values = ["positive", "negative", "0", "0.9", "1", "90", None]
    frame = rows(*({"er": value} for value in given_values))
    assert clinical.receptor_status(frame, "er").tolist() == [
        "positive", "negative", "negative", "negative", "positive", "positive", None,
    ]  # fmt: skip


@given(
    st.sampled_from([None, "0", "0+", "1+", "2+", "3+"]),
    st.one_of(st.none(), st.floats(0, 20)),
    st.one_of(st.none(), st.floats(0, 60)),
    st.one_of(st.none(), st.floats(0, 60)),
)
def test_a_derived_status_agrees_with_the_class(ihc, ratio, copies, cep17):
    row = {
        "her2_ihc": ihc,
        "her2_ish_ratio": ratio,
        "her2_ish_copies": copies,
        "cep17_copies": cep17,
    }
    expected = {"positive": "positive", "unknown": None}
    found = clinical.her2_class(rows(row))["S0"]
    assert status(**row) == expected.get(found, "negative")


@pytest.mark.parametrize(
    ("setting", "days", "on"),
    [
        ("on_treatment", None, True),
        ("on_treatment", 400.0, True),
        ("post_neoadjuvant", None, False),
        ("post_neoadjuvant", float("nan"), False),
        ("post_neoadjuvant", 20.0, True),
        ("relapse", 59.0, True),
        ("relapse", 60.0, False),
        (None, None, False),
    ],
)
def test_on_treatment_or_soon_after(setting, days, on):
    assert clinical.on_treatment(setting, days, limit_days=60.0) is on
