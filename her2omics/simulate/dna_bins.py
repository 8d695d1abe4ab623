"""Log2 ratios of bins and of segments: copies, biases of the library, noise with heavy tails."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.simulate.assay import PATTERN_PART, Bins, Design, Noise, smooth
from her2omics.simulate.coordinates import CHROMOSOMES, axis
from her2omics.simulate.tumour_genome import SampleGenome

#: What a copy-number program writes for a bin without a read, and its share of the bins.
NO_COVERAGE, _DROPOUTS = -20.0, 0.003
CENTRING_SD = 0.03  # log2, of the genome's mean
_LOCUS_LENGTH, _WAVE_LENGTH = 1e6, 8e6  # base pairs within which they forget
_GC_CURVE = 0.4  # SD of the curve over GC relative to that of the slope
_OUTLIERS, _OUTLIER_SD = 0.003, 1.0
_LARGEST = 8.0  # log2; the tails of the noise go further than a file of ratios would
_MAPPABLE, _REPEAT_SD = 0.9, 0.5
_QUALITY_SD = 0.12  # log, of a sample's noise
_SHALLOW = 0.25  # noise grows with this power of the lost depth
#: Segments: fewest bins, how often a long one is cut in two, error of its own.
_FEWEST, _CUT, _LONG, _SEGMENT_SD = 3, 0.1, 60, 0.03


def depth_ratio(design: Design, genome: SampleGenome | None) -> np.ndarray:
    """Return the expected depth of each bin relative to the mean over all autosomal bins.

    A bin that copies change inside has their mean over it. Without a genome: normal tissue.
    """
    bins = design.bins
    if genome is None:
        return np.ones(len(bins.start))
    edges = genome.edges.astype(float)
    total = np.r_[0.0, np.cumsum(genome.dna() * np.diff(edges))]
    length = bins.end - bins.start
    dna = np.interp(bins.place + length, edges, total) - np.interp(bins.place, edges, total)
    dna = dna / length
    return dna / dna[bins.chromosome < 22].mean()


def _unit_t(rng: np.random.Generator, freedom: int, size: int | None = None) -> np.ndarray:
    """Return draws of Student's t with variance 1."""
    return rng.standard_t(freedom, size) * np.sqrt((freedom - 2) / freedom)


def locus_error(rng: np.random.Generator, design: Design, noise: Noise, scale: float) -> np.ndarray:
    """Return the error that neighbouring bins share: a part of it recurs in other samples."""
    bins, end = design.bins, axis().end
    own = np.sqrt(1 - PATTERN_PART) * abs(_unit_t(rng, 6))
    shared = np.sqrt(PATTERN_PART / len(bins.patterns)) * rng.normal(0, 1, len(bins.patterns))
    locus = own * smooth(rng, bins.place, end, _LOCUS_LENGTH) + shared @ bins.patterns
    wave = noise.wave_sd * smooth(rng, bins.place, end, _WAVE_LENGTH)
    return scale * noise.locus_sd * locus + wave


def log2_ratios(
    rng: np.random.Generator,
    design: Design,
    genome: SampleGenome | None,
    *,
    scale: float = 1.0,
) -> np.ndarray:
    """Return the log2 ratio of each bin of one sample.

    Parameters
    ----------
    rng
        Generator of this sample.
    design
        Bins and noise.
    genome
        The tumour; None for a normal.
    scale
        Factor of the noise of bins and of the locus error.

    Returns
    -------
    ndarray
        (B,) log2; :data:`NO_COVERAGE` for bins without a read.
    """
    bins, noise, count = design.bins, design.noise, len(design.bins.start)
    ratio = depth_ratio(design, genome)
    z = (bins.gc - bins.gc.mean()) / bins.gc.std()
    slope, curve = noise.gc_sd * rng.normal(0, [1.0, _GC_CURVE])
    value = np.log2(np.maximum(ratio, 1e-3)) + slope * z + curve * (z**2 - 1)
    value += locus_error(rng, design, noise, scale) + CENTRING_SD * rng.normal()
    sd = scale * noise.bin_sd * np.exp(rng.normal(0, _QUALITY_SD)) * bins.spread
    value += sd * np.maximum(ratio, 0.05) ** -_SHALLOW * _unit_t(rng, 5, count)
    repeats = np.flatnonzero(bins.mappability < _MAPPABLE)
    value[repeats] += rng.normal(0, _REPEAT_SD, len(repeats))
    odd = np.flatnonzero(rng.random(count) < _OUTLIERS)
    value[odd] += rng.normal(0, _OUTLIER_SD, len(odd))
    value = np.clip(value, -_LARGEST, _LARGEST)
    value[rng.random(count) < _DROPOUTS] = NO_COVERAGE
    return value


def segments(
    rng: np.random.Generator,
    design: Design,
    genome: SampleGenome,
    *,
    scale: float = 1.0,
) -> pd.DataFrame:
    """Return the segments of one tumour as a copy-number program reports them.

    True segments with an error that falls with the number of bins; those of fewer than three bins
    are part of what lies left of them, and some long ones are cut in two.

    Returns
    -------
    DataFrame
        ``chromosome``, ``start``, ``end`` (0-based, half-open), ``log2``, ``probes`` (bins).
    """
    bins, noise = design.bins, design.noise
    middle = bins.place + (bins.end - bins.start) // 2
    segment = genome.segment_of(middle)
    step = np.diff(genome.total[segment], prepend=np.nan)
    new = np.flatnonzero((np.abs(step) > 1e-6) | (np.diff(bins.chromosome, prepend=-1) != 0))
    new = _merged(np.r_[0, new] if new[0] else new, bins)
    size = np.diff(np.r_[new, len(middle)])
    cut = (size >= _LONG) & (rng.random(len(size)) < _CUT)
    extra = new[cut] + (size[cut] * rng.uniform(0.2, 0.8, int(cut.sum()))).astype(int)
    first = np.sort(np.r_[new, extra])
    last = np.r_[first[1:], len(middle)] - 1
    probes = last - first + 1
    ratio = np.add.reduceat(depth_ratio(design, genome), first) / probes
    length = (bins.end[last] - bins.start[first]) / _LOCUS_LENGTH
    sd = np.sqrt(
        1.2 * (scale * noise.bin_sd) ** 2 / probes
        + (scale * noise.locus_sd) ** 2 / (1 + length)
        + _SEGMENT_SD**2
    )
    log2 = np.log2(np.maximum(ratio, 1e-3)) + sd * _unit_t(rng, 6, len(first))
    return pd.DataFrame(
        {
            "chromosome": ["chr" + CHROMOSOMES[k] for k in bins.chromosome[first]],
            "start": bins.start[first],
            "end": bins.end[last],
            "log2": log2 + CENTRING_SD * rng.normal(),
            "probes": probes,
        }
    )


def _merged(first: np.ndarray, bins: Bins) -> np.ndarray:
    """Return the first bins of segments, those of too few bins added to the one before."""
    kept = [int(first[0])]
    for start, end in zip(first[1:], np.r_[first[2:], len(bins.start)], strict=True):
        other = bins.chromosome[start] != bins.chromosome[start - 1]
        if other or end - start >= _FEWEST:
            kept.append(int(start))
    return np.array(kept)
