from functools import partial

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse as sp

from her2omics.single_cell import arm, clones, display, malignant

NUMBERS = {"immune": 60, "stromal": 30, "endothelial": 20, "normal": 20, "trunk": 60}


def named(*made):
    cells = [one.cells for one in made]
    times = dict(zip([one.sample for one in cells], ("baseline", "followup"), strict=False))
    return arm.name_cells(cells, timepoints=times, name="P", seed=1)


def test_lineages_lie_apart_and_samples_together(make):
    cells = named(make("B", NUMBERS, seed=1), make("F", NUMBERS, seed=2))
    place = display.umap(cells, seed=1)
    assert np.isfinite(place[cells.kept]).all()
    assert np.isnan(place[~cells.kept]).all()
    lineage = cells.data.obs["her2omics_lineage"].to_numpy()
    # The nearest other cell on the map is of the same lineage, and of either sample.
    rows = np.flatnonzero(cells.kept)
    apart = np.linalg.norm(place[rows][:, None] - place[rows][None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = rows[apart.argmin(axis=1)]
    assert (lineage[rows] == lineage[nearest]).mean() > 0.95
    assert 0.3 < (cells.sample[rows] != cells.sample[nearest]).mean() < 0.7


def test_a_few_cells_have_no_map(make):
    cells = named(make("B", {"immune": 10, "trunk": 20}, seed=1))
    assert np.isnan(display.umap(cells, seed=1)).all()


def plain(number, *, genes=150, left_out=20):
    """Cells of three lineages with genes of their own, in two samples, without any naming."""
    rng = np.random.default_rng(1)
    code = rng.integers(0, 3, number)
    mean = np.where(np.arange(genes) % 3 == code[:, None], 3.0, 0.3)
    counts = sp.csr_matrix(rng.poisson(mean).astype(np.float32))
    lineage = np.array(["epithelial", "immune", "stromal"], dtype=object)[code]
    sample = np.repeat([0, 1], [number // 2, number - number // 2])
    kept = np.ones(number, dtype=bool)
    kept[rng.permutation(number)[:left_out]] = False
    names = [f"cell{k}" for k in range(number)]
    obs = pd.DataFrame({"her2omics_lineage": lineage}, index=names)
    data = anndata.AnnData(counts, obs=obs, layers={"counts": counts})
    return arm.Cells(
        data=data,
        samples=("B", "F"),
        sample=sample,
        kept=kept,
        malignant=malignant.Malignant(np.zeros(number), "lineage"),
        clones=clones.Clones(np.full(number, -1), [], np.empty((0, 0))),
        ambient_share=np.zeros(2),
        ambient_profile=np.zeros((2, genes)),
    )


def test_cells_that_do_not_lay_the_map_out_lie_with_their_own(monkeypatch):
    monkeypatch.setattr(display, "_LAID_OUT", 300)
    cells = plain(900)
    before = cells.data.X.copy()
    chosen = display.laid_out(cells)
    assert chosen.sum() == 300
    assert not (chosen & ~cells.kept).any()
    assert 0.4 < chosen[cells.sample == 0].sum() / 300 < 0.6
    place = display.umap(cells, seed=1)
    assert np.isfinite(place[cells.kept]).all()
    assert np.isnan(place[~cells.kept]).all()
    others = np.flatnonzero(cells.kept & ~chosen)
    rows = np.flatnonzero(chosen)
    apart = np.linalg.norm(place[others][:, None] - place[rows][None], axis=2)
    lineage = cells.data.obs["her2omics_lineage"].to_numpy()
    assert (lineage[others] == lineage[rows[apart.argmin(axis=1)]]).mean() > 0.98
    assert (before != cells.data.X).nnz == 0


def test_more_than_8192_cells_have_a_map(monkeypatch):
    # From there on scanpy's neighbours would be those of pynndescent.
    # A few rounds of layout will do: nothing is said of where the cells lie.
    monkeypatch.setattr(sc.tl, "umap", partial(sc.tl.umap, maxiter=20))
    cells = plain(8_400)
    assert cells.kept.sum() > 8192
    place = display.umap(cells, seed=1)
    assert display.laid_out(cells).sum() == 8000
    assert np.isfinite(place[cells.kept]).all()
