"""Single cells of a simulated cohort: the files hold what the latent cases say."""

import anndata
import numpy as np
import pandas as pd
import pytest

from her2omics.simulate import cell_files, cell_pairs, cells, cohort, scenarios, tables
from her2omics.simulate.cell_pairs import Pair


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("cells")
    groups = tables.draw_groups(2, seed=3, mixture=scenarios.parse("standard"))
    cohort.write(groups, out, seed=3, genes=2500, modalities=frozenset({"cells"}), ascertained=True)
    return out, groups


def read(path):
    return pd.read_csv(path, sep="\t")


def test_sheet_files_and_truth_agree(written):
    out, groups = written
    units, truth = read(out / "units.tsv"), read(out / "truth_cells.tsv")
    assert units["assay"].eq("scrna").all()
    assert units["filetype"].eq("h5ad").all()
    assert units["sample"].tolist() == truth["sample"].tolist()
    cases = groups[0].cases
    assert truth["f_cells"].iloc[0] == pytest.approx(cases["f_cells_baseline"].iloc[0], rel=1e-5)
    for row in truth.itertuples():
        share = row.lineage_cells / row.malignant_cells
        assert abs(share - row.f_cells) < 5 * np.sqrt(0.25 / row.malignant_cells)
        data = anndata.read_h5ad(out / f"cells/{row.sample}.h5ad")
        assert data.shape == (row.cells, len(cell_files.genes()))
        assert data.obs.columns.empty  # nothing of the truth in what the tool reads
        values = data.X.data
        assert (values == np.round(values)).all()
        assert values.min() >= 1


def test_markers_and_dose_are_in_the_counts(written):
    out, _ = written
    truth = read(out / "truth_cells.tsv").iloc[0]
    data = anndata.read_h5ad(out / f"cells/{truth['sample']}.h5ad")
    total = np.asarray(data.X.sum(axis=1)).ravel()

    def part(names):
        place = data.var_names.get_indexer(names)
        return np.asarray(data.X[:, place].sum(axis=1)).ravel() / total

    epithelial = part(cell_files.MARKERS["epithelial"].split())
    immune = part(cell_files.MARKERS["immune"].split())
    tumour = epithelial > immune
    assert tumour.sum() >= truth["malignant_cells"]
    ratio = part(["ERBB2"])[tumour].mean() / part(["ERBB2"])[~tumour].mean()
    assert ratio > 3  # ERBB2 is amplified in the tumour, and in the soup of the others


def test_a_sample_does_not_depend_on_the_cohort(written, tmp_path):
    out, _ = written
    groups = tables.draw_groups(1, seed=3, mixture=scenarios.parse("standard"))
    cohort.write(
        groups, tmp_path, seed=3, genes=2500, modalities=frozenset({"cells"}), ascertained=True
    )
    first = anndata.read_h5ad(out / "cells/P0001-B.h5ad")
    again = anndata.read_h5ad(tmp_path / "cells/P0001-B.h5ad")
    assert (first.X != again.X).nnz == 0


def test_pairs_hold_the_dose_asked_for():
    drawn = cell_pairs.draw(Pair(dose=(10, 5), share=(0.5, 0.5), ambient=0.0, doublets=0.0), seed=2)
    tumour = drawn.lineage == cells.MALIGNANT
    rate = []
    for time in range(2):
        here = tumour & (drawn.sample == time)
        sides = [
            drawn.counts[rows][:, :-1].sum() / drawn.size[rows].sum()
            for rows in (here & drawn.amplified, here & ~drawn.amplified)
        ]
        rate.append(sides[0] / sides[1])
    assert rate[0] == pytest.approx(10, rel=0.3)
    assert rate[1] / rate[0] == pytest.approx(0.5, rel=0.25)


def test_repression_acts_on_erbb2_alone():
    plain, weak = (
        cell_pairs.draw(Pair(repression_log2=d, malignant=(800, 800)), seed=6) for d in (0.0, 2.0)
    )
    for drawn, factor in ((plain, 1.0), (weak, 0.25)):
        rows = drawn.amplified & (drawn.sample == 1)
        before = drawn.amplified & (drawn.sample == 0)
        rate = [
            drawn.counts[r][:, [-1]].sum() / drawn.counts[r][:, :-1].sum() for r in (before, rows)
        ]
        assert rate[1] / rate[0] == pytest.approx(factor, rel=0.35)


def test_sites_vary():
    pieces = [
        cell_pairs.draw(
            Pair(share=(0.5, 0.5), site_icc=0.1, malignant=(20, 20)), seed=k
        ).share_piece
        for k in range(60)
    ]
    assert np.var(pieces) == pytest.approx(0.25 * 0.1, rel=0.5)


def test_a_cell_of_an_extreme_state_is_still_counted():
    genes = cells.Genes(
        name=np.array(["A", "B", "C"], dtype=object),
        profile=np.full((5, 3), 1 / 3),
        loading=np.array([[900.0, 0.0, 0.0]]),  # exp would overflow
        noise=np.full(3, 0.1),
        carried=np.zeros(3, dtype=bool),
    )
    sample = cells.Sample(
        lineage=np.zeros(40, dtype=int), clone=np.full(40, -1), effect=np.zeros((1, 3)),
        amplified=np.array([False]), umis=500.0, ambient=0.0, doublets=0.0, spread=0.35,
        batch=np.zeros(3),
    )  # fmt: skip
    counts = cells.count(np.random.default_rng(1), genes, sample).counts.toarray()
    assert (counts.sum(axis=1) > 50).all()
