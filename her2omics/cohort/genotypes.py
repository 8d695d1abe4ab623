"""Genotypes of a sample from its reads at SNPs: as likelihoods, with lost alleles allowed for.

A tumour that lost one allele looks homozygous. How far the alleles of heterozygous sites are out of
balance is therefore estimated along the genome from the sample's own neighbouring sites, and the
likelihood of a heterozygous genotype is taken at that imbalance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import betaln, gammaln

# Genotypes by their number of alternative alleles.
REF, HET, ALT = 0, 1, 2
# Reads beyond this depth say no more about a genotype: libraries differ from each other by more
# than binomial sampling, and mapping errors grow with the depth.
MAX_DEPTH = 100
# Share of alternative reads at homozygous reference sites (errors, and other people's DNA): the
# levels that are told apart, and by how much (natural log) a higher one must fit better, since lost
# alleles are common and foreign DNA is rare. Beta(1, 1/e - 1) between sites: most have none, some
# far more.
ERRORS = (0.002, 0.005, 0.012, 0.03, 0.07, 0.15)
_ERROR_COST = (0.0, 0.2, 0.5, 1.0, 2.0, 3.0)
_ERROR_SITES, _ERROR_RUN = 1000, 50  # sites that the level is fitted to, in runs of neighbours
# Sites whose reads come from elsewhere too (1 % mapped badly), or from one allele only: any share
# of alternative reads.
_BAD_HOMOZYGOUS, _BAD_HETEROZYGOUS = 0.02, 0.03
# Share of the rarer allele at heterozygous sites, with its prior in a tumour: balanced, gains,
# losses, and lost altogether. A normal is balanced, or holds a few tumour cells. Assumptions; the
# weights of a tumour are fitted.
LEVELS = np.array([0.5, 0.38, 0.28, 0.2, 0.13, 0.07, 0.03, 0.005])
_TUMOUR = np.array([0.45, 0.13, 0.10, 0.09, 0.08, 0.07, 0.05, 0.03])
_NORMAL = np.array([0.95, 0.05, 0, 0, 0, 0, 0, 0])
# Beta concentration of a site's share around the level: SD .07 at balance (reference bias of the
# site, overdispersion).
_CONCENTRATION = 50.0
# Neighbours that say how balanced a site is: so many at either side, within so many base pairs.
_NEIGHBOURS, _REACH = 12, 15_000_000
# Weight of the sample's mean imbalance beside that of the neighbours: events of a single site.
_ALONE = 0.02
# The prior of the imbalance counts as so many sites.
_PRIOR_SITES = 20.0
_ROUNDS, _EM_ROUNDS = 2, 8
# No genotype is impossible in a list of sites.
_LEAST_SHARE = 1e-4
# A site's number is its chromosome times this plus its position.
CHROMOSOME = 300_000_000


@dataclass(frozen=True)
class Genotypes:
    """Genotype likelihoods of one sample.

    Attributes
    ----------
    site
        (K,) number of each site, ascending: chromosome x 300,000,000 + position.
    likelihood
        (3, K) likelihood of no, one and two alternative alleles, scaled to sum to 1.
    share
        (3,) share of each genotype among the sites listed: where only heterozygous sites of a
        normal are listed, its second element is near 1.
    error
        Share of alternative reads at homozygous reference sites, one of :data:`ERRORS`.
    """

    site: np.ndarray
    likelihood: np.ndarray
    share: np.ndarray
    error: float

    def at(self, rows: np.ndarray) -> Genotypes:
        """Return these sites only; the shares stay those of the whole list."""
        return Genotypes(self.site[rows], self.likelihood[:, rows], self.share, self.error)


def genotypes(
    site: np.ndarray, ref: np.ndarray, alt: np.ndarray, *, normal: bool = False
) -> Genotypes:
    """Return the genotype likelihoods of one sample.

    Parameters
    ----------
    site
        (K,) numbers of the sites, ascending.
    ref, alt
        (K,) reads of the reference and of the alternative allele; at least one read a site.
    normal
        Whether the sample is normal tissue: no allele is lost.
    """
    cell = _cell(ref, alt)
    prior = _NORMAL if normal else _TUMOUR
    some = np.arange(len(cell))
    if len(some) > _ERROR_SITES:
        some = some[some // _ERROR_RUN % (len(some) // _ERROR_SITES + 1) == 0]
    error = _error_level(site[some], cell[some], prior)
    likelihood, share, _ = _fit(cell, _windows(site), error, prior)
    likelihood /= likelihood.sum(axis=0)
    return Genotypes(site, likelihood.astype(np.float32), share, error)


def _error_level(site: np.ndarray, cell: np.ndarray, prior: np.ndarray) -> float:
    """Return the level of errors that fits best: the first from which the next two are worse."""
    windows = _windows(site)
    best, fit = 0, -np.inf
    for number, (error, cost) in enumerate(zip(ERRORS, _ERROR_COST, strict=True)):
        found = _fit(cell, windows, error, prior)[2] - cost
        if found > fit:
            best, fit = number, found
        elif number == best + 2:
            break
    return ERRORS[best]


def _fit(
    cell: np.ndarray, windows: tuple[np.ndarray, np.ndarray], error: float, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return (3, K) likelihoods, shares of the genotypes and how well all of it fits (log)."""
    homozygous, heterozygous = _tables(error)
    ends = homozygous[:, cell]  # (2, K): reference, alternative
    levels = heterozygous[:, cell]  # (L, K)
    weight = prior
    share = np.array([0.25, 0.5, 0.25])
    het = weight @ levels
    for _ in range(_ROUNDS):
        share = _shares(np.stack([ends[0], het, ends[1]]), share)
        posterior = _imbalance(ends, levels, share, weight, windows)
        mixed = (1 - _ALONE) * posterior + _ALONE * weight[:, None]
        het = (mixed * levels).sum(axis=0)
        if len(weight) == np.count_nonzero(prior):
            weight = _levels_found(mixed * levels, share, ends, prior)
    likelihood = np.stack([ends[0], het, ends[1]])
    share = _shares(likelihood, share)
    return likelihood, share, float(np.log(share @ likelihood).sum())


def _levels_found(
    levels: np.ndarray, share: np.ndarray, ends: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Return the weight of each level among the sample's heterozygous sites."""
    het = share[HET] * levels
    found = (het / (share[REF] * ends[0] + share[ALT] * ends[1] + het.sum(axis=0))).sum(axis=1)
    return (_PRIOR_SITES * prior + found) / (_PRIOR_SITES + found.sum())


def _cell(ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
    """Return the cell of the likelihood tables: depth (at most the largest) and alternative."""
    depth = ref + alt
    kept = np.minimum(depth, MAX_DEPTH).astype(np.int64)
    shown = np.rint(alt * (kept / depth)).astype(np.int64)
    return kept * (MAX_DEPTH + 1) + shown


@lru_cache(maxsize=len(ERRORS))
def _tables(error: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the likelihoods of all counts: (2, C) homozygous, (L, C) heterozygous at each level.

    A cell is depth x 101 + alternative reads; cells with more alternative reads than depth are 0.
    """
    depth, alt = np.divmod(np.arange((MAX_DEPTH + 1) ** 2), MAX_DEPTH + 1)
    possible = alt <= depth
    alt = np.minimum(alt, depth)
    anything = 1 / (depth + 1)
    reference = _beta_binomial(alt, depth, 1.0, 1 / error - 1)
    alternative = _beta_binomial(depth - alt, depth, 1.0, 1 / error - 1)
    homozygous = np.stack([reference, alternative])
    homozygous = (1 - _BAD_HOMOZYGOUS) * homozygous + _BAD_HOMOZYGOUS * anything
    rarer = [
        0.5 * _beta_binomial(reads, depth, _CONCENTRATION * level, _CONCENTRATION * (1 - level))
        for level in LEVELS
        for reads in (alt, depth - alt)
    ]
    heterozygous = np.add.reduceat(np.stack(rarer), np.arange(0, 2 * len(LEVELS), 2))
    heterozygous = (1 - _BAD_HETEROZYGOUS) * heterozygous + _BAD_HETEROZYGOUS * anything
    return np.where(possible, homozygous, 0.0), np.where(possible, heterozygous, 0.0)


def _beta_binomial(k: np.ndarray, n: np.ndarray, a: float, b: float) -> np.ndarray:
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.exp(choose + betaln(k + a, n - k + b) - betaln(a, b))


def _windows(site: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first neighbour at the left of each site, and the end of those at its right."""
    row = np.arange(len(site))
    chromosome = site // CHROMOSOME * CHROMOSOME
    left = np.searchsorted(site, np.maximum(site - _REACH, chromosome))
    right = np.searchsorted(site, np.minimum(site + _REACH, chromosome + CHROMOSOME))
    return np.maximum(left, row - _NEIGHBOURS), np.minimum(right, row + 1 + _NEIGHBOURS)


def _imbalance(
    ends: np.ndarray,
    levels: np.ndarray,
    share: np.ndarray,
    weight: np.ndarray,
    windows: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return (L, K) probability of each level at each site, from its neighbours alone.

    Half of it from those at the left and half from those at the right, so that a breakpoint beside
    the site leaves the right level its half.
    """
    known = share[REF] * ends[0] + share[ALT] * ends[1]
    total = np.log(known + share[HET] * levels + 1e-12)
    total = np.concatenate([np.zeros((len(levels), 1)), np.cumsum(total, axis=1)], axis=1)
    row = np.arange(ends.shape[1])
    sides = (total[:, row] - total[:, windows[0]], total[:, windows[1]] - total[:, row + 1])
    posterior = np.zeros_like(levels)
    for side in sides:
        side = np.exp(side - side.max(axis=0)) * weight[:, None]
        posterior += side * (0.5 / side.sum(axis=0))
    return posterior


def _shares(likelihood: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the shares of the genotypes by expectation maximisation, none below .0001."""
    for _ in range(_EM_ROUNDS):
        # share x mean(likelihood / mixture) is the mean probability of the genotype.
        share = share * (likelihood @ (1 / (share @ likelihood))) / likelihood.shape[1]
    share = np.maximum(share, _LEAST_SHARE)
    return share / share.sum()
