"""Sums of malignant cells as bulk samples: matrices that the subtype arm reads.

The amplicon is left out of them where asked: 13 of the 102 HER2-enriched genes of scSubtype and two
of PAM50 lie in it, so that losing the amplicon alone would look like another subtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from her2omics.single_cell.malignant import counted


@dataclass(frozen=True)
class Pseudobulk:
    """Sums of cells, and the same with the cells of each label drawn anew.

    Attributes
    ----------
    counts
        Genes x labels, raw counts: readable as a matrix of unit ``counts``.
    drawn
        Label -> genes x draws.
    """

    counts: pd.DataFrame
    drawn: dict[str, pd.DataFrame]


def pseudobulk(
    counts: sparse.csr_matrix,
    *,
    genes: Sequence[str],
    labels: np.ndarray,
    malignant: np.ndarray,
    min_cells: int,
    masked: np.ndarray | None = None,
    draws: int = 0,
    rng: np.random.Generator | None = None,
) -> Pseudobulk:
    """Return raw counts summed over the malignant cells of each label.

    Parameters
    ----------
    counts
        (cells, genes) raw counts.
    genes
        (genes,) symbols, unique.
    labels
        (cells,) text: the sample, or sample and clone; ``""`` = none.
    malignant
        (cells,) probability 0-1; cells above .5 count, NaN do not.
    min_cells
        Labels of fewer cells get no column.
    masked
        (genes,) genes to leave out, such as those of the amplicon.
    draws
        Number of sums over cells drawn anew, with replacement.
    rng
        Generator of the draws.

    Returns
    -------
    Pseudobulk
        Index ``gene``, whole numbers, labels sorted by name.
    """
    labels = np.asarray(labels, dtype=object).astype(str)
    kept = np.ones(len(genes), dtype=bool) if masked is None else ~np.asarray(masked)
    index = pd.Index(np.asarray(genes, dtype=object)[kept], name="gene")
    chosen = np.flatnonzero(counted(malignant) & (labels != ""))
    summed: dict[str, np.ndarray] = {}
    drawn: dict[str, pd.DataFrame] = {}
    for name in np.unique(labels[chosen]):
        rows = chosen[labels[chosen] == name]
        if len(rows) < min_cells:
            continue
        own = counts[rows][:, kept]
        summed[name] = np.asarray(own.sum(axis=0)).ravel()
        if draws and rng is not None:
            times = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=draws)
            drawn[name] = _whole((own.T @ times.T), index, range(draws))
    table = np.column_stack(list(summed.values())) if summed else np.empty((len(index), 0))
    return Pseudobulk(_whole(table, index, list(summed)), drawn)


def _whole(values: np.ndarray, index: pd.Index, columns: Sequence) -> pd.DataFrame:
    return pd.DataFrame(np.rint(values).astype(np.int64), index=index, columns=columns)
