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
from her2omics.copy_number.profile import Profile, SegmentSnps

# Purity is spaced evenly in its root: steps of .006 at .05 and of .02 at .5.
PURITY = np.linspace(0.1, 1.0, 64) ** 2
PLOIDY = np.arange(1.5, 6.55, 0.1)

# States: total copies up to 8; subclonal mixtures x (c, m) + (1 - x) (2, 1).
_MAX_COPIES = 8
_SUBCLONES = ((0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (4, 2))[1:]
_SHARES = (0.25, 0.5, 0.75)
_FINE_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_P_SUBCLONAL = 0.15  # share of segments; assumption
_P_LOST = 0.01  # a whole segment without a copy is rare; assumption
_COPY_SCALE = 1.0  # states fall off by e for each copy away from the ploidy; assumption
# Share of altered segments, with its prior: a quiet genome must not be explained by a purity so low
# that all states look alike (summing over states alone prefers that), so it is integrated out.
_ALTERED = ((0.003, 0.05), (0.03, 0.15), (0.15, 0.25), (0.4, 0.3), (0.8, 0.25))
# Without alterations the ploidy is 2: it is no free number that only a low purity leaves open.
# The width (a cell of the grid) and the share below which a genome is quiet are assumptions.
_QUIET, _QUIET_SD = 0.03, 0.08
_USUAL_ALTERED = 0.4  # of segments that changed between samples
# The stated error of a segment is often too small; it is multiplied by one of these, fitted.
_NOISE = ((1.0, 0.5), (1.4, 0.3), (2.0, 0.2))
# Segments of one genome share biases and the states are a simplification, so that they count as
# fewer independent ones; from coverage on simulated pairs that break the model.
TEMPER = 0.6
# Ploidy of breast cancers: near-diploid, or doubled (two humps in every pan-cancer series).
_PLOIDY_HUMPS = ((0.65, 2.1, 0.35), (0.35, 3.5, 0.8))
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
class States:
    """Allele-specific states of a segment.

    ``total`` and ``minor`` are (J,) mean copies in cancer cells; ``clonal`` marks those that all
    cancer cells have.
    """

    total: np.ndarray
    minor: np.ndarray
    clonal: np.ndarray

    def doubled(self) -> States:
        """The states after a doubling of the whole genome."""
        return States(2 * self.total, 2 * self.minor, self.clonal)

    def prior(self, ploidy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior (Q, J) of an unaltered and of an altered segment's state at each ploidy."""
        copies = np.round(self.total)
        logs = -np.abs(self.total - ploidy[:, None]) / _COPY_SCALE
        logs = logs - np.log(np.where(self.clonal, copies // 2 + 1, 1))
        logs = logs + np.where(self.total < 0.1, np.log(_P_LOST), 0.0)
        for kind, share in ((self.clonal, 1 - _P_SUBCLONAL), (~self.clonal, _P_SUBCLONAL)):
            logs[:, kind] += np.log(share) - logsumexp(logs[:, kind], axis=1, keepdims=True)
        base = np.zeros_like(logs)
        doubled = np.clip((ploidy - 2.6) / 0.8, 0.02, 0.98)  # a genome of 3 may be either
        for copies, share in ((2, 1 - doubled), (4, doubled)):
            state = self.clonal & (self.total == copies) & (self.minor == copies / 2)
            base[:, state] = share[:, None]
        return base, np.exp(logs)

    def usual_prior(self, ploidy: np.ndarray) -> np.ndarray:
        """Prior (Q, J) of a segment of which nothing else is known."""
        base, altered = self.prior(ploidy)
        return (1 - _USUAL_ALTERED) * base + _USUAL_ALTERED * altered


def states() -> States:
    """Return all states of the fit: clonal ones first."""
    clonal = [(c, m, 1.0) for c in range(_MAX_COPIES + 1) for m in range(c // 2 + 1)]
    mixed = [(c, m, x) for c, m in _SUBCLONES for x in _SHARES]
    c, m, x = np.array(clonal + mixed).T
    return States(x * c + (1 - x) * 2, x * m + (1 - x), x == 1)


def mixtures() -> States:
    """Return subclonal states with finely spaced shares: the same subclone in another sample."""
    mixed = [(c, m, x) for c, m in _SUBCLONES for x in _FINE_SHARES]
    c, m, x = np.array(mixed).T
    return States(x * c + (1 - x) * 2, x * m + (1 - x), np.zeros(len(x), dtype=bool))


@dataclass(frozen=True)
class Data:
    """What the fit reads of one sample: (K,) linear ratio's log2 and its error, allele curves."""

    log2: np.ndarray
    se: np.ndarray
    curves: alleles.AlleleCurves | None


def autosomal(profile: Profile) -> np.ndarray:
    """Segments that enter the fit (K,): autosomes without 17q, where the amplicon lies."""
    segments = profile.segments
    sex = segments["chromosome"].astype(str).isin(["X", "Y", "MT", "M"])
    return (~sex & segments["arm"].ne("17q")).to_numpy()


def data_of(
    profile: Profile,
    sample: int,
    snps: SegmentSnps | None,
    *,
    phase: np.ndarray | None = None,
    noise: alleles.AlleleNoise | None = None,
) -> Data:
    """Log2 ratios re-centred so that the mean linear ratio over bins is 1, and allele curves."""
    use = autosomal(profile)
    log2 = profile.log2[sample]
    bins = profile.segments["bins"].to_numpy(float)
    seen = np.isfinite(log2) & np.isfinite(profile.se[sample]) & (bins > 0)
    if seen.any():
        # 17q counts by its arm only: the amplicon itself must not move the mean by its height.
        ratio = np.minimum(2.0 ** log2[seen], 2.0**2)
        log2 = log2 - np.log2(np.average(ratio, weights=bins[seen]))
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

    def level_weights(self, prior: np.ndarray) -> np.ndarray:
        """Weight (K, Q, L) of each level of total copies: prior (Q, J) x alleles, summed."""
        out = np.empty(self.ratio.shape)
        for level in range(out.shape[2]):
            here = self.level == level
            out[:, :, level] = self.allele[:, here] @ prior[:, here].T
        return out


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
    logs = np.log(np.diff(bounds(purity)))[:, None] + _humps(ploidy)
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


def _humps(ploidy: np.ndarray) -> np.ndarray:
    return np.log(sum(w * _normal(ploidy, mean, sd) for w, mean, sd in _PLOIDY_HUMPS))


def _quiet_ploidy(ploidy: np.ndarray) -> np.ndarray:
    """Log prior (Q,) of the ploidy of a genome without alterations over that of all genomes."""
    near = -0.5 * ((ploidy - 2) / _QUIET_SD) ** 2
    humps = _humps(ploidy)
    # The likelihood is tempered afterwards, this prior is not.
    return (near - logsumexp(near) - humps + logsumexp(humps)) / TEMPER


def single_loglik(data: Data, purity=PURITY, ploidy=PLOIDY) -> tuple[np.ndarray, float]:
    """Log-likelihood (P, Q) of one sample's segments, and the fitted factor of their error.

    States, the share of altered segments and the factor are integrated out.
    """
    kind = states()
    base, altered = kind.prior(ploidy)
    data = subset(data, informative(data))
    factors, weights = zip(*_NOISE, strict=True)
    out = np.empty((len(_NOISE), len(purity), len(ploidy)))
    quiet = _quiet_ploidy(ploidy)
    for row, value in enumerate(purity):
        each = likelihoods(data, kind, value, ploidy, factors=factors)
        of_base, of_altered = (each[0].level_weights(prior) for prior in (base, altered))
        for k, (found, weight) in enumerate(zip(each, weights, strict=True)):
            flat = np.einsum("kql,kql->kq", found.ratio, of_base)
            other = np.einsum("kql,kql->kq", found.ratio, of_altered)
            parts = [
                np.log((1 - share) * flat + share * other + 1e-300).sum(axis=0)
                + np.log(chance)
                + quiet * (share <= _QUIET)
                for share, chance in _ALTERED
            ]
            out[k, row] = logsumexp(parts, axis=0) + found.scale.sum() + np.log(weight)
    chosen = float(factors[int(np.argmax(logsumexp(out, axis=(1, 2))))])
    return TEMPER * logsumexp(out, axis=0), chosen


def state_weights(data: Data, kind: States, purity: float, ploidy: float) -> np.ndarray:
    """Probability (K, J) of each segment's state at one purity and ploidy."""
    grid = np.array([ploidy, ploidy + PLOIDY[1] - PLOIDY[0]])
    lik = likelihoods(data, kind, purity, grid)[0].states()[:, 0]
    base, altered = (part[0] for part in kind.prior(grid))
    chance, found = [], []
    for share, weight in _ALTERED:
        part = lik * ((1 - share) * base + share * altered)
        total = part.sum(axis=1, keepdims=True)
        chance.append(np.log(total).sum() + np.log(weight))
        found.append(part / total)
    return np.tensordot(np.exp(np.array(chance) - logsumexp(chance)), np.array(found), axes=1)


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
