"""Germline SNPs: a patient's genotypes, and the reads of both alleles in each sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.simulate.assay import Design
from her2omics.simulate.patients import Patient
from her2omics.simulate.tumour_genome import SampleGenome

_ERROR = 0.001  # reads that show the other allele of a homozygous site
_BAD_SITES = 0.01  # share of sites whose reads come from elsewhere too
_NORMAL_DEPTH = 0.7  # of a tumour's
_DEPTH_SD = 0.15  # log, between samples
_DEPTH_SHAPE = 12.0  # of the gamma spread of a site's depth in one sample
_CELLS = 2.0  # copies of a normal cell


@dataclass(frozen=True)
class Library:
    """How one sample's alleles are read.

    Attributes
    ----------
    depth
        Mean reads at a site of mean copies.
    balance
        Share of reference reads at a balanced heterozygous site.
    dispersion
        1 / (a + b + 1) of the beta-binomial counts.
    """

    depth: float
    balance: float
    dispersion: float


def library(rng: np.random.Generator, design: Design, *, normal: bool) -> Library:
    """Draw how one sample's alleles are read."""
    noise = design.noise
    depth = noise.depth * np.exp(rng.normal(0, _DEPTH_SD)) * (_NORMAL_DEPTH if normal else 1)
    return Library(depth, rng.uniform(*noise.balance), rng.uniform(*noise.dispersion))


def germline(patient: Patient, design: Design, *, other: bool = False) -> np.ndarray:
    """Return (2, S) alternative alleles (0 or 1) on the two parental haplotypes.

    ``other``: of another person, the one that a swapped sample belongs to.
    """
    rng = patient.stream("germline", design.assay, int(other))
    sites = design.sites
    # Row by row, so that a second panel finds the same alleles at the sites it shares.
    chance = rng.random((int(sites.key.max()) + 1, 2))[sites.key].T
    return (chance < sites.frequency).astype(np.int8)


def listed(genotype: np.ndarray, design: Design) -> np.ndarray:
    """Return the rows of the sites that a patient's files hold: heterozygous, or for identity."""
    return np.flatnonzero((genotype.sum(axis=0) == 1) | design.sites.identity)


def biased(share: np.ndarray, balance: float | np.ndarray) -> np.ndarray:
    """Return the share of alternative reads of an alternative share of the DNA.

    ``balance`` is the share of reference reads where both alleles are equally frequent.
    """
    alt = share * (1 - balance)
    return alt / (alt + (1 - share) * balance)


def beta_binomial(
    rng: np.random.Generator, depth: np.ndarray, share: np.ndarray, dispersion: float
) -> np.ndarray:
    """Return counts out of ``depth`` with the given mean share and overdispersion."""
    size = 1 / dispersion - 1
    inside = (share > 0) & (share < 1)
    safe = np.where(inside, share, 0.5)
    drawn = rng.beta(safe * size, (1 - safe) * size)
    return rng.binomial(depth, np.where(inside, drawn, share))


def haplotypes_at(genome: SampleGenome | None, place: np.ndarray) -> np.ndarray:
    """Return (2, N) copies per cell of both haplotypes at places, normal cells among them."""
    if genome is None:
        return np.full((2, len(place)), _CELLS / 2)
    p = genome.biopsy.purity
    return p * genome.haplotypes[:, genome.segment_of(place)] + (1 - p)


def mean_dna(genome: SampleGenome | None) -> float:
    """Return the mean copies per cell over the genome, which sets the depth of all sites."""
    if genome is None:
        return _CELLS
    length = np.diff(genome.edges)
    return float((genome.dna() * length).sum() / length.sum())


def depths(
    rng: np.random.Generator, mean: float, relative: np.ndarray, efficiency: np.ndarray
) -> np.ndarray:
    """Return reads at sites: negative binomial around depth x relative copies x efficiency."""
    gamma = rng.gamma(_DEPTH_SHAPE, 1 / _DEPTH_SHAPE, len(relative))
    return rng.poisson(mean * relative * efficiency * gamma)


def counts(
    rng: np.random.Generator,
    design: Design,
    rows: np.ndarray,
    genotype: np.ndarray,
    genome: SampleGenome | None,
    how: Library,
) -> tuple[np.ndarray, np.ndarray]:
    """Return reference and alternative reads of one sample.

    Parameters
    ----------
    rng
        Generator of this sample.
    design
        Sites.
    rows
        (N,) rows of the sites wanted.
    genotype
        (2, S) of the person the sample belongs to.
    genome
        The tumour; None for a normal.
    how
        Depth, reference bias and overdispersion.
    """
    sites = design.sites
    copies = haplotypes_at(genome, sites.place[rows])
    total = copies.sum(axis=0)
    share = (copies * genotype[:, rows]).sum(axis=0) / total
    depth = depths(rng, how.depth, total / mean_dna(genome), sites.efficiency[rows])
    odds = how.balance / (1 - how.balance) * np.exp(sites.balance[rows])
    share = biased(share, odds / (1 + odds))
    share = share * (1 - _ERROR) + (1 - share) * _ERROR
    bad = rng.random(len(rows)) < _BAD_SITES
    share = np.where(bad, share * rng.uniform(0.3, 1, len(rows)), share)
    alt = beta_binomial(rng, depth, share, how.dispersion)
    return depth - alt, alt
