"""What a DNA assay looks at and how noisily: bins, SNP sites, depth, biases.

A design is the same in every cohort, as a capture kit is: its bins, their GC content and the way
they respond to a library belong to the kit, not to the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from her2omics.simulate import targets
from her2omics.simulate.coordinates import CHROMOSOMES, Axis, axis

_SEED = 38  # of the designs
#: GC content of the chromosomes, and how it varies along them and between bins.
_GC = (
    0.417, 0.402, 0.397, 0.382, 0.395, 0.396, 0.407, 0.402, 0.413, 0.416, 0.416, 0.408, 0.385,
    0.409, 0.422, 0.448, 0.455, 0.398, 0.484, 0.441, 0.408, 0.480, 0.395,
)  # fmt: skip
_GC_ALONG, _GC_EXON = 0.035, 0.07
_LOW_MAPPABILITY = 0.03  # share of the bins
_PATTERNS = 6
_FREQUENCY = (0.3, 0.7)  # of the alternative allele at the SNP sites


@dataclass(frozen=True)
class Noise:
    """Noise of one assay [assume, after real panel and exome normals where a source is named].

    Attributes
    ----------
    bin_sd
        SD of a bin's log2 ratio, independent of its neighbours (unit variance of a t5).
    locus_sd
        SD of the log2 ratio at a locus between samples, beyond its bins' own noise: .11 against a
        pooled reference with GC correction, .08 of it left after principal components of a panel of
        normals [measured on 41 panel normals]; whole genomes have no capture to vary.
    gc_sd, wave_sd
        SD of the slope over GC (log2 per SD of GC) and of waves of 8 Mb.
    depth
        Mean reads at a site of two copies in a diploid sample.
    balance
        Range of the reference share of reads at a balanced heterozygous SNP.
    dispersion
        Range of the overdispersion of allele counts, 1 / (a + b + 1).
    """

    bin_sd: float
    locus_sd: float
    gc_sd: float
    wave_sd: float
    depth: float
    balance: tuple[float, float]
    dispersion: tuple[float, float]


NOISE = {
    "wes": Noise(0.30, 0.11, 0.07, 0.03, 100, (0.52, 0.54), (0.002, 0.012)),
    "panel": Noise(0.20, 0.13, 0.07, 0.03, 500, (0.52, 0.54), (0.002, 0.010)),
    "wgs": Noise(0.08, 0.05, 0.03, 0.02, 60, (0.503, 0.512), (0.001, 0.004)),
}
#: Part of the variance at a locus that all samples of a design share patterns of.
PATTERN_PART = 1 - (0.08 / 0.11) ** 2


@dataclass(frozen=True)
class Bins:
    """Bins in genome order, B rows.

    Attributes
    ----------
    chromosome
        Index into :data:`her2omics.simulate.coordinates.CHROMOSOMES`.
    start, end
        0-based, half-open.
    place
        Start on the axis.
    on_target
        False between the targets.
    gc, mappability
        Fractions.
    spread
        SD of the bin's noise relative to the assay's; mean square 1.
    weight
        What the copy-number program makes of it: near 1 / spread^2, at most 1.
    patterns
        (6, B) unit-variance responses to the conditions of a library.
    """

    chromosome: np.ndarray
    start: np.ndarray
    end: np.ndarray
    place: np.ndarray
    on_target: np.ndarray
    gc: np.ndarray
    mappability: np.ndarray
    spread: np.ndarray
    weight: np.ndarray
    patterns: np.ndarray


@dataclass(frozen=True)
class Sites:
    """Common SNPs, S rows in genome order.

    Attributes
    ----------
    chromosome, position
        Index of the chromosome; 1-based.
    place
        0-based on the axis.
    key
        Number of the site among those of all designs of the assay.
    frequency
        Population frequency of the alternative allele.
    efficiency
        Depth relative to the mean.
    balance
        What the site adds to the log odds of reference reads.
    identity
        Listed in every file, heterozygous or not.
    """

    chromosome: np.ndarray
    position: np.ndarray
    place: np.ndarray
    key: np.ndarray
    frequency: np.ndarray
    efficiency: np.ndarray
    balance: np.ndarray
    identity: np.ndarray


@dataclass(frozen=True)
class Design:
    """One design: ``name`` (a file name), ``assay``, its bins, sites and noise."""

    name: str
    assay: str
    bins: Bins
    sites: Sites
    noise: Noise


#: SNP sites of a design (about half of them heterozygous) and the share always listed.
_SITES = {"wes": (10_500, 0.15), "panel": (3_200, 0.3), "wgs": (42_000, 0.05)}


def of(assay: str, *, second: bool = False) -> Design:
    """Return the design of an assay; ``second``: the other one of two panels."""
    return _design("panel_b" if second and assay == "panel" else assay, assay)


@cache
def _design(name: str, assay: str) -> Design:
    genome = axis()
    rng = np.random.default_rng([_SEED, *name.encode()])
    bins = _bins(rng, targets.of(name, genome, seed=_SEED), genome, exons=assay != "wgs")
    first = None if name == assay else _design(assay, assay)
    return Design(name, assay, bins, _sites(rng, bins, genome, assay, first), NOISE[assay])


def smooth(rng: np.random.Generator, places: np.ndarray, end: int, length: float) -> np.ndarray:
    """Return a process of unit variance along the axis that forgets within ``length`` base pairs.

    Averaged over L base pairs its variance is about 1 / (1 + L / length).
    """
    knots = np.arange(-length, end + 2 * length, length) + rng.uniform(0, length)
    # Between two knots a line has 2/3 of their variance on average.
    return np.interp(places, knots, rng.normal(0, np.sqrt(1.5), len(knots)))


def _bins(rng: np.random.Generator, found: targets.Targets, genome: Axis, *, exons: bool) -> Bins:
    place, count = found.start + found.end, len(found.start)
    place = genome.starts[found.chromosome] + place // 2
    along = smooth(rng, place, genome.end, 1e6)
    gc = np.array(_GC)[found.chromosome] + _GC_ALONG * along
    exon = exons & found.on_target
    gc += np.where(exon, 0.06 + rng.normal(0, _GC_EXON, count), rng.normal(0, 0.012, count))
    low = rng.random(count) < _LOW_MAPPABILITY
    good = 1 - np.minimum(rng.exponential(0.01, count), 0.08)
    mappability = np.where(low, rng.uniform(0.3, 0.9, count), good)
    spread = np.exp(rng.normal(0, 0.3, count)) * np.where(found.on_target, 1.0, 1.3)
    spread /= np.sqrt(np.mean(spread**2))
    weight = np.clip(0.6 / spread**2 * np.exp(rng.normal(0, 0.2, count)), 0.02, 1)
    patterns = np.empty((_PATTERNS, count), dtype=np.float32)
    for row in patterns:
        row[:] = smooth(rng, place, genome.end, 1e6)
    return Bins(
        found.chromosome,
        found.start,
        found.end,
        genome.starts[found.chromosome] + found.start,
        found.on_target,
        np.clip(gc, 0.2, 0.8).round(3),
        mappability.round(2),
        spread,
        weight.round(2),
        patterns,
    )


def _sites(
    rng: np.random.Generator, bins: Bins, genome: Axis, assay: str, first: Design | None
) -> Sites:
    """Return sites inside the bins; those of the first design that these cover come along."""
    count, always = _SITES[assay]
    place = np.unique(places_in(rng, bins, np.flatnonzero(bins.on_target), 2 * count))
    key = np.arange(0)
    if first is not None:
        place = place[~covers(first.bins, place)]
        shared = covers(bins, first.sites.place)
        key, count = np.flatnonzero(shared), count - int(shared.sum())
    place = np.sort(rng.choice(place, min(count, len(place)), replace=False))
    n = len(place)
    new = {
        "place": place,
        "key": np.arange(n) + (0 if first is None else len(first.sites.place)),
        "frequency": rng.uniform(*_FREQUENCY, n),
        "efficiency": np.exp(rng.normal(-0.06, 0.35, n)),
        "balance": rng.normal(0, 0.05, n),
        "identity": rng.random(n) < always,
    }
    if first is not None:
        new = {name: np.r_[getattr(first.sites, name)[key], new[name]] for name in new}
        order = np.argsort(new["place"])
        new = {name: values[order] for name, values in new.items()}
    chromosome = genome.chromosome(new["place"])
    return Sites(chromosome, new["place"] - genome.starts[chromosome] + 1, **new)


def places_in(rng: np.random.Generator, bins: Bins, allowed: np.ndarray, count: int) -> np.ndarray:
    """Return random places on the axis inside bins of these rows."""
    picks = allowed[(rng.random(count) * len(allowed)).astype(int)]
    length = bins.end[picks] - bins.start[picks]
    return bins.place[picks] + (rng.random(count) * length).astype(np.int64)


def covers(bins: Bins, place: np.ndarray) -> np.ndarray:
    """Return which places on the axis lie in a target."""
    rows = np.searchsorted(bins.place, place, side="right") - 1
    inside = place < bins.place[rows] + bins.end[rows] - bins.start[rows]
    return (rows >= 0) & inside & bins.on_target[rows]


def bed(design: Design) -> str:
    """Return the targets of a design as BED text."""
    bins = design.bins
    rows: Sequence[int] = np.flatnonzero(bins.on_target)
    return "".join(
        f"chr{CHROMOSOMES[bins.chromosome[k]]}\t{bins.start[k]}\t{bins.end[k]}\n" for k in rows
    )
