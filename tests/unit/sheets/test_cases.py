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


def test_every_patient_with_a_tumour_has_a_case_and_exclusions_are_marked():
    samples = sheet(
        row("1", "b", "baseline"),
        row("1", "f", "followup", exclude="swap"),
        row("1", "g", "followup"),
        row("2", "b2", "baseline", exclude="no consent"),
        row("2", "f2", "followup", exclude="no tumour"),
        row("3", "b3", "baseline", exclude="bad stain"),
        row("4", "f4", "followup", exclude="no baseline"),
        row("5", "n5", "normal"),
    )
    cases = cases_of(samples, files(), ascertained=True)
    assert cases[["case", "patient", "excluded"]].to_numpy().tolist() == [
        ["b__f", "1", "f: swap"],
        ["b__g", "1", None],
        ["b2__f2", "2", "b2: no consent; f2: no tumour"],
        ["b3__none", "3", "b3: bad stain"],
        ["none__f4", "4", "f4: no baseline"],
    ]


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


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=12))
def test_every_patient_with_a_tumour_has_a_case(rows):
    named = [
        row(patient, f"s{number}", "followup" if later else "baseline")
        for number, (patient, later) in enumerate(rows)
    ]
    cases = cases_of(sheet(*named), files(), ascertained=False)
    assert set(cases["patient"]) == {entry["patient"] for entry in named}
    assert cases["case"].is_unique
    assert [
        case_id(*names) for names in zip(cases["baseline"], cases["followup"], strict=True)
    ] == (cases["case"].tolist())
