"""A map of a patient's cells for the eye, by scanpy. No call rests on it."""

from __future__ import annotations

import numpy as np

from her2omics.single_cell.arm import Cells

_GENES, _COMPONENTS, _NEIGHBOURS = 2_000, 30, 15


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
    for looking at lineages and states, not for counting.
    """
    import scanpy as sc

    rows = np.flatnonzero(cells.kept) if rows is None else rows
    found = np.full((len(cells.kept), 2), np.nan, dtype=np.float32)
    if len(rows) < 3 * _NEIGHBOURS:
        return found
    view = cells.data[rows].copy()
    del view.layers["counts"]
    sc.pp.normalize_total(view, target_sum=1e4)
    sc.pp.log1p(view)
    sc.pp.highly_variable_genes(view, n_top_genes=min(_GENES, view.n_vars))
    view = view[:, view.var["highly_variable"]].copy()
    components = min(_COMPONENTS, *(size - 1 for size in view.shape))
    sc.pp.pca(view, n_comps=components, random_state=seed)
    view.obsm["X_pca"] = _together(
        view.obsm["X_pca"], cells.sample[rows], view.obs["her2omics_lineage"].to_numpy()
    )
    sc.pp.neighbors(view, n_neighbors=_NEIGHBOURS, use_rep="X_pca", random_state=seed)
    sc.tl.umap(view, random_state=seed)
    found[rows] = view.obsm["X_umap"]
    return found


def _together(scores: np.ndarray, sample: np.ndarray, lineage: np.ndarray) -> np.ndarray:
    """Return the scores with each lineage's mean the same in all samples."""
    moved = scores.copy()
    for name in dict.fromkeys(lineage):
        own = lineage == name
        middle = scores[own].mean(axis=0)
        for code in np.unique(sample[own]):
            part = own & (sample == code)
            moved[part] += middle - scores[part].mean(axis=0)
    return moved
