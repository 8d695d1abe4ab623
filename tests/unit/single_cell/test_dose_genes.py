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


def test_genes_beyond_the_end_of_a_lost_amplicon_are_left_out():
    inside = np.arange(GENES) < 6
    made = cells(np.where(inside, 0.2, 1.0))
    assert dose_genes.change_together(*made).tolist() == inside.tolist()


def test_a_whole_amplicon_is_kept_and_so_is_one_that_did_not_change():
    assert dose_genes.change_together(*cells(np.full(GENES, 0.2))).all()
    assert dose_genes.change_together(*cells(np.ones(GENES))).all()


def test_one_sample_alone_leaves_all_genes():
    made, sample = cells(np.where(np.arange(GENES) < 6, 0.2, 1.0))
    assert dose_genes.change_together(made, np.zeros_like(sample)).all()
