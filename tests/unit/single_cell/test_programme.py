"""Subtypes of simulated cells from files to tables: genes of all signatures are there."""

import anndata
import numpy as np
import pytest

from her2omics import tables
from her2omics.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One simulated case with cells, and its tables in ``out``."""
    folder = tmp_path_factory.mktemp("cells")
    options = ("--cases", "1", "--seed", "7", "--modalities", "cells")
    assert main(["simulate", "cohort", *options, "--out", str(folder)]) == 0
    sheets = ("--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv"))
    quick = ("--set", "single_cell.map_cells=0")
    assert main(["single-cell", *sheets, *quick, "--out", str(folder / "out")]) == 0
    return folder


def test_every_malignant_cell_has_a_subtype_and_no_other(folder):
    rows = tables.read(folder / "out", "single_cell").set_index("sample")
    for sample in rows.index:
        obs = anndata.read_h5ad(folder / "out" / "single_cell" / f"{sample}.h5ad").obs
        named = obs["her2omics_subtype"].astype(str) != ""
        assert (named == (obs["her2omics_malignant"] > 0.5)).all()
        scores = obs[[f"her2omics_score_{name.lower()}" for name in tables.CELL_SUBTYPES]]
        assert (scores.notna().all(axis=1) == named).all()
        best = np.array(tables.CELL_SUBTYPES)[scores[named].to_numpy().argmax(axis=1)]
        assert (best == obs.loc[named, "her2omics_subtype"]).all()
        row = rows.loc[sample]
        assert row["subtype_cells"] == named.sum()
        for name in tables.CELL_SUBTYPES:
            key = f"share_{name.lower()}"
            assert row[key] == pytest.approx((best == name).mean(), abs=1e-5)
            assert row[f"{key}_low"] <= row[key] <= row[f"{key}_high"]


def test_the_sum_of_the_malignant_cells_has_the_subtype_of_the_tumour(folder):
    truth = tables.read(folder, "truth").iloc[0]
    rows = tables.read(folder / "out", "single_cell")
    expected = [truth["subtype_baseline"], truth["subtype_followup"]]
    assert rows["pam50"].tolist() == expected
    assert (rows["pam50_genes"] == 48).all()
    assert rows["pam50_support"].between(0.5, 1).all()


def test_the_largest_clone_of_a_sample_has_a_sum_of_its_own(folder):
    rows = tables.read(folder / "out", "single_cell_clones")
    largest = rows.loc[rows.groupby("sample")["cells"].idxmax()]
    assert largest["pam50"].notna().all()
    few = rows["cells"] < 20
    assert rows.loc[few, "pam50"].isna().all()
