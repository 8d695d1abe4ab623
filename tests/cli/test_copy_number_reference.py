"""A reference of normals by hand, and in the cohort stage, down to the copies of ERBB2."""

import numpy as np
import pandas as pd
import pytest

from her2omics import genome, tables
from her2omics.cli import main
from her2omics.cohort import normals, normals_file

BUILD = genome.load("GRCh38")
ERBB2 = BUILD.genes.loc["ERBB2"]


def design():
    rows = [
        (chromosome, start, start + 1_000_000)
        for chromosome in genome.CHROMOSOMES[:22]
        for start in range(0, int(BUILD.contigs.loc[chromosome, "length"]) - 1_000_000, 1_000_000)
        if chromosome != "17" or not 39_000_000 <= start < 41_000_000
    ]
    rows += [("17", start, start + 20_000) for start in range(39_000_000, 41_000_000, 20_000)]
    return pd.DataFrame(rows, columns=["chromosome", "start", "end"])


DESIGN = design()
LOCUS = DESIGN["chromosome"].eq("17") & DESIGN["start"].between(39_500_000, 39_900_000)
# What the design does in everybody: ERBB2 reads .4 high.
BIAS = np.random.default_rng(1).normal(0, 0.1, len(DESIGN)) + 0.4 * LOCUS


def bins(name, **arms):
    """Write bins of a normal, or of a tumour with arms gained and ``erbb2`` amplified (log2)."""
    log2 = BIAS + np.random.default_rng([3, *name.encode()]).normal(0, 0.1, len(DESIGN))
    log2 = log2 + arms.pop("erbb2", 0.0) * LOCUS
    for arm, change in arms.items():
        log2 = log2 + change * DESIGN["chromosome"].eq(arm.removeprefix("chr"))
    frame = DESIGN.assign(log2=log2.round(5))
    frame.to_csv(f"{name}.tsv", sep="\t", index=False)
    return f"{name}.tsv"


TUMOUR = {"erbb2": 2.0, "chr1": 0.4, "chr8": 0.5, "chr16": -0.4}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(files, *more):
    return main(
        ["copy-number-reference", "--bins", *files, "--assay", "wes", "--out", "r.npz", *more]
    )


def test_a_reference_is_made_and_described(folder, capsys):
    assert make([bins(f"N{k}") for k in range(8)]) == 0
    printed = capsys.readouterr()
    assert "normals      8, 0 left out" in printed.out
    assert "GC           not corrected (no gc column)" in printed.out
    assert printed.err == ""
    assert len(normals_file.read(folder / "r.npz").normals) == 8


def test_tumours_are_refused_and_nothing_is_written(folder, capsys):
    assert make([bins("T1", **TUMOUR), bins("T2", chr5=-0.5, erbb2=3.0)]) == 1
    said = capsys.readouterr().err
    assert "T1.tsv): is no normal of wes: a gain of ERBB2 at 17q12" in said
    assert "give bins of normal tissue or blood, never of tumours" in said
    assert not (folder / "r.npz").exists()


def test_a_normal_with_a_17q12_gain_is_warned_about(folder, capsys):
    assert make([bins(f"N{k}") for k in range(5)] + [bins("odd", erbb2=1.2)]) == 0
    said = capsys.readouterr()
    assert "normals      5, 1 left out" in said.out
    assert "warning: " in said.err
    assert "odd.tsv" in said.err
    assert "a 'normal' with a 17q12 gain would erase the ERBB2 amplification" in said.err


def test_arguments_and_files_are_checked_together(folder, capsys):
    name = bins("N1")
    (folder / "bad.tsv").write_text("chromosome\tstart\tend\n1\t0\t10\n")
    assert make([name, name], "--out", "r.txt", "--targets", "none.bed") == 1
    said = capsys.readouterr().err
    for part in ("'r.txt' does not end in .npz", "no such file: none.bed", "is given twice"):
        assert part in said
    assert make([name, bins("N2"), "bad.tsv", "gone.tsv"]) == 1
    said = capsys.readouterr().err
    assert "bad.tsv" in said
    assert "gone.tsv" in said


def study(*, count=3, config="", **tumour):
    names = [f"N{k}" for k in range(count)]
    rows = [(f"P{k}", name, "normal") for k, name in enumerate(names)]
    rows += [("P0", "B", "baseline"), ("P0", "F", "followup")]
    rows += [(f"P{k}", f"B{k}", "baseline") for k in range(1, count)]
    columns = ["patient", "sample", "timepoint"]
    pd.DataFrame(rows, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
    for name in names:
        bins(name)
    bins("B", **(TUMOUR | tumour))
    bins("F", chr1=0.4, chr8=0.5, chr16=-0.4)
    units = pd.DataFrame({"sample": [*names, "B", "F"], "assay": "wes", "filetype": "bins"})
    units["path"] = units["sample"] + ".tsv"
    units.to_csv("units.tsv", sep="\t", index=False)
    with open("config.yaml", "w") as file:
        file.write("samples: samples.tsv\nunits: units.tsv\n" + config)


def run(verb, *more):
    return main([verb, "--config", "config.yaml", *more])


def erbb2(folder):
    table = tables.read(folder, "copy_number").set_index("sample")
    return table["erbb2_log2"]


def test_the_cohorts_normals_take_the_bias_off_erbb2(folder, capsys):
    study()
    assert run("cohort", "--out", "cohort") == 0
    assert "reading 3 files of normals' bins" in capsys.readouterr().err
    (entry,) = normals.load("cohort").entries
    assert (entry["file"], entry["normals"]) == ("normals/wes.npz", 3)
    assert run("copy-number", "--cohort", "cohort", "--out", "out") == 0
    (folder / "one").mkdir()
    study(count=1)  # a single normal makes no reference
    assert run("copy-number", "--out", "one") == 0
    assert not (folder / "one" / "cohort").exists()
    difference = erbb2("one") - erbb2("out")
    assert difference["B"] == pytest.approx(0.4, abs=0.12)
    assert difference["F"] == pytest.approx(0.4, abs=0.12)


def test_a_given_reference_serves_a_study_without_normals(folder):
    study()
    assert make(["N0.tsv", "N1.tsv", "N2.tsv"]) == 0
    assert run("copy-number", "--out", "own") == 0
    study(count=1, config="copy_number:\n  reference: r.npz\n")
    assert run("copy-number", "--out", "given") == 0
    np.testing.assert_allclose(erbb2("own")[["B", "F"]], erbb2("given")[["B", "F"]], atol=1e-3)


def test_a_frozen_cohort_keeps_its_reference(folder):
    study()
    assert run("cohort", "--out", "old") == 0
    study(count=1, config="cohort_from: old\n")
    assert run("cohort", "--out", "new") == 0
    old, new = (folder / name / "normals" / "wes.npz" for name in ("old", "new"))
    assert old.read_bytes() == new.read_bytes()


def test_tumours_of_another_design_are_corrected_without_and_warned_about(folder, capsys):
    study()
    other = pd.read_csv("B.tsv", sep="\t")
    other["end"] -= 1
    other.to_csv("B.tsv", sep="\t", index=False)
    assert run("copy-number", "--out", "out") == 0
    said = capsys.readouterr().err
    assert "her2omics copy-number: warning: " in said
    assert "normals not used: 0 of its" in said
    assert np.isfinite(erbb2("out")["B"])


def test_an_unusable_reference_is_named(folder, capsys):
    study(config="copy_number:\n  reference: gone.npz\n")
    assert run("cohort", "--out", "cohort") == 1
    said = capsys.readouterr().err
    assert "copy_number.reference" in said
    assert "no such file" in said
    (folder / "gone.npz").write_text("text")
    assert run("cohort", "--out", "cohort") == 1
    assert "is no reference of normals: make it with `her2omics copy-number-reference`" in (
        capsys.readouterr().err
    )
