"""Purity and ploidy of one tumour sample from its segments and germline SNPs.

The genome is explained on a grid of purity and ploidy: each segment sums over total and minor
copies and over subclonal mixtures with the normal state. All solutions are kept with their weight;
a flat genome leaves the purity open instead of picking a solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from her2omics.copy_number import alleles
from her2omics.copy_number.profile import SEX, Profile, SegmentSnps
from her2omics.copy_number.states import (
    ALTERED,
    States,
    histories,
    log_given_ploidy,
    log_ploidy,
    states,
)

# Purity is spaced evenly in its root: steps of .006 at .05 and of .02 at .5.
PURITY = np.linspace(0.1, 1.0, 64) ** 2
PLOIDY = np.arange(1.5, 6.55, 0.1)

# The stated error of a segment is often too small; it is multiplied by one of these, fitted.
_NOISE = ((1.0, 0.4), (1.5, 0.3), (2.2, 0.2), (3.3, 0.1))
# Segments of one genome share biases and the states are a simplification, so that they count as
# fewer independent ones: by this exponent, and by no more of them than a genome has arms, since a
# profile cut finer holds waves rather than events. From coverage on simulated pairs that break the
# model.
_TEMPER, _INDEPENDENT = 0.6, 41
_TOLD = 0.8  # probability from which copies of the rarer haplotype are taken as known; assumption
_PRIOR_FAILS, _FAILED_FACTOR = 0.2, 3.0  # a fifth of other fits is wrong: three times their SD
_DEFAULT_SD, _PLOIDY_SD = 0.06, 0.25  # of a fit that states none
_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class PurityPosterior:
    """Joint posterior of purity and ploidy of one sample.

    Attributes
    ----------
    purity, ploidy
        (P,), (Q,) grids.
    weight
        (P, Q) probability of each cell, sum 1.
    source
        ``dna``, ``snv``, ``sheet``, ``pathologist``, the name of a tool, or ``none``.
    modes
        purity, purity_low, purity_high (90 %), ploidy, weight; leading mode first.
    """

    purity: np.ndarray
    ploidy: np.ndarray
    weight: np.ndarray
    source: str
    modes: pd.DataFrame

    def draws(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` draws of purity and ploidy, spread over the cells of the grid."""
        cell = rng.choice(self.weight.size, size=n, p=self.weight.ravel())
        row, column = np.divmod(cell, len(self.ploidy))
        return spread(self.purity, row, rng), spread(self.ploidy, column, rng)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Central interval of the purity over all modes."""
        tail = (1 - level) / 2
        low, high = _quantiles(self.purity, self.weight.sum(axis=1), (tail, 1 - tail))
        return float(low), float(high)


def bounds(grid: np.ndarray) -> np.ndarray:
    """Edges of the cells of a grid, half-way between its points."""
    middle = (grid[1:] + grid[:-1]) / 2
    return np.r_[grid[0], middle, grid[-1]] if len(grid) > 1 else np.r_[grid, grid]


def spread(grid: np.ndarray, index: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return draws spread evenly over the chosen cells of a grid."""
    edge = bounds(grid)
    return edge[index] + rng.random(len(index)) * (edge[index + 1] - edge[index])


def _quantiles(grid: np.ndarray, weight: np.ndarray, levels) -> np.ndarray:
    total = np.r_[0.0, np.cumsum(weight)]
    return np.interp(levels, total / total[-1], bounds(grid))


def posterior(
    purity: np.ndarray, ploidy: np.ndarray, weight: np.ndarray, source: str
) -> PurityPosterior:
    """Posterior from weights of any scale, its modes found on the grid."""
    weight = weight / weight.sum()
    return PurityPosterior(purity, ploidy, weight, source, modes_of(purity, ploidy, weight))


def basins(weight: np.ndarray) -> np.ndarray:
    """Label (P, Q) of the local maximum that each cell climbs to; -1 for none."""
    rows, columns = weight.shape
    padded = np.pad(weight, 2, constant_values=-1.0)
    shifts = [(i, j) for i in range(-2, 3) for j in range(-2, 3)]
    near = np.stack([padded[2 + i : 2 + i + rows, 2 + j : 2 + j + columns] for i, j in shifts])
    centre = shifts.index((0, 0))
    near[centre] += 1e-12 * weight.max()  # a plateau is its own summit
    best = np.argmax(near, axis=0)
    r, c = np.indices(weight.shape)
    step = np.array(shifts)
    to = (r + step[best, 0]) * columns + (c + step[best, 1])
    to = to.ravel()
    for _ in range(12):
        to = to[to]
    return to.reshape(weight.shape)


def modes_of(purity: np.ndarray, ploidy: np.ndarray, weight: np.ndarray) -> pd.DataFrame:
    """Modes of a posterior: cells grouped by summit; those below 2 % join the leading mode."""
    label = basins(weight)
    names, index = np.unique(label, return_inverse=True)
    index = index.reshape(weight.shape)
    share = np.bincount(index.ravel(), weights=weight.ravel())
    share_order = np.argsort(-share, kind="stable")
    leading = share_order[0]
    keep = share >= 0.02
    keep[leading] = True
    index = np.where(keep[index], index, leading)
    rows = []
    for k in [k for k in share_order if keep[k]]:
        part = np.where(index == k, weight, 0)
        low, middle, high = _quantiles(purity, part.sum(axis=1), (0.05, 0.5, 0.95))
        rows.append((middle, low, high, (part.sum(axis=0) @ ploidy) / part.sum(), part.sum()))
    frame = pd.DataFrame(rows, columns=["purity", "purity_low", "purity_high", "ploidy", "weight"])
    del names
    return frame.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Data:
    """What the fit reads of one sample: (K,) linear ratio's log2 and its error, allele curves."""

    log2: np.ndarray
    se: np.ndarray
    curves: alleles.AlleleCurves | None


def autosomal(profile: Profile) -> np.ndarray:
    """Segments that enter the fit (K,): autosomes without 17q, where the amplicon lies."""
    segments = profile.segments
    sex = segments["chromosome"].astype(str).isin(SEX)
    return (~sex & segments["arm"].ne("17q")).to_numpy()


def data_of(
    profile: Profile,
    sample: int,
    snps: SegmentSnps | None,
    *,
    phase: np.ndarray | None = None,
    noise: alleles.AlleleNoise | None = None,
) -> Data:
    """Log2 ratios re-centred so that the genome's mean linear ratio is 1, and allele curves."""
    use = autosomal(profile)
    log2 = profile.log2[sample] - profile.centre(sample)
    bins = profile.segments["bins"].to_numpy(float)
    seen = np.isfinite(log2) & np.isfinite(profile.se[sample]) & (bins > 0)
    usable = use & seen
    found = alleles.curves(snps, sample, len(use), phase=phase, noise=noise)
    if found is not None:
        found = alleles.AlleleCurves(np.where(use[:, None], found.curve, 0.0), found.noise)
    return Data(np.where(usable, log2, np.nan), profile.se[sample], found)


@dataclass(frozen=True)
class Likelihood:
    """Likelihood of each segment in each state at one purity.

    Attributes
    ----------
    ratio
        (K, Q, L) of the log2 ratios at each of L levels of total copies; 1 without a ratio.
    level
        (J,) level of each state.
    allele
        (K, J) of the allele curves, relative to the best state; 1 without SNPs.
    scale
        (K,) log of what the best state was divided by.
    """

    ratio: np.ndarray
    level: np.ndarray
    allele: np.ndarray
    scale: np.ndarray

    def states(self) -> np.ndarray:
        """Likelihood (K, Q, J) of both together, relative to ``scale``."""
        return self.ratio[:, :, self.level] * self.allele[:, None, :]

    def marginal(self, priors: np.ndarray) -> np.ndarray:
        """Likelihood (K, Q, H) under H priors (H, J) of the state, relative to ``scale``."""
        weight = np.empty((len(self.ratio), self.ratio.shape[2], len(priors)))
        for level in range(weight.shape[1]):
            here = self.level == level
            weight[:, level] = self.allele[:, here] @ priors[:, here].T
        return self.ratio @ weight


def ratio_likelihood(
    data: Data, total: np.ndarray, purity: float, ploidy: np.ndarray, *, factor: float = 1.0
) -> np.ndarray:
    """Likelihood (K, Q, L) of the log2 ratios at one purity, up to a constant; 1 without a ratio.

    ``log2[(p c + 2 (1 - p)) / (p psi + 2 (1 - p))]`` with noise of Student's t (5 degrees of
    freedom: outliers cost more the further out, a flat term would prefer low purity); the width of
    a cell of the ploidy grid is part of the error, whose stated size is multiplied by ``factor``.
    """
    mean = purity * ploidy + 2 * (1 - purity)
    expected = np.log2(np.maximum(purity * total + 2 * (1 - purity), 0.02)) - np.log2(mean)[:, None]
    blur = purity / (mean * np.log(2)) * (ploidy[1] - ploidy[0]) / np.sqrt(12)
    known = np.isfinite(data.log2)
    var = np.where(known, factor * data.se, 1.0)[:, None] ** 2 + blur**2
    away = np.where(known, data.log2, 0.0)[:, None, None] - expected
    near = 1 / (1 + away**2 / (5 * var[:, :, None]))
    return np.where(known[:, None, None], near * near * near / np.sqrt(var)[:, :, None], 1.0)


def share_of(total: np.ndarray, minor: np.ndarray, purity: float) -> np.ndarray:
    """Share (J,) of the major haplotype in the DNA of a segment."""
    return (purity * (total - minor) + 1 - purity) / np.maximum(
        purity * total + 2 * (1 - purity), 0.02
    )


def likelihoods(
    data: Data,
    kind: States,
    purity: float,
    ploidy: np.ndarray,
    *,
    factors: Sequence[float] = (1.0,),
) -> list[Likelihood]:
    """Likelihood of all data of each segment in each state, for each factor of the ratios' error.

    The t density needs no exponential and the alleles do not depend on ploidy or factor: so the
    grid costs products only.
    """
    levels, index = np.unique(kind.total.round(6), return_inverse=True)
    allele, scale = np.ones((len(data.log2), len(index))), np.zeros(len(data.log2))
    if data.curves is not None:
        logs = data.curves.at(share_of(kind.total, kind.minor, purity))
        scale = logs.max(axis=1)
        allele = np.exp(logs - scale[:, None])
    return [
        Likelihood(
            ratio_likelihood(data, levels, purity, ploidy, factor=factor), index, allele, scale
        )
        for factor in factors
    ]


def log_prior_grid(prior: pd.DataFrame | None, purity=PURITY, ploidy=PLOIDY) -> np.ndarray:
    """Log prior (P, Q): flat in purity, two humps of ploidy, times the modes of other tools.

    Parameters
    ----------
    prior
        purity, purity_sd, ploidy, weight, tool. Modes of one tool are alternatives; tools multiply.
        A fifth of each mode's weight has three times its SD, since fits fail.
    """
    logs = np.log(np.diff(bounds(purity)))[:, None] + log_ploidy(ploidy)
    if prior is None or prior.empty:
        return logs
    for _, modes in prior.groupby("tool", sort=True, dropna=False):
        density = np.zeros((len(purity), len(ploidy)))
        for mode in modes.itertuples():
            if not np.isfinite(mode.purity):
                continue
            sd = mode.purity_sd if np.isfinite(mode.purity_sd) else _DEFAULT_SD
            weight = mode.weight if np.isfinite(mode.weight) else 1.0
            for share, factor in ((1 - _PRIOR_FAILS, 1.0), (_PRIOR_FAILS, _FAILED_FACTOR)):
                part = _normal(purity, mode.purity, sd * factor)[:, None]
                if np.isfinite(mode.ploidy):
                    part = part * _normal(ploidy, mode.ploidy, _PLOIDY_SD * factor)
                density = density + weight * share * part
        if density.any():
            logs = logs + np.log(density + 1e-12 * density.max())
    return logs


def _normal(x, mean, sd):
    return np.exp(-0.5 * ((x - mean) / sd) ** 2) / sd


def temper(segments: int) -> float:
    """Exponent of the likelihood of so many segments."""
    return _TEMPER * min(1.0, _INDEPENDENT / max(segments, 1))


def single_loglik(data: Data, purity=PURITY, ploidy=PLOIDY) -> tuple[np.ndarray, float]:
    """Log-likelihood (P, Q) of one sample's segments, and the fitted factor of their error.

    States, histories, the share of altered segments and the factor are integrated out.
    """
    kind = states()
    unaltered, altered = (np.array(part) for part in zip(*_priors(), strict=True))
    data = subset(data, informative(data))
    exponent = temper(len(data.log2))
    factors, weights = zip(*_NOISE, strict=True)
    out = np.empty((len(_NOISE), len(purity), len(ploidy)))
    log_altered = log_given_ploidy(ploidy)
    for row, value in enumerate(purity):
        each = likelihoods(data, kind, value, ploidy, factors=factors)
        for k, (found, weight) in enumerate(zip(each, weights, strict=True)):
            both = found.marginal(np.concatenate([unaltered, altered]))
            flat, other = np.split(both, 2, axis=2)
            parts = [_log_product((1 - share) * flat + share * other) for share in ALTERED]
            logs = exponent * (np.array(parts) + found.scale.sum())  # A, Q, H
            logs = np.moveaxis(logs, 2, 0) + log_altered
            out[k, row] = logsumexp(logs, axis=(0, 1)) + np.log(weight)
    chosen = float(factors[int(np.argmax(logsumexp(out, axis=(1, 2))))])
    return logsumexp(out, axis=0), chosen


def _log_product(values: np.ndarray) -> np.ndarray:
    """Log of the product over the first axis; few logarithms, none of zero."""
    groups = np.multiply.reduceat(values + 1e-70, np.arange(0, len(values), 4), axis=0)
    return np.log(groups).sum(axis=0)


def _priors() -> list[tuple[np.ndarray, np.ndarray]]:
    return [(one.unaltered, one.altered) for one in histories()]


def state_weights(data: Data, kind: States, purity: float, ploidy: float) -> np.ndarray:
    """Probability (K, J) of each segment's state at one purity and ploidy."""
    grid = np.array([ploidy, ploidy + PLOIDY[1] - PLOIDY[0]])
    lik = likelihoods(data, kind, purity, grid)[0].states()[:, 0]
    log_altered = log_given_ploidy(grid)[:, :, 0]
    chance, found = [], []
    for (unaltered, altered), logs in zip(_priors(), log_altered, strict=True):
        for share, weight in zip(ALTERED, logs, strict=True):
            part = lik * ((1 - share) * unaltered + share * altered)
            total = part.sum(axis=1, keepdims=True)
            chance.append(temper(len(lik)) * np.log(total + 1e-300).sum() + weight)
            found.append(part / (total + 1e-300))
    return np.tensordot(np.exp(np.array(chance) - logsumexp(chance)), np.array(found), axes=1)


def minor_copies(data: Data, purity: float, ploidy: float) -> np.ndarray:
    """Copies (K,) of the rarer haplotype in all cancer cells, where the data tell them.

    NaN without SNPs, and where no number has a probability of :data:`_TOLD` or more: the segment
    may be subclonal, or the sample too impure.
    """
    out = np.full(len(data.log2), np.nan)
    if data.curves is None:
        return out
    kind = states()
    rows = np.flatnonzero(np.isfinite(data.log2) & data.curves.curve.any(axis=1))
    weight = state_weights(subset(data, rows), kind, purity, ploidy) * kind.clonal
    numbers = np.unique(kind.minor[kind.clonal])
    chance = np.array([weight[:, kind.minor == number].sum(axis=1) for number in numbers])
    best = chance.argmax(axis=0)
    told = chance.max(axis=0, initial=0.0) >= _TOLD
    out[rows[told]] = numbers[best[told]]
    return out


def informative(data: Data) -> np.ndarray:
    """Segments with a ratio or SNPs (K,)."""
    known = np.isfinite(data.log2)
    return known if data.curves is None else known | data.curves.curve.any(axis=1)


def subset(data: Data, keep: np.ndarray) -> Data:
    """The data of some segments."""
    found = data.curves
    if found is not None:
        found = alleles.AlleleCurves(found.curve[keep], found.noise)
    return Data(data.log2[keep], data.se[keep], found)


def fit_sample(
    profile: Profile,
    sample_index: int,
    snps: SegmentSnps | None,
    *,
    prior: pd.DataFrame | None = None,
) -> PurityPosterior:
    """Purity and ploidy of one sample of a profile.

    Parameters
    ----------
    profile, sample_index
        The shared profile and the row of the sample in it.
    snps
        Heterozygous germline SNPs of the same samples; None without.
    prior
        Modes of other tools or the sheet: purity, purity_sd, ploidy, weight, tool.
    """
    logs = single_loglik(data_of(profile, sample_index, snps))[0] + log_prior_grid(prior)
    return posterior(PURITY, PLOIDY, np.exp(logs - logs.max()), "dna")
