"""Neutral, gained or amplified: a mixture over the log doses of the cells of one patient.

Doses of the cells of one state are gamma-distributed, the usual law of expression over cells of one
kind: mean ``e^delta`` and coefficient of variation s0 where neutral, ``2 e^delta`` and .25 with a
gain, ``D e^delta`` and s1 where amplified, with ``D >= 3`` of each clone and sample, and weights of
each clone and sample. Log-normal doses would lack the tail of low ones, which then pass for cells
without the amplification. ``delta``, the tumour's own diploid level over the panel, and both
spreads are common to all samples, D is not: with a common D a cut of the copies in all cells looks
like a selection.

Every mode that several starts lead to is kept with its evidence, then sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from her2omics.single_cell.likelihood import GRID

#: Dirichlet prior of the weights of neutral, gain, amplified in a sample; its clones share it.
WEIGHT_PRIOR = np.array([0.6, 0.2, 0.6])
GAIN, GAIN_SD = np.log(2.0), 0.25
#: Prior of log D, and the least D.
DOSE_MEAN, DOSE_SD, LEAST = np.log(12.0), 0.9, np.log(3.0)
#: Prior (centre, SD) of the log spreads of neutral and amplified doses [assume].
SPREAD_PRIOR = np.log([0.15, 0.3]), np.array([0.4, 0.4])
_SPREAD_RANGE = np.log([0.07, 0.9])
_STEP = GRID[1] - GRID[0]


@dataclass(frozen=True)
class Data:
    """Likelihoods of the cells by dose.

    Attributes
    ----------
    likelihood
        (cells, 64), the highest of a cell 1.
    weight
        (cells,) 0-1.
    bounds
        (groups + 1,) where each group starts: cells are sorted by group.
    shift_log_prior
        (64,) log prior density of delta on GRID.
    weight_prior
        (groups, 3) Dirichlet prior of the weights: :func:`weight_prior`.
    """

    likelihood: np.ndarray
    weight: np.ndarray
    bounds: np.ndarray
    shift_log_prior: np.ndarray
    weight_prior: np.ndarray

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.bounds) - 1

    def parts(self) -> list[slice]:
        """Return the rows of each group."""
        return [slice(a, b) for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True)]


def weight_prior(sample: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return (groups, 3) Dirichlet prior: a sample's is shared by its clones after their cells.

    Parameters
    ----------
    sample
        (groups,) codes of the samples.
    cells
        (groups,) numbers of cells, none of them 0.
    """
    whole = np.bincount(sample, weights=cells)[sample]
    return (cells / whole)[:, None] * WEIGHT_PRIOR


@dataclass(frozen=True)
class Parameters:
    """One point: shift, (2,) log spreads, (groups,) log doses, (groups, 3) weights."""

    shift: float
    spreads: np.ndarray
    doses: np.ndarray
    weights: np.ndarray


def kernels(shift: float, spreads: np.ndarray, doses: np.ndarray) -> np.ndarray:
    """Return (64, 2 + groups) mass of neutral, gain and each group's amplified doses on GRID."""
    centre = shift + np.r_[0.0, GAIN, doses]
    sd = np.r_[np.exp(spreads[0]), GAIN_SD, np.full(len(doses), np.exp(spreads[1]))]
    apart = GRID[:, None] - centre
    mass = np.exp((apart - np.expm1(apart)) / sd**2)  # gamma of shape 1 / sd^2, in logs
    return (mass / np.maximum(mass.sum(axis=0), 1e-300)).astype(np.float32)


def densities(data: Data, at: Parameters) -> np.ndarray:
    """Return (cells, 3) likelihood of each cell under each state."""
    mass = kernels(at.shift, at.spreads, at.doses)
    out = np.empty((len(data.weight), 3), dtype=np.float32)
    for group, rows in enumerate(data.parts()):
        out[rows] = data.likelihood[rows] @ mass[:, [0, 1, 2 + group]]
    return out


def log_prior(data: Data, shift: float, spreads: np.ndarray, doses: np.ndarray) -> float:
    """Return the log prior density of all but the weights."""
    if (doses < LEAST).any() or (spreads < _SPREAD_RANGE[0]).any():
        return -np.inf
    if (spreads > _SPREAD_RANGE[1]).any() or not GRID[0] < shift < GRID[-1]:
        return -np.inf
    centre, sd = SPREAD_PRIOR
    out = float(np.interp(shift, GRID, data.shift_log_prior))
    out -= 0.5 * float(np.sum(((spreads - centre) / sd) ** 2))
    return out - 0.5 * float(np.sum(((doses - DOSE_MEAN) / DOSE_SD) ** 2))


def responsibilities(data: Data, at: Parameters, density: np.ndarray) -> np.ndarray:
    """Return (cells, 3) probabilities of the states."""
    sizes = np.diff(data.bounds)
    joint = density * np.repeat(at.weights, sizes, axis=0)
    return joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-30)


def counts(data: Data, probability: np.ndarray) -> np.ndarray:
    """Return (groups, 3) expected numbers of cells."""
    return np.array([data.weight[rows] @ probability[rows] for rows in data.parts()])


def _ascend(data: Data, at: Parameters, iterations: int) -> Parameters:
    """Return the parameters after some steps of EM."""
    parts = data.parts()
    for _ in range(iterations):
        density = densities(data, at)
        probability = responsibilities(data, at, density)
        number = counts(data, probability)
        mass = kernels(at.shift, at.spreads, at.doses)
        ratio = (data.weight[:, None] * probability / np.maximum(density, 1e-30)).astype(np.float32)
        # (groups, 64) expected numbers of cells of each state by dose
        on_grid = [
            np.array([data.likelihood[rows].T @ ratio[rows, k] for rows in parts]) for k in range(3)
        ]
        neutral = on_grid[0].sum(axis=0) * mass[:, 0]
        gain = on_grid[1].sum(axis=0) * mass[:, 1]
        amplified = on_grid[2] * mass[:, 2:].T
        at = _maximise(data, at, number, neutral, gain, amplified)
    return at


def _maximise(
    data: Data,
    at: Parameters,
    number: np.ndarray,
    neutral: np.ndarray,
    gain: np.ndarray,
    amplified: np.ndarray,
) -> Parameters:
    """Return the next parameters from the expected numbers of cells by dose."""
    each = amplified.sum(axis=1)
    place = _log_mean_dose(amplified)
    neutral_place, gain_place = _log_mean_dose(np.array([neutral, gain])) - [0.0, GAIN]
    shift, doses = at.shift, at.doses
    narrow, wide = np.exp(-2 * at.spreads)
    slope, bend = _prior_slope(data, shift)
    for _ in range(4):
        pull = neutral.sum() * narrow, gain.sum() / GAIN_SD**2, each * wide
        total = pull[0] + pull[1] + pull[2].sum() + bend
        aim = pull[0] * neutral_place + pull[1] * gain_place
        aim += wide * float(each @ (place - doses)) + bend * shift + slope
        shift = float(np.clip(aim / total, GRID[0] + _STEP, GRID[-1] - _STEP))
        doses = (wide * each * (place - shift) + DOSE_MEAN / DOSE_SD**2) / (
            wide * each + 1 / DOSE_SD**2
        )
        doses = np.maximum(doses, LEAST)
    square = np.array(
        [_gamma_square(neutral, shift), _gamma_square(amplified, shift + doses[:, None])]
    )
    centre, sd = SPREAD_PRIOR
    size = np.array([neutral.sum(), each.sum()])
    # One Newton step of -n s - q exp(-2 s) / 2 - (s - c)^2 / 2 sd^2 in s = log spread.
    spreads = at.spreads
    for _ in range(3):
        q = square * np.exp(-2 * spreads)
        gradient = -size + q - (spreads - centre) / sd**2
        spreads = spreads + np.clip(gradient / (2 * q + 1 / sd**2), -0.3, 0.3)
    spreads = np.clip(spreads, *_SPREAD_RANGE)
    total = number.sum(axis=1, keepdims=True)
    weights = (number + data.weight_prior) / (total + data.weight_prior.sum(axis=1, keepdims=True))
    return Parameters(shift, spreads, doses, weights)


def _log_mean_dose(amount: np.ndarray) -> np.ndarray:
    """Return the log of the mean dose of each row: where a gamma distribution lies."""
    mean = (amount @ np.exp(GRID)) / np.maximum(amount.sum(axis=1), 1e-12)
    return np.clip(np.log(np.maximum(mean, 1e-12)), GRID[0], GRID[-1])


def _gamma_square(amount: np.ndarray, centre: float | np.ndarray) -> float:
    """Return the deviance of doses around gamma means; the sum of squares where they are near."""
    apart = GRID - centre
    return float(2 * np.sum(amount * (np.expm1(apart) - apart)))


def _prior_slope(data: Data, shift: float) -> tuple[float, float]:
    """Return slope and curvature (not negative) of the log prior of the shift."""
    low, middle, high = np.interp(shift + np.array([-1, 0, 1]) * _STEP, GRID, data.shift_log_prior)
    return (high - low) / (2 * _STEP), max(0.0, (2 * middle - low - high) / _STEP**2)


def evidence(data: Data, at: Parameters) -> float:
    """Return a lower bound of the log evidence of all but the weights, which are integrated out."""
    density = densities(data, at)
    probability = responsibilities(data, at, density)
    fit = special.xlogy(probability, np.maximum(density, 1e-30)) - special.xlogy(
        probability, probability
    )
    number = counts(data, probability)
    weights = (
        special.gammaln(data.weight_prior + number).sum()
        - special.gammaln((data.weight_prior + number).sum(axis=1)).sum()
    )
    prior = log_prior(data, at.shift, at.spreads, at.doses)
    return float(data.weight @ fit.sum(axis=1)) + float(weights) + prior


def modes(data: Data, *, keep: int) -> list[tuple[Parameters, float]]:
    """Return the distinct modes that 12 starts lead to with their evidence, best first."""
    middle = float(GRID[np.argmax(data.shift_log_prior)])
    found: list[tuple[Parameters, float]] = []
    for start in _starts(data, middle):
        at = _ascend(data, start, 25)
        found.append((at, evidence(data, at)))
    found.sort(key=lambda pair: -pair[1])
    distinct: list[tuple[Parameters, float]] = []
    for at, value in found:
        if value < found[0][1] - 15:
            break
        share = at.weights[:, 2]
        if all(_differ(share, other.weights[:, 2], at, other) for other, _ in distinct):
            at = _ascend(data, at, 40)
            distinct.append((at, evidence(data, at)))
        if len(distinct) == keep:
            break
    return sorted(distinct, key=lambda pair: -pair[1])


def _differ(a: np.ndarray, b: np.ndarray, one: Parameters, other: Parameters) -> bool:
    return bool(np.abs(a - b).max() > 0.15 or abs(one.shift - other.shift) > 0.3)


def _starts(data: Data, middle: float) -> list[Parameters]:
    """Return 12 starts: the diploid level at several doses of the data, D small or large."""
    posterior = data.likelihood / data.likelihood.sum(axis=1, keepdims=True)
    dose = posterior @ GRID
    order = np.quantile(dose, [0.02, 0.15, 0.5])
    shifts = [middle, *order]
    weights = np.tile(np.array([0.45, 0.1, 0.45]), (data.groups, 1))
    return [
        Parameters(
            float(np.clip(shift, GRID[3], GRID[-4])),
            SPREAD_PRIOR[0].copy(),
            np.full(data.groups, np.log(fold)),
            weights,
        )
        for shift in shifts
        for fold in (4.0, 9.0, 25.0)
    ]


@dataclass(frozen=True)
class Draws:
    """Posterior draws.

    Attributes
    ----------
    shift, spreads, doses, weights
        (draws,), (draws, 2), (draws, groups), (draws, groups, 3): as in :class:`Parameters`.
    """

    shift: np.ndarray
    spreads: np.ndarray
    doses: np.ndarray
    weights: np.ndarray

    def at(self, k: int) -> Parameters:
        """Return draw k."""
        return Parameters(float(self.shift[k]), self.spreads[k], self.doses[k], self.weights[k])


def sample(
    data: Data, start: Parameters, *, draws: int, thin: int, rng: np.random.Generator
) -> Draws:
    """Return posterior draws around one mode: Gibbs for weights, Metropolis for the rest."""
    walk = _Walk(data, start, rng)
    for _ in range(_BURN_IN):
        walk.sweep(adapt=True)
    out = []
    for _ in range(draws):
        for _ in range(thin):
            walk.sweep(adapt=False)
        out.append(walk.at)
    return Draws(
        np.array([at.shift for at in out]),
        np.array([at.spreads for at in out]),
        np.array([at.doses for at in out]),
        np.array([at.weights for at in out]),
    )


_BURN_IN, _THIN = 80, 4


class _Walk:
    """A Markov chain over the parameters; acceptance is brought to .35 while it warms up."""

    def __init__(self, data: Data, at: Parameters, rng: np.random.Generator) -> None:
        self.data, self.at, self.rng = data, at, rng
        self.sizes = np.diff(data.bounds)
        self.group = np.repeat(np.arange(data.groups), self.sizes)
        self.scale = {"doses": np.full(data.groups, 0.1), "common": 0.05, "slide": 0.05}
        self.density = densities(data, at)

    def sweep(self, *, adapt: bool) -> None:
        self._weights()
        self._doses(adapt)
        self._common(adapt)
        self._slide(adapt)

    def _weights(self) -> None:
        probability = responsibilities(self.data, self.at, self.density)
        chance = self.rng.random(len(probability))
        first = chance < probability[:, 0]
        last = chance > probability[:, 0] + probability[:, 1]
        drawn = np.column_stack([first, ~first & ~last, last]).astype(float)
        number = counts(self.data, drawn)
        weights = self.rng.gamma(number + self.data.weight_prior)
        weights = np.maximum(weights, 1e-12)
        self.at = replace(self.at, weights=weights / weights.sum(axis=1, keepdims=True))

    def _by_group(self, density: np.ndarray) -> np.ndarray:
        """Return (groups,) log likelihoods."""
        total = np.einsum("ik,ik->i", density, self.at.weights[self.group])
        each = self.data.weight * np.log(np.maximum(total, 1e-30))
        return np.add.reduceat(each, self.data.bounds[:-1])

    def _doses(self, adapt: bool) -> None:
        """Move the dose of every group: given what is common, groups are independent."""
        at, scale = self.at, self.scale["doses"]
        doses = at.doses + scale * self.rng.normal(size=len(scale))
        mass = kernels(at.shift, at.spreads, np.maximum(doses, LEAST))
        density = self.density.copy()
        for group, rows in enumerate(self.data.parts()):
            density[rows, 2] = self.data.likelihood[rows] @ mass[:, 2 + group]
        gain = self._by_group(density) - self._by_group(self.density)
        gain -= 0.5 * ((doses - DOSE_MEAN) ** 2 - (at.doses - DOSE_MEAN) ** 2) / DOSE_SD**2
        gain[doses < LEAST] = -np.inf
        taken = np.log(self.rng.random(len(gain))) < gain
        self.at = replace(at, doses=np.where(taken, doses, at.doses))
        self.density = np.where(taken[self.group, None], density, self.density)
        if adapt:
            self.scale["doses"] = np.clip(scale * np.exp(0.2 * (taken - 0.35)), 0.005, 1.0)

    def _common(self, adapt: bool) -> None:
        """Move shift and spreads."""
        step = self.scale["common"] * self.rng.normal(size=3) * np.array([1.0, 2.0, 2.0])
        new = replace(self.at, shift=self.at.shift + step[0], spreads=self.at.spreads + step[1:])
        self._try(new, "common", adapt)

    def _slide(self, adapt: bool) -> None:
        """Move the diploid level under amplified doses that stay where they are."""
        step = self.scale["slide"] * self.rng.normal()
        new = replace(self.at, shift=self.at.shift + step, doses=self.at.doses - step)
        self._try(new, "slide", adapt)

    def _try(self, new: Parameters, name: str, adapt: bool) -> None:
        gain = log_prior(self.data, new.shift, new.spreads, new.doses)
        taken = False
        if np.isfinite(gain):
            old = self.at
            gain -= log_prior(self.data, old.shift, old.spreads, old.doses)
            density = densities(self.data, new)
            gain += float(self._by_group(density).sum() - self._by_group(self.density).sum())
            taken = bool(np.log(self.rng.random()) < gain)
            if taken:
                self.at, self.density = new, density
        if adapt:
            scale = self.scale[name] * np.exp(0.2 * (taken - 0.35))
            self.scale[name] = float(np.clip(scale, 0.002, 0.5))


def pooled(
    data: Data,
    found: Sequence[tuple[Parameters, float]],
    *,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Return draws of all modes, each with the share of its evidence."""
    chains = [sample(data, at, draws=draws, thin=_THIN, rng=rng) for at, _ in found]
    log_weight = []
    for (_, value), chain in zip(found, chains, strict=True):
        theta = np.column_stack([chain.shift, chain.spreads, chain.doses])
        _, volume = np.linalg.slogdet(np.cov(theta.T) + 1e-8 * np.eye(theta.shape[1]))
        log_weight.append(value + 0.5 * volume)
    share = special.softmax(log_weight)
    taken = np.floor(np.cumsum(np.r_[0, share]) * draws + 0.5).astype(int)
    picks = [
        (chain, np.linspace(0, draws - 1, b - a).astype(int))
        for chain, a, b in zip(chains, taken[:-1], taken[1:], strict=True)
        if b > a
    ]
    return Draws(
        *(
            np.concatenate([getattr(chain, name)[rows] for chain, rows in picks])
            for name in ("shift", "spreads", "doses", "weights")
        )
    )
