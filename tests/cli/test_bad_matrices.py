"""Matrices that cannot serve: one clear message each, exit 1, nothing half-written."""

import gzip

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.cli import main

SAMPLES = ["P1_B", "P1_F", "P2_B", "P2_F"]
MEDIANS = resources.table("her2_negative_reference.tsv").set_index("gene")["her2_negative_median"]


def counts():
    rng = np.random.default_rng(5)
    values = rng.poisson(np.exp2(MEDIANS.to_numpy())[:, None] * 40, (len(MEDIANS), len(SAMPLES)))
    return pd.DataFrame(values, index=MEDIANS.index, columns=SAMPLES)


def text(frame, **options):
    return frame.to_csv(sep="\t", index_label="gene", **options)


def logs():
    return np.log2(counts() + 1)


def z_scores():
    values = logs()
    rng = np.random.default_rng(1)
    return values.apply(lambda column: pd.Series(rng.normal(0, 1, len(column)), column.index))


def with_cell(row, column, value):
    frame = counts().astype(object)
    frame.loc[row, column] = value
    return text(frame)


def lines():
    return text(counts()).split("\n")


def ragged():
    found = lines()
    found[7] = found[7].rsplit("\t", 1)[0]
    found[9] += "\t12"
    return "\n".join(found)


def renamed(**names):
    return text(counts().rename(index=names))


BAD = {
    "truncated gzip": (
        gzip.compress(text(counts()).encode())[:-400],
        "counts",
        "the gzip file is truncated: copy or download it again",
    ),
    "web page": (
        b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
        "counts",
        "a web page (HTML), expected a table",
    ),
    "git-LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 12345\n",
        "counts",
        "a git-LFS pointer, not the file itself: run `git lfs pull`",
    ),
    "empty file": (b"", "counts", "the file is empty"),
    "header only": (lines()[0], "counts", "no rows below the header"),
    "not UTF-8": (
        text(counts()).replace("VIM", "VIM\xe9").encode("latin-1"),
        "counts",
        "not UTF-8 text (byte 0xe9)",
    ),
    "z-scores as counts": (text(z_scores()), "counts", "they look like z-scores or log2 ratios"),
    "z-scores as TPM": (text(z_scores()), "tpm", "they look like z-scores or log2 ratios"),
    "logs as counts": (text(logs()), "counts", "they look like log2 values"),
    "counts as logs": (text(counts()), "log2_counts", "they look like counts"),
    "counts as TPM": (text(counts() * 90), "tpm", "instead of 1e6"),
    "negative count": (
        with_cell("VIM", "P1_F", -3),
        "counts",
        "they look like counts from which something",
    ),
    "no ERBB2": (
        text(counts().drop(index="ERBB2")),
        "counts",
        "ERBB2 is not among the 390 genes (looked for ERBB2, ",
    ),
    "missing ERBB2": (with_cell("ERBB2", "P2_B", ""), "counts", "the value of ERBB2 is missing"),
    "sample missing": (
        text(counts().rename(columns={"P2_F": "P2_f2"})),
        "counts",
        "column 'P2_F' is not in the matrix",
    ),
    "Excel dates": (
        renamed(SEPT2="2-Sep", VIM="1-Mar"),
        "counts",
        "2 gene names were turned into dates by a spreadsheet (1-Mar, 2-Sep)",
    ),
    "ragged rows": (ragged(), "counts", "4 cells, but the header has 5"),
    "duplicate columns": (
        text(counts()).replace("P2_F", "P2_B", 1),
        "counts",
        "2 columns are named 'P2_B'",
    ),
    "text in cells": (with_cell("VIM", "P1_F", "n/d"), "counts", "'n/d' is not a number (row VIM)"),
    "decimal commas": (
        text(counts() + 0.5, decimal=","),
        "counts",
        "write decimal points, not commas",
    ),
    "semicolons": (
        counts().to_csv(sep=";", index_label="gene"),
        "counts",
        "the header has one column only",
    ),
    "mouse genes": (
        text(counts().rename(index=lambda gene: gene.capitalize() + "x")),
        "counts",
        "no gene is recognised (found ",
    ),
    "samples x genes": (
        counts().T.to_csv(sep="\t", index_label="sample"),
        "counts",
        "the samples are rows, expected genes x samples: transpose the matrix",
    ),
    "no gene column": (
        counts().to_csv(sep="\t", index=False),
        "counts",
        "no column of gene ids in front of the samples",
    ),
    "nearly empty library": (
        text((counts() * 0).add((MEDIANS > 7.5) * 500, axis=0)),
        "counts",
        "the library is nearly empty",
    ),
}


# Faults of single rows, cells, columns or samples, each with a line of its own (at most six).
SEVERAL = {"ragged rows", "duplicate columns", "decimal commas", "nearly empty library"}


def write_sheets(folder, content, unit, name="matrix.tsv"):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    pd.DataFrame(
        {
            "patient": [sample[:2] for sample in SAMPLES],
            "sample": SAMPLES,
            "timepoint": ["baseline", "followup"] * 2,
        }
    ).to_csv(folder / "samples.tsv", sep="\t", index=False)
    pd.DataFrame(
        {"sample": SAMPLES, "assay": "rna", "filetype": "matrix", "unit": unit, "path": name}
    ).to_csv(folder / "units.tsv", sep="\t", index=False)


def cohort(folder, *more):
    sheets = ["--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv")]
    return main(["cohort", *sheets, "--out", str(folder / "out"), *more])


@pytest.mark.parametrize("case", BAD)
def test_bad_matrix(case, tmp_path, capsys):
    content, unit, message = BAD[case]
    write_sheets(tmp_path, content, unit)
    assert cohort(tmp_path) == 1
    shown = capsys.readouterr().err
    assert message in shown
    assert "matrix.tsv" in shown or "units.tsv" in shown
    assert "Traceback" not in shown
    assert shown.count("\n") <= 1 + (6 if case in SEVERAL else 1)
    assert not (tmp_path / "out").exists()


def test_the_good_matrix_passes(tmp_path):
    write_sheets(tmp_path, text(counts()), "counts")
    assert cohort(tmp_path) == 0
    assert (tmp_path / "out" / "cohort.yaml").exists()


def test_a_missing_sample_comes_with_a_suggestion_and_the_header_line(tmp_path, capsys):
    write_sheets(tmp_path, text(counts().rename(columns={"P2_F": "P2_FU"})), "counts")
    assert cohort(tmp_path) == 1
    shown = capsys.readouterr().err
    assert "matrix.tsv line 1 (P2_F): " in shown
    assert "did you mean 'P2_FU'?" in shown
    assert "`column` of the units sheet" in shown


def test_every_ragged_row_is_named_by_its_line(tmp_path, capsys):
    write_sheets(tmp_path, ragged(), "counts")
    assert cohort(tmp_path) == 1
    shown = capsys.readouterr().err
    assert "matrix.tsv line 8: 4 cells" in shown
    assert "matrix.tsv line 10: 6 cells" in shown


def test_text_in_a_cell_is_named_by_line_and_sample(tmp_path, capsys):
    write_sheets(tmp_path, with_cell("VIM", "P1_F", "n/d"), "counts")
    assert cohort(tmp_path) == 1
    line = 2 + list(MEDIANS.index).index("VIM")
    assert f"matrix.tsv line {line} (P1_F): 'n/d'" in capsys.readouterr().err


def test_half_of_the_pam50_genes_is_no_error(tmp_path):
    pam50 = resources.table("pam50_centroids.tsv")["gene"]
    gone = [gene for gene in pam50[::2] if gene != "ERBB2"]
    write_sheets(tmp_path, text(counts().drop(index=gone, errors="ignore")), "counts")
    assert cohort(tmp_path) == 0


def test_excel_dates_beside_ensembl_ids_are_no_error(tmp_path):
    ids = resources.table("gene_ids.tsv").set_index("symbol")["ensembl_gene_id"]
    frame = counts().rename(index={"SEPT2": "2-Sep"})
    frame.insert(0, "ensembl", [ids.get(gene, ids["SEPT2"]) for gene in frame.index])
    write_sheets(tmp_path, text(frame), "counts")
    assert cohort(tmp_path) == 0


def test_a_gated_file_leaves_the_cohort_and_its_reason(tmp_path):
    write_sheets(tmp_path, text(z_scores()), "counts")
    assert cohort(tmp_path, "--set", "on_bad_file=gate") == 0
    errors = pd.read_csv(tmp_path / "out" / "input_errors.tsv", sep="\t")
    assert errors["sample"].tolist() == SAMPLES
    assert errors["message"].str.contains("z-scores").all()
    assert not (tmp_path / "out" / "expression.h5ad").exists()


def test_what_an_earlier_run_wrote_stays_whole(tmp_path):
    write_sheets(tmp_path, text(counts()), "counts")
    assert cohort(tmp_path) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    write_sheets(tmp_path, text(logs()), "counts")
    assert cohort(tmp_path) == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
