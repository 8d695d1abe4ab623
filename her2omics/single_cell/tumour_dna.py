"""The copy numbers of the patient's DNA, as the cells of its tumour should show them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.single_cell.bins import Bins


def expected_profile(segments: pd.DataFrame, *, bins: Bins, var: pd.DataFrame) -> np.ndarray | None:
    """Return (bins,) expression of a tumour cell over a normal one's, minus 1, by its copies.

    Parameters
    ----------
    segments
        Rows of table ``copy_number_segments`` of one patient.
    bins
        Bins of the cells.
    var
        chromosome and start of the genes.

    Returns
    -------
    ndarray or None
        Mean over the samples of DNA; the median bin is 0, as in
        :func:`~her2omics.single_cell.bins.profiles`. ``None`` without copies, which need a purity,
        or where copies of half of the bins are not known.

    Notes
    -----
    Expression is taken to rise with the copies. Segments may be of another genome build than the
    genes: their ends move by far less than a bin of 60 genes.
    """
    known = segments[segments["copies"].notna()]
    found = []
    for _, own in known.groupby("sample", sort=True):
        copies = _of_genes(own, var)
        weight = bins.weights.multiply(bins.mean[:, None]).tocsr()
        there = np.isfinite(copies)
        total = np.asarray(there.astype(float) @ weight).ravel()
        mean = np.asarray(np.where(there, copies, 0.0) @ weight).ravel()
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(np.where(total > 0, mean / total, np.nan))
    if not found:
        return None
    levels = [np.maximum(one, 0.0) / np.nanmedian(one) for one in found if _covers(one)]
    if not levels:
        return None
    level = np.mean([np.where(np.isfinite(one), one, 1.0) for one in levels], axis=0)
    return level / np.median(level) - 1.0


def _covers(copies: np.ndarray) -> bool:
    known = np.isfinite(copies)
    return bool(known.mean() >= 0.5 and np.nanmedian(copies) > 0)


def _of_genes(segments: pd.DataFrame, var: pd.DataFrame) -> np.ndarray:
    """Return (genes,) copies of the segment that each gene starts in, NaN outside."""
    out = np.full(len(var), np.nan)
    chromosome, start = var["chromosome"].to_numpy(), var["start"].to_numpy()
    for name, own in segments.groupby("chromosome"):
        ordered = own.sort_values("start")
        rows = np.flatnonzero(chromosome == name)
        place = np.searchsorted(ordered["start"].to_numpy(), start[rows], side="right") - 1
        inside = (place >= 0) & (start[rows] < ordered["end"].to_numpy()[np.maximum(place, 0)])
        out[rows[inside]] = ordered["copies"].to_numpy()[place[inside]]
    return out
