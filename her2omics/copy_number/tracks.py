"""One sample's copy-number signal along the genome, from bins, segments or genes.

Whatever the file, a track knows its pieces in genome order, where one may cut, and what an interval
measures: a level and the number of bins, markers or genes behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.cohort.bias import bin_sigma, relative_weights
from her2omics.copy_number.segmentation import robust_means
from her2omics.genome import Genome

# Noise SD of one marker of a segment table that does not say it, log2: bins of panels and exomes
# of 100 to 1,000 bases scatter by .2 to .35, of genomes (10 kb and more) by .05 to .15; assumption.
MARKER_SD = {"wgs": 0.15, "panel": 0.25, "wes": 0.35}
# Bases per marker where a segment table does not count them: exome targets and off-target windows
# of 100 kb; assumption, on the side of too few.
BASES_PER_MARKER = 100_000
# A copy number that a program rounded to a state, and a gene's value without its noise, log2.
STATE_SD, GENE_SD, CALL_SD = 0.25, 0.30, 0.60
# Of GISTIC-like calls (-2 to 2): deep loss, loss, none, gain, amplification; log2 against the mean.
DISCRETE_LOG2 = {-2: -1.3, -1: -0.4, 0: 0.0, 1: 0.4, 2: 1.3}
_LEAST_COPIES = 0.05


@dataclass(frozen=True)
class Track:
    """The signal of one sample.

    Attributes
    ----------
    sample, assay
        As in the sheets.
    kind
        ``bins``, ``segments``, ``copies`` (segments of a program that gives no log ratio),
        ``genes`` or ``discrete`` (calls).
    start, end
        (P,) of each piece on the genome laid out as one line (:func:`linear`), in order.
    log2
        (P,) log2 ratio; NaN without coverage. An additive offset is free.
    weight
        (P,) bins: relative precision, 1 on average; otherwise markers behind the piece.
    sigma
        Noise SD, log2, of a piece of weight 1.
    deconvoluted
        The levels are those of the cancer cells (copies over ploidy), not of the sample.
    note
        What a reader should know of the file.
    """

    sample: str
    assay: str
    kind: str
    start: np.ndarray
    end: np.ndarray
    log2: np.ndarray
    weight: np.ndarray
    sigma: float
    deconvoluted: bool = False
    note: str = ""

    @property
    def cuts(self) -> np.ndarray:
        """Where pieces of a table that is segmented already begin and end."""
        return np.unique(np.concatenate([self.start, self.end]))

    def piece(self, position: int) -> tuple[float, float]:
        """Return length and markers of the piece that holds a position, NaN where none does.

        Parameters
        ----------
        position
            On the genome as one line.
        """
        row = int(np.searchsorted(self.start, position, side="right")) - 1
        if row < 0 or position >= self.end[row]:
            return np.nan, np.nan
        return float(self.end[row] - self.start[row]), float(self.weight[row])

    def levels(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return level and effective bins or markers of intervals in genome order.

        Parameters
        ----------
        start, end
            (K,) on the genome as one line; intervals do not overlap.

        Returns
        -------
        level
            (K,) bins and genes: robust mean of those whose middle lies inside; segments: mean over
            the overlap; NaN where nothing is known.
        effective
            (K,) sum of the weights; of segments the part that overlaps.
        """
        if self.kind in ("bins", "genes", "discrete"):
            return self._of_points(start, end)
        return self._of_pieces(start, end)

    def _of_points(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        middle = (self.start + self.end) // 2
        first = np.searchsorted(middle, start)
        last = np.searchsorted(middle, end)
        level, effective = np.full(len(start), np.nan), np.zeros(len(start))
        some = np.flatnonzero(last > first)
        if not len(some):
            return level, effective
        rows = np.concatenate([np.arange(first[k], last[k]) for k in some])
        starts = np.concatenate([[0], np.cumsum(last[some] - first[some])[:-1]])
        means, weights = robust_means(
            self.log2[None, rows], self.weight[None, rows], np.array([self.sigma]), starts
        )
        level[some], effective[some] = means[0], weights[0]
        return level, effective

    def _of_pieces(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = np.isfinite(self.log2)
        begin, stop = self.start[known], self.end[known]
        value, markers = self.log2[known], self.weight[known]
        level, effective = np.full(len(start), np.nan), np.zeros(len(start))
        first = np.searchsorted(stop, start, side="right")
        last = np.searchsorted(begin, end)
        for k in np.flatnonzero(last > first):
            rows = slice(first[k], last[k])
            shared = np.minimum(stop[rows], end[k]) - np.maximum(begin[rows], start[k])
            counted = markers[rows] * shared / (stop[rows] - begin[rows])
            level[k] = np.average(value[rows], weights=shared)
            effective[k] = counted.sum()
        return level, effective


def offsets(genome: Genome) -> pd.Series:
    """Return where each chromosome begins when all are laid out in one line."""
    length = genome.contigs["length"]
    return length.cumsum() - length


def linear(chromosome: pd.Series, position: pd.Series, *, genome: Genome) -> np.ndarray:
    """Return positions on the genome laid out in one line; -1 on contigs it does not have."""
    begin = chromosome.astype(str).map(offsets(genome))
    known = begin.notna().to_numpy()
    return np.where(known, begin.fillna(0).to_numpy() + position.to_numpy(), -1).astype(np.int64)


def of_bins(bins: pd.DataFrame, *, sample: str, assay: str, genome: Genome) -> Track:
    """Return the track of bins in genome order (bias corrected before)."""
    weight = relative_weights(bins)
    log2 = bins["log2"].to_numpy(dtype=float)
    sigma = bin_sigma(log2, weight, bins["chromosome"].to_numpy(dtype=str))
    start, end = (linear(bins["chromosome"], bins[c], genome=genome) for c in ("start", "end"))
    return Track(sample, assay, "bins", start, end, log2, weight, sigma)


def of_segments(
    segments: pd.DataFrame, *, kind: str, sample: str, assay: str, genome: Genome
) -> Track:
    """Return the track of a segment table.

    Log ratios count where there are any: copies of a program are rounded, capped or filled in. A
    table of copies alone becomes log2 of copies over their mean, the ratio in the cancer cells.

    Parameters
    ----------
    segments
        chromosome, start, end, log2, total_cn, probes.
    kind
        Program of the table.
    sample, assay, genome
        As in the sheets; build.
    """
    length = (segments["end"] - segments["start"]).to_numpy(dtype=float)
    log2 = segments["log2"].to_numpy(dtype=float)
    by_ratio = np.isfinite(log2).any()
    if not by_ratio:
        copies = segments["total_cn"].to_numpy(dtype=float)
        autosomal = ~segments["chromosome"].isin(["X", "Y"]).to_numpy() & np.isfinite(copies)
        mean = np.average(copies[autosomal], weights=length[autosomal])
        log2 = np.log2(np.maximum(copies, _LEAST_COPIES) / mean)
    probes = segments["probes"].to_numpy(dtype=float)
    probes = np.where(np.isfinite(probes), probes, np.maximum(length / BASES_PER_MARKER, 1.0))
    start, end = (
        linear(segments["chromosome"], segments[c], genome=genome) for c in ("start", "end")
    )
    note = ""
    if kind == "titan":
        note = "copy numbers of the table end at its largest state: its log ratios are used"
    elif not by_ratio:
        note = "copy numbers without log ratios: their rounding and filling in are not known"
    return Track(
        sample,
        assay,
        "segments" if by_ratio else "copies",
        start,
        end,
        log2,
        np.maximum(probes, 1.0),
        MARKER_SD.get(assay, MARKER_SD["wes"]) if by_ratio else STATE_SD,
        deconvoluted=not by_ratio,
        note=note,
    )


def of_genes(values: pd.Series, unit: str, *, sample: str, assay: str, genome: Genome) -> Track:
    """Return the track of gene-level values, for the genes of chromosome 17 that are looked at.

    Parameters
    ----------
    values
        Gene symbol -> value.
    unit
        ``log2``, ``copies`` or ``discrete`` (-2 to 2: weak evidence, never copies).
    sample, assay, genome
        As in the sheets; build.
    """
    genes = genome.genes[genome.genes.index.isin(values.index)].sort_values("start")
    found = values[~values.index.duplicated()].reindex(genes.index).to_numpy(dtype=float)
    if unit == "discrete":
        log2 = np.array([DISCRETE_LOG2.get(int(v), np.nan) if v == v else np.nan for v in found])
    elif unit == "copies":
        log2 = np.log2(np.maximum(found, _LEAST_COPIES) / np.nanmedian(values.to_numpy(float)))
    else:
        log2 = found
    chromosome = genes["chromosome"]
    start, end = (linear(chromosome, genes[c], genome=genome) for c in ("start", "end"))
    return Track(
        sample,
        assay,
        "discrete" if unit == "discrete" else "genes",
        start,
        end,
        log2,
        np.ones(len(genes)),
        CALL_SD if unit == "discrete" else GENE_SD,
        deconvoluted=unit == "copies",
        note="calls per gene: no copies can be given" if unit == "discrete" else "",
    )
