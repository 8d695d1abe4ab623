"""Are two samples of one person? Genotypes of both at the SNPs they share.

Three explanations are compared: the same person, a sibling, and an unrelated person. Tables often
list the heterozygous sites of one person only; two people's lists then agree wherever both list a
site, so what is listed counts beside what is read (:func:`listing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.special import betaln
from scipy.stats import beta

from her2omics.cohort.genotypes import ALT, HET, REF, Genotypes
from her2omics.thresholds import limits

# A genotype counts as clear from this probability.
CLEAR = 0.9
# Common SNPs within 50 kb are inherited together: n of them count as sqrt(n).
_LINKED = 50_000
# Lists whose homozygous sites are fewer than this share were chosen for being heterozygous (of
# common SNPs half are homozygous).
_CHOSEN_HOMOZYGOUS = 0.35
# Sites of one list found in the other: in lists of one person, of siblings, and of strangers (about
# half of the common SNPs that one person is heterozygous at). Beta distributions; assumptions.
_LISTED = {"same": (30.0, 2.0), "siblings": (25.0, 15.0), "strangers": (19.0, 19.0)}
_LISTED_COUNT = 200  # more sites say no more about a list
_LEAST_LISTED = 30
# Where homozygous sites disagree more often than this, the alleles of one table are exchanged:
# unrelated people disagree in about half of them.
_EXCHANGED, _EXCHANGED_SITES = 0.85, 20
_TAIL = 0.05  # either side of a 90 % interval
SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
_FEW = "too few shared SNPs"
_RELATIVE = "a close relative, or DNA of both persons in one sample"
_ALLELES = "reference and alternative allele look exchanged in one of the files"


@dataclass(frozen=True)
class Comparison:
    """Two samples compared.

    Attributes
    ----------
    sites
        Shared SNPs with a clear genotype in both samples.
    concordance, concordance_low, concordance_high
        Share of them with the same genotype and its 90 % interval; NaN without any.
    log10_lr
        Log10 likelihood ratio of the same person against an unrelated one; NaN without a shared
        site.
    call
        ``same``, ``different`` or ``unknown``.
    note
        What else is to be said; else empty.
    """

    sites: int
    concordance: float
    concordance_low: float
    concordance_high: float
    log10_lr: float
    call: str
    note: str = ""


def compare(
    a: Genotypes,
    b: Genotypes,
    *,
    frequency: np.ndarray | None = None,
    listed: tuple[int, int] | None = None,
    limit: SimpleNamespace | None = None,
) -> Comparison:
    """Return whether two samples are of one person.

    Parameters
    ----------
    a, b
        The samples, each with its own sites. Exchanging them changes nothing.
    frequency
        (K,) frequency of the alternative allele at the sites both have (:func:`shared`, in that
        order); default .5 everywhere.
    listed
        Sites of the shorter list that are in the other one, and all of that list; ``None`` where
        the lists cannot be compared (:func:`listing`).
    limit
        Thresholds.
    """
    limit = limit or limits()
    rows_a, rows_b = shared(a, b)
    count = len(rows_a)
    if not count:
        return Comparison(0, *(float("nan"),) * 4, UNKNOWN, "no shared SNPs")
    if frequency is None:
        frequency = np.full(count, 0.5)
    reads = a.likelihood[:, rows_a].astype(float), b.likelihood[:, rows_b].astype(float)
    weight = _linkage(a.site[rows_a])
    same, sibling, unrelated = _explanations(reads, (a.share, b.share), frequency, weight, listed)
    log10_lr = (same - unrelated) / np.log(10)
    relative = (sibling - np.array([same, unrelated])) / np.log(10)
    called = [_called(read, sample.share) for read, sample in zip(reads, (a, b), strict=True)]
    sites, *concordance = _concordance(*called, weight)
    call, note = UNKNOWN, ""
    if count < limit.identity_min_sites:
        note = _FEW
    elif _exchanged(*called):
        note = _ALLELES
    elif log10_lr >= limit.identity_same_log10_lr:
        call = SAME
        if -relative[0] < limit.identity_relative_log10_lr:
            call, note = UNKNOWN, _RELATIVE
    elif log10_lr <= -limit.identity_different_log10_lr:
        call = DIFFERENT
        if relative.min() >= limit.identity_relative_log10_lr:
            note = _RELATIVE
    else:
        note = _RELATIVE if relative.min() >= limit.identity_relative_log10_lr else _FEW
    return Comparison(sites, *concordance, float(log10_lr), call, note)


def shared(a: Genotypes, b: Genotypes) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the sites that both samples have, in the order of the genome."""
    place = np.searchsorted(a.site, b.site)
    place[place == len(a.site)] = 0
    in_both = np.flatnonzero(a.site[place] == b.site) if len(a.site) else np.arange(0)
    return place[in_both], in_both


def chosen(sample: Genotypes) -> bool:
    """Return whether the sites were listed because they are heterozygous."""
    return bool(1 - sample.share[HET] < _CHOSEN_HOMOZYGOUS)


def _linkage(site: np.ndarray) -> np.ndarray:
    """Return the weight of each site: n sites of a window weigh sqrt(n) together."""
    _, window, count = np.unique(site // _LINKED, return_inverse=True, return_counts=True)
    return 1 / np.sqrt(count[window])


def _explanations(
    reads: tuple[np.ndarray, np.ndarray],
    shares: tuple[np.ndarray, np.ndarray],
    frequency: np.ndarray,
    weight: np.ndarray,
    listed: tuple[int, int] | None,
) -> tuple[float, float, float]:
    """Return the log likelihood of the same person, of siblings and of unrelated people."""
    f = np.clip(frequency, 0.02, 0.98)
    population = np.stack([(1 - f) ** 2, 2 * f * (1 - f), f**2])
    own = [_among_listed(population, share) for share in shares]
    both = np.sqrt(shares[0] * shares[1])
    common = _among_listed(population, both / both.sum())
    alone = [(mine * read).sum(axis=0) for mine, read in zip(own, reads, strict=True)]
    anyone = [(population * read).sum(axis=0) for read in reads]
    lists = dict.fromkeys(_LISTED, 0.0) if listed is None else listing(*listed)
    one_list = lists["same"]
    same = one_list + np.log((common * reads[0] * reads[1]).sum(axis=0)) @ weight

    def two_people(kin: str, apart: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
        # Each came with a list of its own, or both were read at the list of one of them.
        ways = np.log([apart, first, second]) @ weight + np.log([0.5, 0.25, 0.25])
        return float(np.logaddexp.reduce(ways + np.array([lists[kin], one_list, one_list])))

    kin = [_siblings(reads, population, own[first], shares, f, first=first) for first in (0, 1)]
    siblings = two_people("siblings", np.sqrt(kin[0][1] * kin[1][1]), kin[0][0], kin[1][0])
    strangers = two_people(
        "strangers", alone[0] * alone[1], alone[0] * anyone[1], anyone[0] * alone[1]
    )
    return float(same), siblings, strangers


def _among_listed(population: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return (3, K) genotype probabilities at listed sites: those of the population, as listed."""
    out = population * (share / population.mean(axis=1))[:, None]
    return out / out.sum(axis=0)


def _siblings(
    reads: tuple[np.ndarray, np.ndarray],
    population: np.ndarray,
    own: np.ndarray,
    shares: tuple[np.ndarray, np.ndarray],
    f: np.ndarray,
    *,
    first: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (K,) likelihoods of full siblings: the second read at the list of the first, or own.

    ``own`` is what the genotypes of the first are among its listed sites.
    """
    second = 1 - first
    factor = (shares[second] / population.mean(axis=1))[:, None]
    one_list, two_lists = np.zeros_like(f), np.zeros_like(f)
    for genotype, transmitted in enumerate(_one_shared_allele(f)):
        given = 0.5 * transmitted + 0.25 * population
        given[genotype] += 0.25
        mine = own[genotype] * reads[first][genotype]
        one_list += mine * (given * reads[second]).sum(axis=0)
        given *= factor
        two_lists += mine * (given * reads[second]).sum(axis=0) / given.sum(axis=0)
    return one_list, two_lists


def _one_shared_allele(f: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (3, K) genotypes of someone who shares one allele, for each genotype of the other."""
    zero, r = np.zeros_like(f), 1 - f
    return (
        np.stack([r, f, zero]),
        np.stack([r / 2, np.full_like(f, 0.5), f / 2]),
        np.stack([zero, r, f]),
    )


def listing(found: int, length: int) -> dict[str, float]:
    """Return the log likelihood of the shared part of two lists of heterozygous sites.

    Parameters
    ----------
    found
        Sites of the shorter list that are in the other one.
    length
        Sites of the shorter list.

    Returns
    -------
    dict
        If both list the heterozygous sites of one person (``same``), and if each lists those of
        its own (``siblings``, ``strangers``). All are 0 with fewer than 30 sites.
    """
    if length < _LEAST_LISTED:
        return dict.fromkeys(_LISTED, 0.0)
    scale = min(1.0, _LISTED_COUNT / length)
    inside, outside = found * scale, (length - found) * scale
    return {
        kin: float(betaln(inside + p, outside + q) - betaln(p, q))
        for kin, (p, q) in _LISTED.items()
    }


def _called(likelihood: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the genotype of each site, -1 where it is not clear."""
    posterior = likelihood * share[:, None]
    posterior /= posterior.sum(axis=0)
    return np.where(posterior.max(axis=0) >= CLEAR, posterior.argmax(axis=0), -1)


def called(sample: Genotypes) -> np.ndarray:
    """Return (K,) genotypes, number of alternative alleles; -1 where it is not clear."""
    return _called(sample.likelihood.astype(float), sample.share)


def _concordance(
    a: np.ndarray, b: np.ndarray, weight: np.ndarray
) -> tuple[int, float, float, float]:
    """Return the sites clear in both, the share that agrees, and its 90 % interval (Jeffreys)."""
    clear = (a >= 0) & (b >= 0)
    sites = int(clear.sum())
    if not sites:
        return 0, float("nan"), float("nan"), float("nan")
    agree = float((a == b)[clear].mean())
    effective = weight[clear].sum()
    parameters = effective * agree + 0.5, effective * (1 - agree) + 0.5
    low, high = beta.ppf([_TAIL, 1 - _TAIL], *parameters)
    return sites, agree, float(min(low, agree)), float(max(high, agree))


def _exchanged(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether homozygous sites disagree more often than in unrelated people."""
    homozygous = np.isin(a, (REF, ALT)) & np.isin(b, (REF, ALT))
    if homozygous.sum() < _EXCHANGED_SITES:
        return False
    return bool((a != b)[homozygous].mean() > _EXCHANGED)
