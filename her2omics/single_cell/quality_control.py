"""Which drops are sound single cells, and how much soup they hold: each sample by its own spread.

Doublets of two lineages come from the markers (:mod:`her2omics.single_cell.lineage`), in a second
for 100,000 cells. scanpy's scrublet took 170 s for 5,000 cells on a shared core, and what it adds,
two malignant cells in one drop, moves no share of amplified cells.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics.single_cell.lineage import Lineages
from her2omics.thresholds import limits

#: Epithelial genes that hardly any other cell makes.
AMBIENT_MARKERS = (
    "EPCAM", "KRT19", "KRT7", "KRT8", "KRT18", "ELF3", "CLDN3", "CLDN4", "CLDN7", "CDH1", "TACSTD2",
)  # fmt: skip
_MAD = 1.4826


def measures(counts: sp.csr_matrix, genes: np.ndarray) -> pd.DataFrame:
    """Return umis, genes and mitochondrial_share (missing without mitochondrial genes) per cell.

    Parameters
    ----------
    counts
        (cells, genes) raw counts.
    genes
        (genes,) symbols.
    """
    umis = np.asarray(counts.sum(axis=1), dtype=float).ravel()
    mitochondrial = np.array([str(gene).startswith("MT-") for gene in genes])
    share = np.full(len(umis), np.nan)
    if mitochondrial.any():
        share = np.asarray(counts @ mitochondrial.astype(np.float32), dtype=float).ravel()
        share = share / np.maximum(umis, 1.0)
    expressed = np.diff(counts.indptr)
    return pd.DataFrame({"umis": umis, "genes": expressed, "mitochondrial_share": share})


def failures(found: pd.DataFrame, *, sample: np.ndarray, doublet: np.ndarray) -> np.ndarray:
    """Return why each cell is left out, ``""`` for cells that stay.

    Parameters
    ----------
    found
        :func:`measures`.
    sample
        (cells,) sample of each cell; each has its own limits.
    doublet
        (cells,) whether the drop holds cells of two lineages.

    Returns
    -------
    ndarray of str
        ``few_umis``, ``many_umis``, ``few_genes``, ``mitochondrial``, ``doublet`` or ``""``.

    Notes
    -----
    ``cell_mads`` median absolute deviations of log1p of molecules and genes around the median,
    ``cell_mitochondrial_mads`` above the median of the mitochondrial share (Germain 2020).
    """
    reason = np.full(len(found), "", dtype=object)
    reason[doublet] = "doublet"
    limit = limits()
    for name in dict.fromkeys(sample):
        own = np.flatnonzero(sample == name)
        share = found["mitochondrial_share"].to_numpy()[own]
        if np.isfinite(share).any():
            middle, spread = _middle(share)
            most = middle + limit.cell_mitochondrial_mads * spread
            most = np.clip(most, limit.cell_mitochondrial_least, limit.cell_mitochondrial_most)
            reason[own[share > most]] = "mitochondrial"
        for column, low, high in (("genes", "few_genes", ""), ("umis", "few_umis", "many_umis")):
            values = np.log1p(found[column].to_numpy(dtype=float)[own])
            middle, spread = _middle(values)
            reason[own[values < middle - limit.cell_mads * spread]] = low
            if high:
                reason[own[values > middle + limit.cell_mads * spread]] = high
    return reason


def _middle(values: np.ndarray) -> tuple[float, float]:
    """Return median and scaled median absolute deviation."""
    middle = float(np.median(values))
    return middle, _MAD * float(np.median(np.abs(values - middle)))


def ambient(
    counts: sp.csr_matrix,
    *,
    genes: np.ndarray,
    umis: np.ndarray,
    lineages: Lineages,
    kept: np.ndarray,
    drops: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Return the ambient share of one sample and the profile of its soup.

    Parameters
    ----------
    counts
        (cells, genes) raw counts of the sample.
    genes
        (genes,) symbols.
    umis
        (cells,) molecules.
    lineages
        Of these cells.
    kept
        (cells,) sound cells.
    drops
        (genes,) molecules of empty drops, where the matrix was unfiltered.

    Returns
    -------
    share : float
        Part of a cell's molecules that is soup, from :data:`AMBIENT_MARKERS` in sound cells that
        are not epithelial; NaN with fewer than ``ambient_least_cells`` of them.
    profile : ndarray
        (genes,) share of each gene in the soup, sums to 1: that of the empty drops, else of all
        cells together.

    Notes
    -----
    The median over the markers: one that other cells do make does not move it.
    """
    soup = np.asarray(counts.sum(axis=0), dtype=float).ravel() if drops is None else drops
    profile = soup / max(float(soup.sum()), 1.0)
    others = kept & np.isin(lineages.lineage, ("immune", "stromal", "endothelial"))
    if others.sum() < limits().ambient_least_cells:
        return float("nan"), profile
    columns = np.flatnonzero(np.isin(genes, AMBIENT_MARKERS))
    seen = np.asarray(others.astype(np.float32) @ counts[:, columns], dtype=float).ravel()
    expected = umis[others].sum() * profile[columns]
    telling = expected * limits().ambient_share_default >= 1.0
    if not telling.any():
        return float("nan"), profile
    return float(np.clip(np.median(seen[telling] / expected[telling]), 0.0, 0.6)), profile
