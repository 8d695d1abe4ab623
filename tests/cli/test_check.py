"""``her2omics check``: one sentence per problem, exit 1, nothing written."""

import argparse
import gzip
import sys
import types

import anndata
import numpy as np
import pandas as pd
import pytest

from her2omics.cli import main
from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    cohort_folder,
    load_study,
)
from her2omics.errors import InputError
from her2omics.resources import table

SAMPLES = (
    "patient\tsample\ttimepoint\tsetting\ther2_ihc\n"
    "P1\tP1_B\tbaseline\t\t3+\n"
    "P1\tP1_F\tfollowup\trelapse\t1+\n"
    "P2\tP2_B\tbaseline\t\t3+\n"
    "P2\tP2_F\tfollowup\trelapse\t0\n"
    "P3\tP3_B\tbaseline\t\t3+\n"
)
UNITS = "sample\tassay\tfiletype\tunit\tpath\n" + "".join(
    f"{sample}\trna\tmatrix\tcounts\tcounts.tsv\n" for sample in ("P1_B", "P1_F", "P2_B", "P2_F")
)


def counts():
    """Return a matrix of counts of the genes that are looked at, and some more."""
    genes = [*table("pam50_centroids.tsv").iloc[:, 0], "ERBB2", "STARD3", "PGAP3", "MIEN1"]
    genes = list(dict.fromkeys(genes)) + [f"GENE{number}" for number in range(200)]
    values = np.random.default_rng(1).negative_binomial(5, 0.01, (len(genes), 4))
    rows = ["\t".join([gene, *map(str, row)]) for gene, row in zip(genes, values, strict=True)]
    return "\n".join(["gene\tP1_B\tP1_F\tP2_B\tP2_F", *rows]) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.tsv").write_text(SAMPLES)
    (tmp_path / "units.tsv").write_text(UNITS)
    (tmp_path / "counts.tsv").write_text(counts())
    return tmp_path


def check(capsys, *arguments):
    """Run the verb; return exit code, standard output and the lines on standard error."""
    code = main(["check", "--samples", "samples.tsv", "--units", "units.tsv", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def test_a_sound_study_is_summarised(folder, capsys):
    code, out, errors = check(capsys)
    assert (code, errors) == (0, [])
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "patients 3",
        "specimens 5",
        "cases 3, 2 of them with a follow-up",
        "in both biopsies ihc + rna 2",
        "reported HER2 positive -> negative 2",
        "genome build GRCh38",
    ]
    assert sorted(path.name for path in folder.iterdir()) == [
        "counts.tsv",
        "samples.tsv",
        "units.tsv",
    ]


def test_windows_line_ends_are_no_problem(folder, capsys):
    for name in ("samples.tsv", "units.tsv", "counts.tsv"):
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(capsys)[0] == 0


def test_sheets_come_from_the_config_and_flags_win(folder, capsys):
    (folder / "config.yaml").write_text("samples: samples.tsv\nunits: gone.tsv\n")
    assert main(["check", "--config", "config.yaml", "--units", "units.tsv"]) == 0
    assert main(["check", "--config", "config.yaml"]) == 1
    assert "gone.tsv: no such file" in capsys.readouterr().err
    assert main(["check", "--config", "config.yaml", "--set", "units=units.tsv"]) == 0


BAD_FILES = {
    "samples with a byte of another encoding": (
        "samples.tsv",
        SAMPLES.replace("setting", "note").replace("relapse", "Köln").encode("latin-1"),
        "samples.tsv line 3: not UTF-8 text (byte 0xf6): save the file as UTF-8",
    ),
    "samples as a workbook": (
        "samples.tsv", b"PK\x03\x04rest", "samples.tsv: a zip archive or Excel workbook"),
    "samples with commas": (
        "samples.tsv", SAMPLES.replace("\t", ",").encode(), "separated by commas, expected tabs"),
    "samples empty": ("samples.tsv", b"", "samples.tsv: the file is empty"),
    "units as a web page": ("units.tsv", b"<html>", "units.tsv: a web page (HTML)"),
    "units as a pointer": (
        "units.tsv",
        b"version https://git-lfs.github.com/spec/v1\n",
        "units.tsv: a git-LFS pointer, not the file itself: run `git lfs pull`",
    ),
    "matrix as a web page": ("counts.tsv", b"<!doctype html>", "counts.tsv: a web page (HTML)"),
    "matrix empty": ("counts.tsv", b"", "counts.tsv: the file is empty"),
    "matrix cut in transfer": (
        "counts.tsv", gzip.compress(counts().encode())[:-200], "the gzip file is truncated"),
    "matrix without a sample": (
        "counts.tsv",
        counts().replace("P2_F", "Q2_F").encode(),
        "(P2_F): column 'P2_F' is not in the matrix",
    ),
    "matrix with a word": (
        "counts.tsv", counts().replace("ERBB2\t", "ERBB2\tmany", 1).encode(), "many"),
    "matrix without ERBB2": (
        "counts.tsv", counts().replace("ERBB2\t", "ERBBX\t").encode(), "ERBB2"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_named(folder, capsys, name, data, message):
    (folder / name).write_bytes(data)
    code, out, errors = check(capsys)
    assert code == 1
    assert out == ""
    assert len(errors) == 1
    assert errors[0].startswith("her2omics check: ")
    assert message in errors[0]


def test_a_quick_check_looks_at_the_beginning_of_files(folder, capsys):
    (folder / "counts.tsv").write_text("gene\n")
    assert check(capsys)[0] == 1
    assert check(capsys, "--quick")[0] == 0
    (folder / "counts.tsv").write_text("<html>")
    assert check(capsys, "--quick")[0] == 1


def test_a_bad_file_may_gate_its_case_instead(folder, capsys):
    (folder / "counts.tsv").write_text("<html>")
    assert check(capsys, "--set", "on_bad_file=gate")[0] == 0


def test_every_problem_has_its_line(folder, capsys):
    (folder / "samples.tsv").write_text(SAMPLES.replace("followup", "folowup"))
    (folder / "units.tsv").write_text(UNITS.replace("matrix", "marix"))
    code, _, errors = check(capsys)
    assert code == 1
    assert len(errors) == 6
    assert errors[0] == (
        "her2omics check: samples.tsv line 3 (P1_F): timepoint: 'folowup' is not one of normal, "
        "baseline, followup - did you mean 'followup'?"
    )


def test_single_cells_are_read(folder, capsys):
    counts = np.full((3, 3), 200, dtype=np.float32)
    var = pd.DataFrame(index=["ERBB2", "EPCAM", "PTPRC"])
    obs = pd.DataFrame(index=["a", "b", "c"])
    anndata.AnnData(counts, obs, var).write_h5ad(folder / "a.h5ad")
    anndata.AnnData(np.log1p(counts), obs, var).write_h5ad(folder / "b.h5ad")
    units = UNITS + "P1_B\tscrna\th5ad\t\ta.h5ad\n"
    (folder / "units.tsv").write_text(units)
    assert check(capsys)[::2] == (0, [])
    (folder / "units.tsv").write_text(units + "P1_F\tscrna\th5ad\t\tb.h5ad\n")
    code, _, errors = check(capsys)
    assert code == 1
    assert len(errors) == 1
    assert errors[0].startswith(
        "her2omics check: b.h5ad (P1_F): X holds log-normalised values (such as 5.303): give"
    )


def test_quick_looks_at_the_beginning_of_single_cells(folder, capsys):
    (folder / "a.h5ad").write_text("x")
    (folder / "b").mkdir()
    units = UNITS + "P1_B\tscrna\th5ad\t\ta.h5ad\nP1_F\tscrna\t10x\t\tb\n"
    (folder / "units.tsv").write_text(units)
    code, _, errors = check(capsys, "--quick")
    assert code == 1
    assert errors == [
        "her2omics check: a.h5ad (P1_B): a text file, expected an HDF5 file (h5ad)",
        "her2omics check: b (P1_F): no matrix.mtx (plain or .gz) in the folder",
    ]


def test_a_warning_does_not_stop(folder, capsys):
    header, *rows = SAMPLES.splitlines()
    totals = [row + ("\t400\t60" if row.endswith("3+") else "\t\t") for row in rows]
    text = "\n".join([header + "\ther2_ish_copies\tcep17_copies", *totals]) + "\n"
    (folder / "samples.tsv").write_text(text)
    code, out, errors = check(capsys)
    assert code == 0
    assert out
    assert len(errors) == 3
    assert all(": warning: samples.tsv line" in error for error in errors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--genome-build", "hg19"], "genome_build: 'hg19' is not one of GRCh38, GRCh37, custom"),
        (["--set", "low_purity=.3"], "did you mean 'thresholds.low_purity'?"),
        (["--set", "seed"], "--set: 'seed' is not KEY=VALUE"),
        (["--set", "seed=["], "'[' is no YAML value"),
        (["--set", "seed=x", "batch_size=y"], "seed: 'x' is not a whole number at least 0"),
        (["--config", "gone.yaml"], "gone.yaml: no such file"),
        (["--set", "genome_build=custom", "genome_tables=."], "contigs.tsv: no such file"),
    ],
)
def test_bad_settings(folder, capsys, arguments, message):
    code, _, errors = check(capsys, *arguments)
    assert code == 1
    assert message in "\n".join(errors)


def arguments_of(*words):
    parser = argparse.ArgumentParser()
    add_study_arguments(parser)
    return parser.parse_args(
        ["--samples", "samples.tsv", "--units", "units.tsv", "--out", "out", *words]
    )


def test_patients_are_chosen_in_sheet_order(folder):
    study = load_study(arguments_of())
    assert chosen_patients(arguments_of(), study) == ["P1", "P2", "P3"]
    assert chosen_patients(arguments_of("--patients", "P3, P1"), study) == ["P1", "P3"]
    assert chosen_patients(arguments_of("--batch", "2/2"), study) == ["P2", "P3"]
    with pytest.raises(InputError) as caught:
        chosen_patients(arguments_of("--patients", "P1,p33,X"), study)
    assert [str(problem) for problem in caught.value.problems] == [
        "--patients: patient 'p33' has no case in samples.tsv - did you mean 'P3'?",
        "--patients: patient 'X' has no case in samples.tsv",
    ]
    with pytest.raises(InputError, match="expected I/N"):
        chosen_patients(arguments_of("--batch", "3/2"), study)


def test_batch_and_patients_exclude_each_other(capsys):
    with pytest.raises(SystemExit) as caught:
        arguments_of("--batch", "1/2", "--patients", "P1")
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_the_cohort_is_built_once_and_again_when_the_input_changes(folder, monkeypatch):
    built = []

    def build(study, out):
        out.mkdir(parents=True, exist_ok=True)
        (out / "cohort.yaml").write_text("seed: 1\n")
        built.append(out.name)
        return []

    module = types.ModuleType("her2omics.cohort.build")
    module.build = build
    monkeypatch.setitem(sys.modules, "her2omics.cohort.build", module)

    def ask(*words):
        args = arguments_of(*words)
        return str(cohort_folder(args, load_study(args)))

    assert [ask(), ask()] == ["out/cohort"] * 2
    assert built == ["cohort"]
    ask("--set", "seed=2")
    (folder / "counts.tsv").write_text("gene\tP1_B\n")
    ask("--set", "seed=2")
    assert built == ["cohort"] * 3
    assert [ask("--cohort", "mine"), ask("--cohort", "mine")] == ["mine"] * 2
    assert built == ["cohort"] * 3 + ["mine"]
    (folder / "other").mkdir()
    with pytest.raises(InputError, match="other holds no cohort"):
        ask("--cohort", "other")
