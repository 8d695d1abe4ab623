"""How much DNA of another person is in a sample: reads of the other allele at homozygous sites.

A person who is homozygous at a common SNP shows its other allele by errors only. DNA of someone
else adds half of its share where that person is heterozygous, and all of it where that person is
homozygous the other way; the three kinds of sites tell it from errors, which are alike at all.

The share is that of all reads. Where a tumour has lost copies fewer of its own reads lie beside the
foreign ones, where it has gained copies more: the depth beside the normal's says how many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln
from scipy.stats import binom, t

from her2omics.genome import CHROMOSOMES, plain_chromosomes

#: Shares of foreign DNA that are looked at first, and rates of errors (a base read as another).
SHARES = np.r_[0.0, np.geomspace(5e-4, 1.0, 60)]
ERRORS = np.geomspace(1e-4, 0.02, 12)
_FINER = 61, 9  # shares and rates looked at between the neighbours of the best ones
#: Fewer homozygous sites say nothing.
LEAST_SITES = 50
_MOST_SITES = 4000
_LEAST_DEPTH = 10
_BAD = 0.01  # sites whose reads come from elsewhere too: any share
_CONCENTRATION = 50.0  # of heterozygous sites around one half, beta
# A normal is homozygous where its rarer allele has at most this share, and where a heterozygous
# site shows so few with at most this probability.
_RARE, _BY_CHANCE = 0.1, 1e-4
_LINKED = 50_000  # base pairs; sites of one window are inherited together: n count as sqrt(n)
_DROP = 1.353  # log likelihood at the ends of a 90 % interval (chi square, one degree)
_UPPER = 0.95  # quantile of Student's t at the upper end of a 90 % interval
_NEAR = 11  # sites over which the depth beside the normal's is taken
_LEVELS = 0.1, 10.0  # relative depths beyond these are those of few reads
_COUNTS = ("ref_count", "alt_count")


@dataclass(frozen=True)
class Contamination:
    """Share of foreign DNA with its 90 % interval, and the homozygous sites that show it.

    All shares are NaN where fewer than :data:`LEAST_SITES` sites do.
    """

    share: float
    low: float
    high: float
    sites: int


def contamination(
    snps: pd.DataFrame, normal: pd.DataFrame | None, frequency: pd.DataFrame
) -> Contamination:
    """Return the foreign DNA in one sample.

    Parameters
    ----------
    snps
        chromosome, position, ref_count, alt_count of the sample at common SNPs.
    normal
        The same of the matched normal: its homozygous sites are looked at, so that alleles which
        a tumour lost do not count. None if the sample is normal tissue itself; its heterozygous
        sites are then balanced.
    frequency
        chromosome, position, frequency of the alternative allele; sites where it is missing are
        left out, for how often other people have an allele says what a read of it is worth.
    """
    place = ["chromosome", "position"]
    known = frequency[[*place, "frequency"]].dropna()
    frame = snps[[*place, *_COUNTS]].merge(known, on=place)
    if normal is not None:
        frame = frame.merge(normal[[*place, *_COUNTS]], on=place, suffixes=("", "_normal"))
    autosomal = plain_chromosomes(frame["chromosome"]).isin(CHROMOSOMES[:22])
    frame = frame[autosomal & (frame["ref_count"] + frame["alt_count"] >= _LEAST_DEPTH)]
    frame = frame.assign(level=1.0 if normal is None else _level(frame))
    if normal is not None:
        own = _homozygous(*(frame[f"{name}_normal"].to_numpy() for name in _COUNTS))
        frame = frame[own >= 0].assign(genotype=own[own >= 0])
    frame = frame.iloc[:: -(-len(frame) // _MOST_SITES) or 1]
    ref, alt = (frame[name].to_numpy(dtype=float) for name in _COUNTS)
    f = np.clip(frame["frequency"].to_numpy(dtype=float), 0.02, 0.98)
    if normal is not None:
        other = np.where(frame["genotype"] == 0, f, 1 - f)
        reads = np.where(frame["genotype"] == 0, alt, ref)
        count = len(frame)
        parts = [(np.ones(count), reads, other)]
        rest = np.zeros(count)
    else:
        heterozygous = _beta_binomial(alt, ref + alt, _CONCENTRATION / 2)
        rest = 2 * f * (1 - f) * heterozygous
        parts = [((1 - f) ** 2, alt, f), (f**2, ref, 1 - f)]
        count = int((_homozygous(ref, alt) >= 0).sum())
    if count < LEAST_SITES:
        return Contamination(np.nan, np.nan, np.nan, count)
    chromosome = pd.factorize(frame["chromosome"])[0]
    sites = _Sites(ref + alt, parts, rest, frame["level"].to_numpy(), _linkage(frame), chromosome)
    first = _fit(sites, SHARES, ERRORS).sum(axis=0)
    shares, errors = _around(SHARES, first.max(axis=0)), _around(ERRORS, first.max(axis=1))
    fits = _fit(sites, shares, errors)
    fit = fits.sum(axis=0).max(axis=0)
    share = float(shares[fit.argmax()])
    inside = shares[fit >= fit.max() - _DROP]
    half = _half_width(fits, shares)
    low, high = min(inside[0], max(share - half, 0.0)), max(inside[-1], min(share + half, 1.0))
    return Contamination(share, float(low), float(high), count)


@dataclass(frozen=True)
class _Sites:
    """N sites: total reads; the ways to be homozygous (probability, reads of the other allele, how
    frequent that is among people); the likelihood of all else; relative depth; weight; number of
    the chromosome.
    """

    depth: np.ndarray
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    rest: np.ndarray
    level: np.ndarray
    weight: np.ndarray
    chromosome: np.ndarray


def _level(frame: pd.DataFrame) -> pd.Series:
    """Return the depth at sites beside that of the normal, over neighbours; 1 is the mean's."""
    ordered = frame.sort_values(["chromosome", "position"])
    depths = pd.DataFrame(
        {
            "own": ordered["ref_count"] + ordered["alt_count"],
            "normal": ordered["ref_count_normal"] + ordered["alt_count_normal"],
        }
    )
    around = depths.groupby(ordered["chromosome"]).rolling(_NEAR, center=True, min_periods=1)
    near = around.sum().droplevel(0)
    whole = depths.sum()
    level = (near["own"] * whole["normal"]) / (near["normal"].clip(lower=1) * whole["own"])
    return level.clip(*_LEVELS).reindex(frame.index)


def _half_width(fits: np.ndarray, shares: np.ndarray) -> float:
    """Return half of the 90 % interval from how the chromosomes differ (delete-one jackknife).

    The foreign DNA has copies of its own, and sites are inherited together: neither is in the
    likelihood of a site.
    """
    count = len(fits)
    if count < 2:
        return 0.0
    without = np.array([shares[(fits.sum(axis=0) - one).max(axis=0).argmax()] for one in fits])
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    return float(t.ppf(_UPPER, count - 1) * error)


def _around(values: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Return finer values between the neighbours of those that fit within the interval."""
    within = np.flatnonzero(fit >= fit.max() - _DROP)
    low, high = max(within[0] - 1, 0), min(within[-1] + 1, len(values) - 1)
    return np.linspace(values[low], values[high], _FINER[0] if values is SHARES else _FINER[1])


def _homozygous(ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
    """Return 0 (reference) or 2 (alternative) at homozygous sites of a normal, -1 elsewhere."""
    depth, rarer = ref + alt, np.minimum(ref, alt)
    clear = (rarer <= _RARE * depth) & (2 * binom.cdf(rarer, depth, 0.5) < _BY_CHANCE)
    return np.where(clear, np.where(alt > ref, 2, 0), -1)


def _linkage(frame: pd.DataFrame) -> np.ndarray:
    window = [frame["chromosome"], frame["position"] // _LINKED]
    return 1 / np.sqrt(frame.groupby(window)["position"].transform("size").to_numpy(dtype=float))


def _fit(sites: _Sites, shares: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return (chromosomes, errors, shares) log likelihood."""
    depth = sites.depth[:, None]
    foreign = np.minimum(shares / sites.level[:, None], 1.0)
    members = np.eye(sites.chromosome.max() + 1)[sites.chromosome] * sites.weight[:, None]
    out = []
    for error in errors:
        likelihood = np.repeat(sites.rest[:, None], len(shares), axis=1)
        logs = [_logs(error + (1 - 2 * error) * foreign * alleles / 2) for alleles in range(3)]
        for probability, reads, frequency in sites.parts:
            k = reads[:, None]
            choose = gammaln(depth + 1) - gammaln(k + 1) - gammaln(depth - k + 1)
            people = ((1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2)
            for (seen, unseen), chance in zip(logs, people, strict=True):
                log = k * seen + (depth - k) * unseen
                likelihood += (probability * chance)[:, None] * np.exp(log + choose)
        site = (1 - _BAD) * likelihood + _BAD / (depth + 1)
        out.append(members.T @ np.log(site))
    return np.stack(out, axis=1)


def _logs(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.log(seen), np.log1p(-seen)


def _beta_binomial(k: np.ndarray, n: np.ndarray, a: float) -> np.ndarray:
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.exp(choose + betaln(k + a, n - k + a) - betaln(a, a))
