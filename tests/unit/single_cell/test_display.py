import numpy as np
import pytest

from her2omics.single_cell import arm, display

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


@pytest.mark.slow
def test_more_than_8192_cells_have_a_map(make):
    numbers = {"immune": 1500, "stromal": 1500, "endothelial": 500, "normal": 500, "trunk": 4400}
    cells = named(make("B", numbers, seed=1, umis=1000))
    assert cells.kept.sum() > 8192
    place = display.umap(cells, seed=1)
    assert np.isfinite(place[cells.kept]).all()
