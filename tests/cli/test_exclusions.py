"""Excluded samples: every patient stays in the final table, and no number comes from them."""

import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a simulated study whose first three patients lose samples, and its reasons."""
    folder = tmp_path_factory.mktemp("study")
    assert main(["simulate", "cohort", "--cases", "5", "--seed", "3", "--out", str(folder)]) == 0
    return folder


def write(study, folder, reasons):
    sheet = pd.read_csv(study / "samples.tsv", sep="\t", dtype=str, keep_default_na=False)
    sheet.assign(exclude=sheet["sample"].map(reasons).fillna("")).to_csv(
        folder / "samples.tsv", sep="\t", index=False
    )
    return ["--samples", str(folder / "samples.tsv"), "--units", str(study / "units.tsv"),
            "--genome-build", "GRCh38"]  # fmt: skip


def run(verb, sheets, cohort, out):
    assert main([verb, *sheets, *cohort, "--out", str(out)]) == 0


def test_every_patient_ends_in_the_final_table(study, tmp_path):
    reasons = {
        "P0001-F": "sample swap", "P0002-B": "no consent", "P0002-F": "no consent",
    }  # fmt: skip
    sheets = write(study, tmp_path, reasons)
    assert main(["check", *sheets]) == 0
    run("cohort", sheets, [], tmp_path / "cohort")
    cohort, out = ["--cohort", str(tmp_path / "cohort")], tmp_path / "out"
    for verb in ("expression", "subtype", "quality", "classify"):
        run(verb, sheets, cohort, out)
    run("copy-number", sheets, [], out)
    run("report", sheets, [*cohort, "--tables", str(out)], tmp_path / "report")
    cases = tables.read(out, "cases")
    assert cases["patient"].tolist() == [f"P000{number}" for number in range(1, 6)]
    lost = cases["case"].isin(["P0001-B__P0001-F", "P0002-B__P0002-F"])
    assert cases.loc[lost, "label"].eq("not_assessable").all()
    assert not cases.loc[~lost, "label"].eq("not_assessable").any()
    pairs = tables.read(tmp_path / "cohort", "pairs")
    assert pairs["excluded"].tolist() == [
        "P0001-F: sample swap", "P0002-B: no consent; P0002-F: no consent", None, None, None,
    ]  # fmt: skip
    for name in ("purity", "expression", "subtypes"):
        assert not set(reasons) & set(tables.read(out, name)["sample"])
    for name in ("expression_pairs", "switches"):
        assert tables.read(out, name)["patient"].tolist() == ["P0003", "P0004", "P0005"]


def test_a_sample_excluded_after_the_cohort_was_made_is_not_used(study, tmp_path):
    sheets = write(study, tmp_path, {})
    run("cohort", sheets, [], tmp_path / "cohort")
    sheets = write(study, tmp_path, {"P0001-F": "sample swap"})
    for verb in ("expression", "subtype"):
        run(verb, sheets, ["--cohort", str(tmp_path / "cohort")], tmp_path / "out")
    for name in ("expression", "subtypes"):
        assert "P0001-F" not in set(tables.read(tmp_path / "out", name)["sample"])
