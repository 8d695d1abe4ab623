"""A map of a patient's cells for the eye, by scanpy. No call rests on it.

A map of 100,000 cells took 120 CPU seconds and 6.5 GB, more than all that is known of them. So at
most 8,000 cells lay it out, and the others are put where the most alike of those lie.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from her2omics.single_cell.arm import Cells
from her2omics.single_cell.lineage import LINEAGES, UNKNOWN

_GENES, _COMPONENTS, _NEIGHBOURS = 2_000, 30, 15
_PER = 1e4
#: Below 8,192 cells scanpy's neighbours are exact.
_LAID_OUT = 8_000
# An odd number: the median lies among most of the neighbours, not between two groups of them.
_ALIKE = 5
_ROWS = 5_000


def laid_out(cells: Cells, rows: np.ndarray | None = None) -> np.ndarray:
    """Return (cells,) the cells that lay the map out: all of ``rows``, or every k-th of them.

    ``rows`` are the cells to place, by default all sound ones.
    """
    rows = np.flatnonzero(cells.kept) if rows is None else rows
    chosen = np.zeros(len(cells.kept), dtype=bool)
    number = min(len(rows), _LAID_OUT)
    chosen[rows[np.linspace(0, len(rows) - 1, number).astype(int)]] = number >= 3 * _NEIGHBOURS
    return chosen


def umap(cells: Cells, *, seed: int, rows: np.ndarray | None = None) -> np.ndarray:
    """Return (cells, 2) UMAP of all samples together, NaN for cells left out.

    Parameters
    ----------
    cells
        Cells of one patient.
    seed
        Seed of PCA, neighbours and layout.
    rows
        Cells to place, default all sound ones.

    Notes
    -----
    Log-normalised, 2,000 most variable genes, 30 components, 15 neighbours. The samples are laid
    over each other: each lineage's mean component is moved to that of all samples, so that what was
    made on different days lies together. Distances between tumours are lost by that: the map is
    for looking at lineages and states, not for counting. Of more than 8,000 cells every k-th lays
    the map out (:func:`laid_out`); another lies at the median of the five nearest by components.
    """
    import scanpy as sc

    found = np.full((len(cells.kept), 2), np.nan, dtype=np.float32)
    placed = np.zeros(len(found), dtype=bool)
    placed[np.flatnonzero(cells.kept) if rows is None else rows] = True
    first = laid_out(cells, rows)
    rows = np.flatnonzero(first)
    if not len(rows):
        return found
    view = cells.data[rows].copy()
    del view.layers["counts"]
    sc.pp.normalize_total(view, target_sum=_PER)
    sc.pp.log1p(view)
    sc.pp.highly_variable_genes(view, n_top_genes=min(_GENES, view.n_vars))
    variable = view.var["highly_variable"].to_numpy()
    view = view[:, variable].copy()
    components = min(_COMPONENTS, *(size - 1 for size in view.shape))
    sc.pp.pca(view, n_comps=components, random_state=seed)
    group = cells.sample, _lineage(cells)
    shift = _shift(view.obsm["X_pca"], *(codes[rows] for codes in group), len(cells.samples))
    view.obsm["X_pca"] += shift[tuple(codes[rows] for codes in group)]
    sc.pp.neighbors(view, n_neighbors=_NEIGHBOURS, use_rep="X_pca", random_state=seed)
    sc.tl.umap(view, random_state=seed)
    found[rows] = view.obsm["X_umap"]
    axes = view.varm["PCs"]
    middle = np.asarray(view.X.mean(axis=0)).ravel() @ axes
    others = np.flatnonzero(placed & ~first)
    for start in range(0, len(others), _ROWS):
        part = others[start : start + _ROWS]
        level = _levels(cells.data.X[part], variable)
        own = level @ axes - middle + shift[tuple(codes[part] for codes in group)]
        found[part] = _between(own, view.obsm["X_pca"], found[rows])
    return found


def _levels(counts: sp.csr_matrix, chosen: np.ndarray) -> sp.csr_matrix:
    """Return log1p of counts per 10,000 of the chosen genes."""
    factor = (_PER / np.asarray(counts.sum(axis=1)).ravel()).astype(np.float32)
    counts.data *= np.repeat(factor, np.diff(counts.indptr))
    return counts[:, np.flatnonzero(chosen)].log1p()


def _between(own: np.ndarray, scores: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return (cells, 2) the median place of the nearest by components."""
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=_ALIKE, algorithm="brute").fit(scores.astype(np.float32))
    nearest = model.kneighbors(own.astype(np.float32), return_distance=False)
    return np.median(place[nearest], axis=1)


def _lineage(cells: Cells) -> np.ndarray:
    """Return (cells,) codes of the lineages."""
    names = (*LINEAGES, UNKNOWN)
    code = {name: number for number, name in enumerate(names)}
    return cells.data.obs["her2omics_lineage"].map(code).to_numpy(dtype=int)


def _shift(scores: np.ndarray, sample: np.ndarray, lineage: np.ndarray, samples: int) -> np.ndarray:
    """Return (samples, lineages, components) what makes each lineage's mean that of all samples."""
    shift = np.zeros((samples, len(LINEAGES) + 1, scores.shape[1]))
    for name in np.unique(lineage):
        middle = scores[lineage == name].mean(axis=0)
        for code in np.unique(sample[lineage == name]):
            own = (lineage == name) & (sample == code)
            shift[code, name] = middle - scores[own].mean(axis=0)
    return shift
