"""The DNA copy number of one biopsy, ready to be drawn: levels as copies per cancer cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.report.results import Record, Results

# Ratios of two segments closer than this do not say how ratios turn into copies.
_LEAST_SPREAD = 1e-3
_MOST_POINTS = 320  # dots of one biopsy around ERBB2; more are joined in windows


@dataclass(frozen=True)
class Biopsy:
    """Copy number of one biopsy.

    Attributes
    ----------
    time
        ``baseline`` or ``followup``.
    row
        Its row of table ``copy_number``.
    segments
        Its rows of ``copy_number_segments``.
    pieces
        Its rows of ``locus_bins``.
    per_ratio, shift
        Copies per cancer cell = per_ratio * 2^log2 + shift, at the leading purity and ploidy.
    """

    time: str
    row: Record
    segments: pd.DataFrame
    pieces: pd.DataFrame
    per_ratio: float
    shift: float

    def copies(self, log2: np.ndarray | float) -> np.ndarray | float:
        """Return copies per cancer cell of log2 ratios; noise can make them negative."""
        return self.per_ratio * 2.0**log2 + self.shift

    def on(self, chromosome: str) -> pd.DataFrame:
        """Return the segments of a chromosome that have copies."""
        rows = self.segments["chromosome"].eq(chromosome) & self.segments["copies"].notna()
        return self.segments[rows]

    def points(self, low: int, high: int) -> tuple[list[tuple[float, float]], int | None]:
        """Return (position, copies) of bins or genes between two positions of chromosome 17.

        Many bins become medians of windows; the second value is the size of these in base pairs.
        Pieces of a table that came segmented are drawn as segments: there are no points of them.
        """
        pieces = self.pieces
        if self.row["measured_by"] not in ("bins", "genes") or not len(pieces):
            return [], None
        middle = ((pieces["start"] + pieces["end"]) / 2).to_numpy(dtype=float)
        log2 = pieces["log2"].to_numpy(dtype=float)
        inside = (middle >= low) & (middle <= high) & np.isfinite(log2)
        middle, log2, window = middle[inside], log2[inside], None
        if len(middle) > _MOST_POINTS:
            window = math.ceil((high - low) / _MOST_POINTS / 1000) * 1000
            place = ((middle - low) // window).astype(int)
            joined = pd.DataFrame({"middle": middle, "log2": log2}).groupby(place).median()
            middle, log2 = joined["middle"].to_numpy(), joined["log2"].to_numpy()
        return list(zip(middle.tolist(), self.copies(log2).tolist(), strict=True)), window


def of_sample(results: Results, time: str, row: Record | None) -> Biopsy | None:
    """Return a biopsy with copies to draw, None where there are none.

    Parameters
    ----------
    results
        Tables with ``copy_number_segments`` and ``locus_bins``.
    time
        ``baseline`` or ``followup``.
    row
        Its row of table ``copy_number``, None without DNA.
    """
    if not row or row["erbb2_copies"] is None:
        return None
    segments = results.part("copy_number_segments", row["sample"])
    pieces = results.part("locus_bins", row["sample"])
    if not len(segments) and not len(pieces):
        return None
    line = _line(segments) or _formula(row)
    return None if line is None else Biopsy(time, row, segments, pieces, *line)


def _line(segments: pd.DataFrame) -> tuple[float, float] | None:
    """Return slope and shift of copies over linear ratios, as the segments show it."""
    shown = segments[segments["copies"].gt(0) & segments["log2"].notna()]
    if not len(shown):
        return None
    ratio, copies = 2.0 ** shown["log2"].to_numpy(), shown["copies"].to_numpy()
    low, high = int(ratio.argmin()), int(ratio.argmax())
    if ratio[high] - ratio[low] < _LEAST_SPREAD:
        return None
    slope = float((copies[high] - copies[low]) / (ratio[high] - ratio[low]))
    return slope, float(copies[low] - slope * ratio[low])


def _formula(row: Record) -> tuple[float, float] | None:
    """Return slope and shift from purity p and ploidy psi: C = R (psi + 2 (1-p)/p) - 2 (1-p)/p."""
    purity, ploidy = row["purity"], row["ploidy"]
    if not purity or ploidy is None:
        return None
    normal = 0.0 if row["measured_by"] == "copies" else 2 * (1 - purity) / purity
    return ploidy + normal, -normal
