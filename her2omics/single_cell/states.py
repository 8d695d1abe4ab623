"""Neutral, gained or amplified: a mixture over the log doses of the cells of one patient.

Doses of the cells of one state are gamma-distributed, the usual law of expression over cells of one
kind: mean ``e^delta`` and coefficient of variation s0 where neutral, ``2 e^delta`` and .25 with a
gain, ``D e^delta`` and s1 where amplified, with ``D >= 3`` of each clone and sample, and weights of
each clone and sample. Log-normal doses would lack the tail of low ones, which then pass for cells
without the amplification. ``delta``, the tumour's own diploid level over the panel, and both
spreads are common to all samples, D is not: with a common D a cut of the copies in all cells looks
like a selection.

``modes.py`` finds what the cells may be by this model, ``draws.py`` samples it.
"""

from __future__ import annotations

from dataclasses import dataclass

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
#: Part of the cells whose dose follows no state, such as doublets [assume]. Without it one cell of
#: a thousand, eightfold above the others, told by 15 nats that all others were neutral.
STRANGERS = 0.01
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
    """Return (64, 2 + groups) mass of neutral, gain and each group's amplified doses on GRID.

    Strangers, of any dose, are in every state alike: a cell that none explains tells none.
    """
    return (1 - STRANGERS) * _kind(shift, spreads, doses) + np.float32(STRANGERS / len(GRID))


def _kind(shift: float, spreads: np.ndarray, doses: np.ndarray) -> np.ndarray:
    """Return the mass of :func:`kernels` without strangers."""
    centre = shift + np.concatenate([[0.0, GAIN], doses])
    sd = np.full(len(centre), np.exp(spreads[1]))
    sd[:2] = np.exp(spreads[0]), GAIN_SD
    apart = GRID[:, None] - centre
    mass = np.exp((apart - np.expm1(apart)) / sd**2)  # gamma of shape 1 / sd^2, in logs
    return (mass / np.maximum(mass.sum(axis=0), 1e-300)).astype(np.float32)


def _of_groups(mass: np.ndarray) -> np.ndarray:
    """Return (groups, 64, 3) the states of each group, from what :func:`kernels` returns."""
    groups = mass.shape[1] - 2
    common = np.broadcast_to(mass[:, :2], (groups, *mass[:, :2].shape))
    return np.concatenate([common, mass[:, 2:].T[:, :, None]], axis=2)


def _by_weight(at: Parameters) -> np.ndarray:
    """Return (groups, 64, 3) mass of the states on GRID times their weights."""
    mass = _of_groups(kernels(at.shift, at.spreads, at.doses))
    return mass * at.weights[:, None].astype(np.float32)


def common_log_prior(data: Data, at: Parameters) -> float:
    """Return the log prior density of what all groups have in common: level and spreads."""
    low, high = _SPREAD_RANGE
    if (at.spreads < low).any() or (at.spreads > high).any() or not GRID[0] < at.shift < GRID[-1]:
        return -np.inf
    centre, sd = SPREAD_PRIOR
    out = float(np.interp(at.shift, GRID, data.shift_log_prior))
    return out - 0.5 * float(np.sum(((at.spreads - centre) / sd) ** 2))


def dose_log_prior(doses: np.ndarray) -> np.ndarray:
    """Return (groups,) log prior densities of log doses."""
    return np.where(doses < LEAST, -np.inf, -0.5 * ((doses - DOSE_MEAN) / DOSE_SD) ** 2)


def _of_cells(data: Data, mass: np.ndarray) -> np.ndarray:
    """Return (cells, ...) sums over the doses: likelihoods times the (groups, 64, ...) mass."""
    parts = zip(data.parts(), mass, strict=True)
    return np.concatenate([data.likelihood[rows] @ each for rows, each in parts])


def joint(data: Data, at: Parameters) -> np.ndarray:
    """Return (cells, 3) likelihoods of the cells under the states, times the weights of these."""
    return _of_cells(data, _by_weight(at))


def joint_dose(data: Data, at: Parameters) -> np.ndarray:
    """Return (cells,) what :func:`joint` sums to with each dose (1 = diploid) as a factor."""
    dose = np.exp(GRID - at.shift).astype(np.float32)
    return _of_cells(data, _by_weight(at).sum(axis=2) * dose)


def responsibilities(data: Data, at: Parameters) -> np.ndarray:
    """Return (cells, 3) probabilities of the states."""
    each = joint(data, at)
    return each / np.maximum(each.sum(axis=1, keepdims=True), 1e-30)


def _mixtures(data: Data, at: Parameters) -> np.ndarray:
    """Return (cells,) likelihoods of the cells, whatever their states."""
    return np.maximum(_of_cells(data, _by_weight(at).sum(axis=2)), 1e-30)


def by_group(data: Data, at: Parameters) -> np.ndarray:
    """Return (groups,) log likelihoods."""
    return np.add.reduceat(data.weight * np.log(_mixtures(data, at)), data.bounds[:-1])


def _expected(data: Data, at: Parameters) -> np.ndarray:
    """Return (groups, 64) numbers of cells by dose, each over the mass of the mixture there."""
    share = (data.weight / _mixtures(data, at)).astype(np.float32)
    return np.array([share[rows] @ data.likelihood[rows] for rows in data.parts()])


def ascend(data: Data, at: Parameters, iterations: int, *, level_free: bool = True) -> Parameters:
    """Return the parameters after some steps of EM; the level stays where it is unless free."""
    for _ in range(iterations):
        by_dose = _expected(data, at)
        number = np.einsum("gd,gdk->gk", by_dose, _by_weight(at))
        known = (1 - STRANGERS) * _kind(at.shift, at.spreads, at.doses)
        amount = at.weights[:, None] * _of_groups(known) * by_dose[:, :, None]
        neutral, gain = amount[:, :, 0].sum(axis=0), amount[:, :, 1].sum(axis=0)
        at = _maximise(data, at, number, neutral, gain, amount[:, :, 2], level_free)
    return at


def _maximise(
    data: Data,
    at: Parameters,
    number: np.ndarray,
    neutral: np.ndarray,
    gain: np.ndarray,
    amplified: np.ndarray,
    level_free: bool,
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
        if level_free:
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
    # Newton steps of -n s - q exp(-2 s) / 2 - (s - c)^2 / 2 sd^2 in s = log spread.
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
    number = np.einsum("gd,gdk->gk", _expected(data, at), _by_weight(at))
    fit = float(by_group(data, at).sum() - special.xlogy(number, at.weights).sum())
    weights = (
        special.gammaln(data.weight_prior + number).sum()
        - special.gammaln((data.weight_prior + number).sum(axis=1)).sum()
    )
    return fit + float(weights + dose_log_prior(at.doses).sum()) + common_log_prior(data, at)
