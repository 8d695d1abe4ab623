"""Sums of malignant cells as bulk samples."""

import numpy as np
from scipy import sparse

from her2omics.single_cell.pseudobulk import pseudobulk

RNG = np.random.default_rng(8)
COUNTS = RNG.poisson(2.0, (90, 5))
LABELS = np.repeat(["P1-F", "P1-B", "few"], [40, 40, 10])
MALIGNANT = np.where(np.arange(90) % 4 == 0, np.nan, np.where(np.arange(90) % 4 == 1, 0.2, 0.9))


def summed(**options):
    return pseudobulk(
        sparse.csr_matrix(COUNTS),
        genes=list("abcde"),
        labels=LABELS,
        malignant=MALIGNANT,
        **options,
    )


def test_sums_of_malignant_cells_by_label():
    table = summed()
    assert table.columns.tolist() == ["P1-B", "P1-F"]
    rows = (LABELS == "P1-B") & (MALIGNANT >= 0.5)
    assert table["P1-B"].tolist() == COUNTS[rows].sum(axis=0).tolist()
    assert table.index.tolist() == list("abcde")


def test_small_labels_and_masked_genes_are_left_out():
    assert summed(min_cells=4).columns.tolist() == ["P1-B", "P1-F", "few"]
    assert summed(min_cells=21).empty
    assert summed(masked=np.array([0, 1, 0, 0, 1], dtype=bool)).index.tolist() == list("acd")
