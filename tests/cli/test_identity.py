"""Samples of two people: from SNP files through `cohort` and `quality` to the gate."""

import re

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main

SAMPLES = [
    (patient, f"{patient}_{time[0].upper()}", time)
    for patient in ("P1", "P2", "P3")
    for time in ("baseline", "followup", "normal")
]


def snp_text(person, sample, *, count=300):
    """Common SNPs of one person, read about 60 times."""
    alleles = np.random.default_rng([1, *person.encode()]).integers(0, 2, (2, count)).sum(axis=0)
    rng = np.random.default_rng([2, *sample.encode()])
    total = rng.poisson(60, count) + 1
    alt = rng.binomial(total, 0.996 * alleles / 2 + 0.002)
    frame = pd.DataFrame(
        {
            "chromosome": np.sort(1 + np.arange(count) % 22),
            "position": 1_000_000 + 700_000 * np.arange(count),
            "ref_count": total - alt,
            "alt_count": alt,
        }
    )
    frame["position"] = frame.groupby("chromosome").cumcount() * 700_000 + 1_000_000
    return frame.to_csv(sep="\t", index=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a function that writes the study; ``swaps`` says whose DNA a file holds."""
    monkeypatch.chdir(tmp_path)

    def make(**swaps):
        columns = ["patient", "sample", "timepoint"]
        pd.DataFrame(SAMPLES, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
        for patient, sample, _ in SAMPLES:
            text = snp_text(swaps.get(sample, patient), sample)
            (tmp_path / f"{sample}.tsv").write_text(text)
        units = pd.DataFrame({"sample": [sample for _, sample, _ in SAMPLES]})
        units = units.assign(assay="wes", filetype="snps", path=units["sample"] + ".tsv")
        units.to_csv("units.tsv", sep="\t", index=False)
        return tmp_path

    return make


def run(verb, *more):
    return main([verb, "--samples", "samples.tsv", "--units", "units.tsv", *more])


def judged(folder):
    assert run("cohort", "--out", "cohort") == 0
    assert run("quality", "--cohort", "cohort", "--out", "out") == 0
    people = tables.read(folder / "cohort", "identity")
    found = tables.read(folder / "out", "quality")
    return people, found[found["code"].eq("GENOTYPE_MISMATCH")]


def test_samples_of_one_person_pass(folder, capsys):
    people, mismatch = judged(folder())
    assert set(people["call"]) == {"same"}
    assert len(people) == 9
    assert mismatch.empty
    assert "her2omics cohort: reading 9 SNP files" in capsys.readouterr().err


def test_exchanged_follow_ups_stop_both_cases_and_name_whom_they_fit(folder):
    _, mismatch = judged(folder(P1_F="P2", P2_F="P1"))
    assert sorted(set(mismatch["case"])) == ["P1_B__P1_F", "P2_B__P2_F"]
    notes = " ".join(mismatch["note"])
    assert "P1_B and P1_F are not of one person" in notes
    assert "P1_F is the one that differs" in notes
    assert re.search("P1_F fits P2_[BN] of patient P2 instead", notes)
    assert "P1_B fits" not in notes


def test_a_swapped_normal_stops_its_case(folder):
    people, mismatch = judged(folder(P3_N="somebody"))
    assert set(mismatch["case"]) == {"P3_B__P3_F"}
    pair = people[people["sample_a"].eq("P3_B") & people["sample_b"].eq("P3_F")]
    assert list(pair["call"]) == ["same"]
    assert "P3_N fits no other patient of the sheet" in mismatch["note"].iloc[0]


def test_one_patient_alone_gives_the_same_calls(folder):
    together, _ = judged(folder(P1_F="P2"))
    sheet = pd.read_csv("samples.tsv", sep="\t")
    sheet[sheet["patient"].eq("P1")].to_csv("samples.tsv", sep="\t", index=False)
    units = pd.read_csv("units.tsv", sep="\t")
    units[units["sample"].str.startswith("P1")].to_csv("units.tsv", sep="\t", index=False)
    assert run("cohort", "--out", "alone") == 0
    alone = tables.read(folder() / "alone", "identity")
    mine = together[together["patient"].eq("P1")]
    assert list(alone["call"]) == list(mine["call"])


def test_a_bad_snp_file_stops_or_gates(folder, capsys):
    root = folder()
    (root / "P2_F.tsv").write_text("chromosome\tposition\n1\t5\n")
    assert run("cohort", "--out", "cohort") == 1
    assert "P2_F.tsv" in capsys.readouterr().err
    (root / "config.yaml").write_text("on_bad_file: gate\n")
    assert run("cohort", "--config", "config.yaml", "--out", "cohort") == 0
    lost = tables.read(root / "cohort", "input_errors")
    assert list(lost["sample"].unique()) == ["P2_F"]
    assert len(tables.read(root / "cohort", "identity")) == 7
