"""Sums of malignant cells as bulk samples."""

import numpy as np
from scipy import sparse

from her2omics.single_cell.pseudobulk import pseudobulk

RNG = np.random.default_rng(8)
COUNTS = RNG.poisson(2.0, (90, 5))
LABELS = np.repeat(["P1-F", "P1-B", "few"], [40, 40, 10])
MALIGNANT = np.where(np.arange(90) % 4 == 0, np.nan, np.where(np.arange(90) % 4 == 1, 0.2, 0.9))


def summed(*, min_cells=20, **options):
    return pseudobulk(
        sparse.csr_matrix(COUNTS),
        genes=list("abcde"),
        labels=LABELS,
        malignant=MALIGNANT,
        min_cells=min_cells,
        **options,
    )


def test_sums_of_malignant_cells_by_label():
    table = summed().counts
    assert table.columns.tolist() == ["P1-B", "P1-F"]
    rows = (LABELS == "P1-B") & (MALIGNANT >= 0.5)
    assert table["P1-B"].tolist() == COUNTS[rows].sum(axis=0).tolist()
    assert table.index.tolist() == list("abcde")


def test_small_labels_and_masked_genes_are_left_out():
    assert summed(min_cells=4).counts.columns.tolist() == ["P1-B", "P1-F", "few"]
    assert summed(min_cells=21).counts.empty
    masked = np.array([0, 1, 0, 0, 1], dtype=bool)
    assert summed(masked=masked).counts.index.tolist() == list("acd")


def test_cells_drawn_anew_scatter_about_the_sum():
    found = summed(draws=2000, rng=np.random.default_rng(3))
    assert set(found.drawn) == {"P1-B", "P1-F"}
    drawn, total = found.drawn["P1-F"], found.counts["P1-F"]
    assert drawn.shape == (5, 2000)
    rows = COUNTS[(LABELS == "P1-F") & (MALIGNANT >= 0.5)]
    expected = np.sqrt(len(rows) * rows.var(axis=0))  # of a bootstrap sum
    np.testing.assert_allclose(drawn.mean(axis=1), total, atol=4 * expected.max() / 2000**0.5)
    np.testing.assert_allclose(drawn.std(axis=1), expected, rtol=0.1)
