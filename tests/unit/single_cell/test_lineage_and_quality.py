import numpy as np
import pandas as pd
import pytest

from her2omics.single_cell import lineage, quality_control

EPITHELIAL = ("normal", "trunk", "branch")


def lineages(made):
    cells = made.cells
    umis = np.asarray(cells.counts.sum(1), dtype=float).ravel()
    return lineage.assign(cells.counts, genes=cells.genes, umis=umis), umis


@pytest.mark.parametrize(("umis", "least"), [(5000, 0.99), (1200, 0.95)])
def test_lineages_by_markers(make, umis, least):
    numbers = {"immune": 80, "stromal": 60, "endothelial": 30, "normal": 40, "trunk": 90}
    made = make("S", numbers, seed=2, umis=umis)
    found, _ = lineages(made)
    truth = np.where(np.isin(made.kind, EPITHELIAL), "epithelial", made.kind)
    assert (found.lineage == truth).mean() >= least
    wrong = (found.lineage != truth) & (found.lineage != lineage.UNKNOWN)
    assert wrong.mean() < 0.01
    np.testing.assert_allclose(found.probability.sum(1), 1.0)


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_markers_that_vary_much_between_cells_of_one_lineage(make, dispersion):
    """Profiles made anew from the cells they had named drifted: a tenth of the names were wrong."""
    numbers = {"immune": 80, "stromal": 60, "endothelial": 20, "normal": 60, "trunk": 300}
    made = make("S", numbers, seed=5, umis=3000)
    counts = made.cells.counts.astype(float)
    rng = np.random.default_rng(6)
    markers = np.isin(made.cells.genes, sum(lineage.MARKERS.values(), ()))[counts.indices]
    burst = rng.gamma(1 / dispersion, dispersion, len(counts.data))
    counts.data = np.where(markers, rng.poisson(counts.data * burst), counts.data)
    umis = np.asarray(counts.sum(1), dtype=float).ravel()
    found = lineage.assign(counts, genes=made.cells.genes, umis=umis)
    truth = np.where(np.isin(made.kind, EPITHELIAL), "epithelial", made.kind)
    named = found.lineage != lineage.UNKNOWN
    assert (found.lineage != truth)[named].mean() < 0.01
    assert named.mean() > 0.9
    assert found.doublet.mean() < 0.03


def test_doublets_of_two_lineages(biopsy):
    found, _ = lineages(biopsy)
    double = biopsy.kind == "doublet"
    assert found.doublet[double].mean() > 0.9
    assert found.doublet[~double].mean() < 0.01


def test_one_lineage_alone(make):
    made = make("S", {"trunk": 40}, seed=3)
    found, _ = lineages(made)
    assert (found.lineage == "epithelial").all()
    assert not found.doublet.any()


def test_without_any_marker(make):
    made = make("S", {"trunk": 5}, seed=3)
    keep = ~np.isin(made.cells.genes, sum(lineage.MARKERS.values(), ()))
    counts = made.cells.counts[:, keep]
    umis = np.asarray(counts.sum(1), dtype=float).ravel()
    found = lineage.assign(counts, genes=made.cells.genes[keep], umis=umis)
    assert (found.lineage == lineage.UNKNOWN).all()


def test_quality_leaves_dying_cells_and_doublets_out(biopsy):
    found, _ = lineages(biopsy)
    measured = quality_control.measures(biopsy.cells.counts, biopsy.cells.genes)
    sample = np.full(len(measured), "S")
    reason = quality_control.failures(measured, sample=sample, doublet=found.doublet)
    assert (reason[biopsy.kind == "dying"] == "mitochondrial").all()
    sound = ~np.isin(biopsy.kind, ("dying", "doublet"))
    assert (reason[sound] == "").mean() > 0.98


def test_each_sample_has_its_own_limits(biopsy):
    measured = quality_control.measures(biopsy.cells.counts, biopsy.cells.genes)
    shallow = measured.assign(umis=measured.umis / 20, genes=measured.genes / 10)
    both = np.repeat(["A", "B"], len(measured))
    none = np.zeros(len(both), dtype=bool)
    together = pd.concat([measured, shallow], ignore_index=True)
    reason = quality_control.failures(together, sample=both, doublet=none)
    assert (reason == "few_umis").mean() < 0.01
    assert (reason == "many_umis").mean() < 0.01


def test_few_molecules_are_seen(biopsy):
    measured = quality_control.measures(biopsy.cells.counts, biopsy.cells.genes)
    measured.loc[0, ["umis", "genes"]] = [210, 150]
    measured.loc[1, "umis"] = 1e6
    none = np.zeros(len(measured), dtype=bool)
    reason = quality_control.failures(measured, sample=np.full(len(none), "S"), doublet=none)
    assert list(reason[:2]) == ["few_umis", "many_umis"]


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.15])
def test_ambient_share(make, rho):
    numbers = {"immune": 80, "stromal": 60, "endothelial": 30, "normal": 40, "trunk": 150}
    made = make("S", numbers, seed=4, rho=rho)
    found, umis = lineages(made)
    kept = ~found.doublet
    share, profile = quality_control.ambient(
        made.cells.counts, genes=made.cells.genes, umis=umis, lineages=found, kept=kept
    )
    assert share == pytest.approx(rho, abs=0.015)
    assert profile.sum() == pytest.approx(1.0)


def test_ambient_share_is_unknown_without_other_cells(make):
    made = make("S", {"trunk": 60, "immune": 5}, seed=4)
    found, umis = lineages(made)
    share, _ = quality_control.ambient(
        made.cells.counts,
        genes=made.cells.genes,
        umis=umis,
        lineages=found,
        kept=np.ones(65, dtype=bool),
    )
    assert np.isnan(share)
