import numpy as np

from her2omics.single_cell import dose_genes
from her2omics.single_cell.likelihood import Cells

GENES = len(dose_genes.GENES)
CELLS = 400


def cells(second):
    """Return two samples; the rates of the second are those of the first times ``second``."""
    rng = np.random.default_rng(5)
    size = rng.uniform(2000, 4000, 2 * CELLS)
    late = np.arange(2 * CELLS) >= CELLS
    rate = np.where(late[:, None], np.asarray(second, dtype=float), 1.0) * 3e-4
    return (
        Cells(
            rng.poisson(size[:, None] * rate),
            size,
            np.ones(2 * CELLS),
            np.zeros((2 * CELLS, GENES)),
            np.ones(2 * CELLS),
            late.astype(int),
        ),
        late.astype(int),
    )


def normal(cells_=CELLS, *, level=1.0):
    """Return normal epithelium at the level of the first sample, or another."""
    rng = np.random.default_rng(6)
    size = rng.uniform(2000, 4000, cells_)
    rate = np.broadcast_to(np.asarray(level, dtype=float) * 3e-4, (cells_, GENES))
    return Cells(
        rng.poisson(size[:, None] * rate),
        size,
        np.ones(cells_),
        np.zeros((cells_, GENES)),
        np.ones(cells_),
        np.zeros(cells_, dtype=int),
    )


def test_genes_beyond_the_end_of_a_lost_amplicon_are_left_out():
    inside = np.arange(GENES) < 6
    made = cells(np.where(inside, 0.2, 1.0))
    assert dose_genes.change_together(*made, normal(0)).tolist() == inside.tolist()


def test_a_whole_amplicon_is_kept_and_so_is_one_that_did_not_change():
    assert dose_genes.change_together(*cells(np.full(GENES, 0.2)), normal()).all()
    assert dose_genes.change_together(*cells(np.ones(GENES)), normal()).all()


def test_one_sample_alone_leaves_all_genes():
    made, sample = cells(np.where(np.arange(GENES) < 6, 0.2, 1.0))
    assert dose_genes.change_together(made, np.zeros_like(sample), normal(0)).all()


def test_genes_at_the_level_of_normal_epithelium_are_left_out():
    """Where all cells of all samples are amplified nothing else tells where the amplicon ends."""
    inside = np.arange(GENES) < 6
    made = cells(np.ones(GENES))
    at_level = normal(100, level=np.where(inside, 0.15, 1.0))
    assert dose_genes.change_together(*made, at_level).tolist() == inside.tolist()
    assert dose_genes.change_together(*made, normal(100, level=0.15)).all()


def test_levels_that_differ_a_little_from_normal_epithelium_are_no_amplicon():
    level = np.where(np.arange(GENES) < 6, 0.5, 1.0)
    assert dose_genes.change_together(*cells(np.ones(GENES)), normal(level=level)).all()


def test_one_gene_apart_from_normal_epithelium_takes_no_others_with_it():
    level = np.where(np.arange(GENES) == 0, 20.0, 0.8)
    assert dose_genes.change_together(*cells(np.ones(GENES)), normal(level=level)).all()
    level = np.where(np.arange(GENES) == 0, 20.0, 0.1)
    kept = dose_genes.change_together(*cells(np.ones(GENES)), normal(level=level))
    assert kept.tolist() == [False] + [True] * (GENES - 1)
