"""Single cells of a real tumour with known answers (``HER2OMICS_REAL_DATA``)."""

import os
from pathlib import Path

import numpy as np
import pytest

from her2omics.readers.cells import read_cells
from her2omics.single_cell import arm, lineage

DATA = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HER2OMICS_REAL_DATA is not set")


@pytest.fixture(scope="module")
def breast():
    path = Path(DATA) / "breast302_single_cell" / "copykat_breast302.h5ad"
    read = read_cells(path, filetype="h5ad", sample="T", annotation="copykat_pred")
    truth = dict(zip(read.barcodes, read.annotation, strict=True))
    # The names of the other program are for comparison: the cells are named without them.
    blind = read_cells(path, filetype="h5ad", sample="T")
    cells = arm.name_cells([blind], timepoints={"T": "baseline"}, name="P", seed=1)
    copykat = np.array([truth[name.removeprefix("T:")] for name in cells.data.obs_names])
    return cells, copykat


def test_malignant_cells_agree_with_copykat(breast):
    cells, copykat = breast
    assert (copykat == "malignant").sum() == 228
    probability = cells.malignant.probability
    assert cells.malignant.source == "copy_number"
    called = np.where(probability > 0.5, "malignant", np.where(probability < 0.5, "normal", ""))
    # Cells left out (doublets) count as disagreement.
    assert (called == copykat).mean() >= 0.98


def test_soup_and_clones_are_plausible(breast):
    cells, _ = breast
    assert 0.0 < cells.ambient_share[0] < 0.15
    rows = arm.clone_rows(cells, "P")
    assert sum(row["fraction"] for row in rows) == pytest.approx(1.0)


def test_epithelial_markers_vary_between_tumour_cells(breast):
    """What lineages are told by: overdispersion of the markers with 200 molecules or more."""
    cells, copykat = breast
    place = cells.data.var_names.get_indexer(lineage.MARKERS["epithelial"])
    counts = cells.data.X[copykat == "malignant"]
    size = np.asarray(counts.sum(axis=1), dtype=float).ravel()
    y = counts[:, place[place >= 0]].toarray().astype(float)
    y = y[:, y.sum(axis=0) >= 200]
    mean = size[:, None] * y.sum(axis=0) / size.sum()
    found = ((y - mean) ** 2 - mean).sum(axis=0) / (mean**2).sum(axis=0)
    assert len(found) >= 12
    assert np.median(found) == pytest.approx(lineage._DISPERSION, abs=0.1)
    assert 3.0 < found.max() < 4.0
