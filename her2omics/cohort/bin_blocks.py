"""Bins of many samples side by side: the bins they share, and blocks of neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.cohort import bias
from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import CHROMOSOMES, Genome

# Neighbouring bins that are averaged where a locus counts and not its bins: at least so many, over
# at least so many base pairs (capture bias and replication timing change over about 1 Mb).
BLOCK_BINS, BLOCK_LENGTH = 10, 500_000
# Samples of one design have the same bins but for filtered ones; less in common is another design.
LEAST_SHARED = 0.8
# A bin as one number: chromosome, start and length, so that numbers sort as the genome does.
_START_BITS, _LENGTH_BITS = 28, 28
_MAD = 1.4826


@dataclass(frozen=True)
class Stack:
    """The shared bins of n samples.

    Attributes
    ----------
    names
        Samples.
    bins
        B rows in genome order: chromosome, start, end, arm.
    log2
        (n, B) log2 ratios, corrected for GC and mappability, relative to the median of the
        autosomes; X relative to its own median. NaN where a sample has no coverage.
    gc
        Whether GC was corrected in all samples.
    found
        Bins of the sample that has most of them.
    """

    names: tuple[str, ...]
    bins: pd.DataFrame
    log2: np.ndarray
    gc: bool
    found: int

    def of(self, rows: Sequence[int] | np.ndarray) -> Stack:
        """Return some of the samples."""
        names = tuple(self.names[row] for row in rows)
        return Stack(names, self.bins, self.log2[np.asarray(rows, dtype=int)], self.gc, self.found)


def bin_numbers(bins: pd.DataFrame) -> np.ndarray:
    """Return one whole number per bin, equal where the place is; -1 on other contigs than 1-22, X.

    Parameters
    ----------
    bins
        chromosome, start, end.
    """
    code = pd.Categorical(bins["chromosome"], CHROMOSOMES[:23]).codes.astype(np.int64)
    start, end = (bins[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    number = (code << (_START_BITS + _LENGTH_BITS)) | (start << _LENGTH_BITS) | (end - start)
    return np.where(code < 0, -1, number)


def _places(number: np.ndarray) -> pd.DataFrame:
    """Return chromosome, start and end of bins from their numbers."""
    code = number >> (_START_BITS + _LENGTH_BITS)
    start = (number >> _LENGTH_BITS) & ((1 << _START_BITS) - 1)
    length = number & ((1 << _LENGTH_BITS) - 1)
    chromosome = np.array(CHROMOSOMES, dtype=object)[code]
    return pd.DataFrame({"chromosome": chromosome, "start": start, "end": start + length})


def stack(samples: Iterable[tuple[str, pd.DataFrame]], *, genome: Genome) -> Stack:
    """Return the bins that samples of one design share, corrected for GC and mappability.

    Parameters
    ----------
    samples
        Pairs of a name and bins as read (:data:`her2omics.readers.bins.COLUMNS`); of each only its
        corrected ratios are kept.
    genome
        Build of the coordinates.

    Raises
    ------
    InputError
        With every sample that lacks more than a fifth of the bins that most samples have, or that
        has no coverage at all.
    """
    names, numbers, ratios, with_gc = [], [], [], []
    for name, bins in samples:
        frame, gc = bias.correct(bins.reset_index(drop=True), genome=genome)
        number = bin_numbers(frame)
        order = np.argsort(number, kind="stable")[np.count_nonzero(number < 0) :]
        names.append(name)
        numbers.append(number[order])
        ratios.append(frame["log2"].to_numpy(dtype=np.float32)[order])
        with_gc.append(gc)
    if not names:
        raise InputError("no bins of normals: give at least one file")
    place = _shared(names, numbers, ratios)
    log2 = np.stack(
        [own[np.searchsorted(at, place)] for own, at in zip(ratios, numbers, strict=True)]
    )
    rows = _places(place)
    rows["arm"] = bias.arm_of(rows, genome=genome)
    most = max(len(number) for number in numbers)
    return Stack(tuple(names), rows, _centred(log2, rows["chromosome"]), all(with_gc), most)


def _shared(
    names: Sequence[str], numbers: Sequence[np.ndarray], ratios: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the numbers of the bins that all samples have, ascending."""
    place, count = np.unique(np.concatenate(numbers), return_counts=True)
    usual = place[count > len(names) / 2]
    problems = []
    for name, number, ratio in zip(names, numbers, ratios, strict=True):
        part = np.isin(usual, number, assume_unique=True).mean() if len(usual) else 0.0
        if part < LEAST_SHARED:
            message = (
                f"has {part:.0%} of the {len(usual):,} bins that most normals of its design have, "
                f"expected at least {LEAST_SHARED:.0%}: make all bins with one design, or name "
                "each design in `targets`"
            )
            problems.append(Problem(message, sample=name))
        elif not np.isfinite(ratio).any():
            problems.append(Problem("no bin has coverage: leave the sample out", sample=name))
    raise_all(problems)
    return place[count == len(names)]


def _centred(log2: np.ndarray, chromosome: pd.Series) -> np.ndarray:
    """Return the ratios relative to the median of the autosomes, and X to its own."""
    sex = chromosome.eq("X").to_numpy()
    out = log2.astype(np.float32)
    for part in (~sex, sex):
        known = np.isfinite(log2[:, part]).any(axis=1)
        if part.any() and known.any():
            out[np.ix_(known, part)] -= np.nanmedian(log2[known][:, part], axis=1)[:, None]
    return out


@dataclass(frozen=True)
class Blocks:
    """Runs of neighbouring bins on one chromosome.

    Attributes
    ----------
    first
        (M,) first bin of each block.
    chromosome
        (M,) of each block.
    """

    first: np.ndarray
    chromosome: np.ndarray

    def means(self, log2: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (n, M) weighted means over the bins of each block, and the weight behind them.

        Parameters
        ----------
        log2
            (n, B); NaN counts for nothing.
        weight
            (B,) inverse variance of the bins.
        """
        known = np.isfinite(log2)
        total = np.add.reduceat(np.where(known, weight, 0.0), self.first, axis=1)
        value = np.add.reduceat(np.where(known, log2 * weight, 0.0), self.first, axis=1)
        with np.errstate(invalid="ignore"):
            return np.where(total > 0, value / np.where(total > 0, total, 1.0), 0.0), total

    def neighbours(self, lag: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of blocks of one chromosome that lie ``lag`` blocks apart."""
        row = np.arange(len(self.first) - lag)
        row = row[self.chromosome[row] == self.chromosome[row + lag]]
        return row, row + lag


def blocks(bins: pd.DataFrame) -> Blocks:
    """Return blocks of at least 10 bins and 500 kb; a chromosome's last one may be shorter."""
    window = bins["start"].to_numpy() // BLOCK_LENGTH
    chromosome = bins["chromosome"].to_numpy()
    new = np.flatnonzero(
        np.r_[True, (window[1:] != window[:-1]) | (chromosome[1:] != chromosome[:-1])]
    )
    first = []
    for start in new.tolist():
        other = not first or chromosome[start] != chromosome[first[-1]]
        if other or start - first[-1] >= BLOCK_BINS:
            first.append(start)
    return Blocks(np.array(first), chromosome[first])


def shaping(grouped: Blocks) -> np.ndarray:
    """Return (M,) the blocks that may shape a sample's loadings: autosomes without chromosome 17.

    An amplicon at ERBB2 must not be taken for something that normals do.
    """
    return np.isin(grouped.chromosome, [name for name in CHROMOSOMES[:22] if name != "17"])


def spread(values: np.ndarray) -> float:
    """Return 1.4826 MAD of the finite values, NaN without any."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    return float(_MAD * np.median(np.abs(values - np.median(values))))
