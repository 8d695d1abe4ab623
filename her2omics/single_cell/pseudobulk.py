"""Sums of malignant cells as bulk samples: a matrix that the subtype arm reads.

The amplicon is left out of it where asked: 13 of the 102 HER2-enriched genes of scSubtype and two
of PAM50 lie in it, so that losing the amplicon alone would look like another subtype.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

#: Fewer malignant cells make no column.
MIN_CELLS = 20


def pseudobulk(
    counts: sparse.csr_matrix,
    *,
    genes: Sequence[str],
    labels: np.ndarray,
    malignant: np.ndarray,
    masked: np.ndarray | None = None,
    min_cells: int = MIN_CELLS,
) -> pd.DataFrame:
    """Return genes x labels: raw counts summed over malignant cells.

    Parameters
    ----------
    counts
        (cells, genes) raw counts.
    genes
        (genes,) symbols, unique.
    labels
        (cells,) text: the sample, or sample and clone; ``""`` = none.
    malignant
        (cells,) probability 0-1; cells from .5 count, NaN do not.
    masked
        (genes,) genes to leave out, such as those of the amplicon.
    min_cells
        Labels of fewer cells get no column.

    Returns
    -------
    DataFrame
        Index ``gene``, whole numbers, columns sorted by name: readable as a matrix of unit
        ``counts``.
    """
    labels = np.asarray(labels, dtype=object).astype(str)
    chosen = np.flatnonzero((np.nan_to_num(malignant) >= 0.5) & (labels != ""))
    names, code, size = np.unique(labels[chosen], return_inverse=True, return_counts=True)
    member = sparse.csr_matrix(
        (np.ones(len(chosen)), (code.ravel(), chosen)), shape=(len(names), counts.shape[0])
    )
    enough = size >= min_cells
    sums = np.asarray((member @ counts).todense()).T[:, enough]
    kept = np.ones(len(genes), dtype=bool) if masked is None else ~np.asarray(masked)
    return pd.DataFrame(
        np.rint(sums[kept]).astype(np.int64),
        index=pd.Index(np.asarray(genes, dtype=object)[kept], name="gene"),
        columns=names[enough],
    )
