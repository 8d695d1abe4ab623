import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from her2omics.sheets.cases import case_id, cases_of
from her2omics.tables import TABLES

COLUMNS = ("setting", "therapy_since_baseline", "central_review", "exclude")


def sheet(*rows):
    frame = pd.DataFrame(rows, columns=["patient", "sample", "timepoint", *COLUMNS, "days"])
    frame = frame.astype(object).where(frame.notna(), None)
    return frame.rename(columns={"days": "days_since_anti_her2"})


def files(*rows):
    return pd.DataFrame(rows, columns=["sample", "assay", "filetype"])


def row(patient, sample, timepoint, **more):
    return {"patient": patient, "sample": sample, "timepoint": timepoint} | more


def test_every_baseline_meets_every_followup_in_sheet_order():
    samples = sheet(
        row("2", "f1", "followup", setting="relapse"),
        row("1", "x", "baseline"),
        row("2", "b1", "baseline"),
        row("2", "b2", "baseline"),
        row("1", "n", "normal"),
        row("2", "f2", "followup", setting="metastasis", days=12),
    )
    cases = cases_of(samples, files(), ascertained=False)
    assert cases["case"].tolist() == ["b1__f1", "b1__f2", "b2__f1", "b2__f2", "x__none"]
    assert cases["setting"].tolist() == ["relapse", "metastasis"] * 2 + [None]
    assert cases["days_since_anti_her2"].dropna().tolist() == [12, 12]
    assert cases["followup"].tolist()[-1] is None
    assert tuple(cases.columns) == TABLES["pairs"].names
    assert set(cases["ascertained"]) == {"no"}


def test_a_patient_whose_followup_is_excluded_keeps_a_row():
    samples = sheet(row("1", "b", "baseline"), row("1", "f", "followup", exclude="swap"))
    assert cases_of(samples, files(), ascertained=True)[["case", "ascertained"]].to_numpy(
    ).tolist() == [["b__none", "yes"]]  # fmt: skip


def test_central_review_is_known_only_if_both_say():
    words = ("yes", "no", None)
    found = {}
    for first in words:
        for second in words:
            samples = sheet(
                row("1", "b", "baseline", central_review=first),
                row("1", "f", "followup", central_review=second),
            )
            cases = cases_of(samples, files(), ascertained=False)
            found[first, second] = cases["central_review"][0]
    assert found == {
        ("yes", "yes"): "both",
        ("yes", "no"): "baseline",
        ("yes", None): None,
        ("no", "yes"): "followup",
        ("no", "no"): "neither",
        ("no", None): None,
        (None, "yes"): None,
        (None, "no"): None,
        (None, None): None,
    }


def test_the_narrower_assay_decides_about_mutations():
    samples = sheet(row("1", "b", "baseline"), row("1", "f", "followup"))
    units = files(("b", "wgs", "mutations"), ("f", "panel", "mutations"), ("f", "wes", "segments"))
    assert cases_of(samples, units, ascertained=False)["assay"].tolist() == ["panel"]
    assert cases_of(samples, units[:1], ascertained=False)["assay"].tolist() == ["wgs"]
    assert cases_of(samples, units[2:], ascertained=False)["assay"].tolist() == [None]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12))
def test_every_patient_with_a_baseline_has_a_case(rows):
    named = [
        row(patient, f"s{number}", "followup" if later else "baseline")
        for number, (patient, later) in enumerate(rows)
    ]
    baselines = {entry["patient"] for entry in named if entry["timepoint"] == "baseline"}
    if not baselines:
        return
    cases = cases_of(sheet(*named), files(), ascertained=False)
    assert set(cases["patient"]) == baselines
    assert cases["case"].is_unique
    assert [
        case_id(*names) for names in zip(cases["baseline"], cases["followup"], strict=True)
    ] == (cases["case"].tolist())
