from __future__ import annotations

import gzip

import pytest

from her2omics import tables
from her2omics.cli import main


def test_a_cohort_is_written(tmp_path, capsys):
    out = tmp_path / "study"
    arguments = ["--cases", "6", "--seed", "3", "--genes", "400", "--out", str(out)]
    assert main(["simulate", "cohort", *arguments]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "config.yaml",
        "expression.tsv",
        "samples.tsv",
        "truth.tsv",
        "units.tsv",
    ]
    assert len(tables.read(out, "truth")) == 6
    assert main(["check", "--config", str(out / "config.yaml"), *_sheets(out)]) == 0
    assert "6" in capsys.readouterr().out


def test_dna_files_are_written(tmp_path):
    arguments = ["--cases", "2", "--genes", "400", "--scenario", "panel", "--out", str(tmp_path)]
    assert main(["simulate", "cohort", "--modalities", "bulk+ish", *arguments]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {"bins", "snps", "mutations", "targets", "truth_dna.tsv"} <= names
    assert main(["check", *_sheets(tmp_path)]) == 0


def _sheets(out):
    return ["--samples", str(out / "samples.tsv"), "--units", str(out / "units.tsv")]


def test_a_compressed_matrix(tmp_path):
    arguments = ["--cases", "3", "--genes", "400", "--gz", "--out", str(tmp_path)]
    assert main(["simulate", "cohort", *arguments]) == 0
    with gzip.open(tmp_path / "expression.tsv.gz", "rt") as handle:
        assert handle.readline().startswith("gene\tP0001-B\tP0001-F")
    assert "expression.tsv.gz" in (tmp_path / "units.tsv").read_text()


def test_unselected_evidence(tmp_path):
    arguments = ["--cases", "400", "--unselected", "--out", str(tmp_path)]
    assert main(["simulate", "evidence", *arguments]) == 0
    truth, pairs = tables.read(tmp_path, "truth"), tables.read(tmp_path, "pairs")
    assert truth["state"].eq("R").mean() > 0.7
    assert set(pairs["ascertained"]) == {"no"}


def test_scenarios_are_listed(capsys):
    assert main(["simulate", "cohort", "--scenario", "list"]) == 0
    shown = capsys.readouterr().out
    assert "purity_05\t" in shown
    assert "rna_noise_doubled\t" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cases", "0"], "--cases: '0' is not a positive number"),
        (["--seed", "-4"], "--seed: '-4' is negative"),
        (["--scenario", "standart"], "did you mean 'standard'?"),
        (["--genes", "20"], "--genes: 20 is outside 400-60000"),
        (["--modalities", "rna+ihs"], "did you mean 'ish'?"),
        (["--scenario", "no_normal"], "add `--modalities rna+ish+cn+clusters`"),
        (["--modalities", "bulk+segment"], "did you mean 'segments'?"),
    ],
)
def test_wrong_arguments_write_nothing(tmp_path, capsys, arguments, message):
    out = tmp_path / "study"
    assert main(["simulate", "cohort", "--out", str(out), *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_is_needed(capsys):
    assert main(["simulate", "evidence"]) == 1
    assert "--out: is missing" in capsys.readouterr().err


def test_the_demonstration(tmp_path):
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    truth = tables.read(tmp_path / "demo", "truth")
    assert len(truth) == 15
