"""Posterior draws of the parameters of the mixture, from all its modes.

The chain moves what a group has of its own (dose, weights), all groups at once, and what all have
in common (level, spreads), with the groups' own following: along the curvature at the mode, for
level and dose, or spread and share, trade off against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from her2omics.single_cell.modes import Mode
from her2omics.single_cell.states import (
    DOSE_MEAN,
    DOSE_SD,
    LEAST,
    SPREAD_PRIOR,
    Data,
    Parameters,
    by_group,
    common_log_prior,
    joint,
)

_BURN_IN = 60
_MOVES = 2  # of each kind in a sweep
_STEP = 0.05  # of the second differences
#: Widest step of a group's own and of common parameters, SD in natural logs.
_WIDEST = np.array([1.0, 0.5])
_ACCEPTED, _TAILS = 0.3, 4  # share of moves; degrees of freedom of their lengths
_COMMON = 3
#: First steps of level and log spreads one by one, SD.
_ALONE = np.array([0.05, 0.15, 0.15])
#: Least curvature of a group's density in any direction.
_LEAST_CURVATURE = 0.25
#: Weights below it are held at it, or their logarithms would wander off.
_LEAST_WEIGHT = 1e-12


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


def sample(data: Data, start: Parameters, *, draws: int, rng: np.random.Generator) -> Draws:
    """Return posterior draws around one mode: Gibbs for states and weights, Metropolis for all."""
    walk = _Walk(data, start, rng)
    for _ in range(_BURN_IN):
        walk.sweep(adapt=True)
    out = []
    for _ in range(draws):
        walk.sweep(adapt=False)
        out.append(walk.at)
    return Draws(
        np.array([at.shift for at in out]),
        np.array([at.spreads for at in out]),
        np.array([at.doses for at in out]),
        np.array([at.weights for at in out]),
    )


class _Walk:
    """A Markov chain over the parameters; acceptance is brought to .3 while it warms up.

    Coordinates are the common ones (level, log spreads) and those of each group (log dose, log
    weights of gain and amplified over neutral). ``fit`` is the log density of each group's own at
    the place it is at, that of its cells and of the prior.
    """

    def __init__(self, data: Data, at: Parameters, rng: np.random.Generator) -> None:
        self.data, self.at, self.rng = data, at, rng
        self.own, self.follow, self.common = _steps(data, at)
        self.own_scale, self.common_scale = np.ones(data.groups), 1.0
        self.alone_scale = _ALONE.copy()
        self.fit = _log_density(data, at)

    def sweep(self, *, adapt: bool) -> None:
        self._weights()
        for _ in range(_MOVES):
            self._move_own(adapt)
            self._move_common(adapt)
        self._move_alone(adapt)

    def _weights(self) -> None:
        """Draw states of the cells, then weights from their numbers.

        A cell of weight w counts as w of a cell: near the law of the other moves, which weigh its
        log likelihood, and the same where calls are sure.
        """
        neutral, gain, amplified = joint(self.data, self.at).T
        chance = self.rng.random(len(gain)) * (neutral + gain + amplified)
        drawn = chance < neutral, chance >= neutral, chance >= neutral + gain
        sums = [np.add.reduceat(each * self.data.weight, self.data.bounds[:-1]) for each in drawn]
        number = np.array([sums[0], sums[1] - sums[2], sums[2]]).T
        weights = self.rng.gamma(np.maximum(number, 0) + self.data.weight_prior)
        weights = np.maximum(weights / weights.sum(axis=1, keepdims=True), _LEAST_WEIGHT)
        self.at = replace(self.at, weights=weights)
        self.fit = _log_density(self.data, self.at)

    def _length(self, size: int) -> np.ndarray:
        """Return lengths of steps: now and then a long one."""
        return np.sqrt(_TAILS / self.rng.chisquare(_TAILS, size))

    def _move_own(self, adapt: bool) -> None:
        """Move what each group has of its own: given the common, groups are independent."""
        length = self.own_scale * self._length(self.data.groups)
        step = np.einsum("gij,gj->gi", self.own, self.rng.normal(size=(self.data.groups, 3)))
        new = _moved(self.at, np.zeros(_COMMON), length[:, None] * step)
        fit = _log_density(self.data, new)
        taken = np.log(self.rng.random(len(fit))) < fit - self.fit
        self.at = replace(
            self.at,
            doses=np.where(taken, new.doses, self.at.doses),
            weights=np.where(taken[:, None], new.weights, self.at.weights),
        )
        self.fit = np.where(taken, fit, self.fit)
        if adapt:
            self.own_scale = np.clip(_adapted(self.own_scale, taken), 0.02, 3.0)

    def _move_common(self, adapt: bool) -> None:
        """Move level and spreads, what the groups have of their own following."""
        length = self.common_scale * self._length(1)
        step = length * (self.common @ self.rng.normal(size=_COMMON))
        taken = self._try(step, self.follow @ step)
        if adapt:
            self.common_scale = np.clip(_adapted(self.common_scale, taken), 0.02, 3.0)

    def _move_alone(self, adapt: bool) -> None:
        """Move level and spreads one by one: where a dose is at its least nothing follows."""
        for k, scale in enumerate(self.alone_scale):
            step = scale * self.rng.normal() * np.eye(_COMMON)[k]
            taken = self._try(step, np.zeros((self.data.groups, 3)))
            if adapt:
                self.alone_scale[k] = np.clip(_adapted(scale, taken), 0.002, 1.0)

    def _try(self, common: np.ndarray, own: np.ndarray) -> bool:
        """Take (3,) common and (groups, 3) own steps, or stay; return whether they are taken."""
        new = _moved(self.at, common, own)
        gain = common_log_prior(self.data, new) - common_log_prior(self.data, self.at)
        if not np.isfinite(gain):
            return False
        fit = _log_density(self.data, new)
        taken = bool(np.log(self.rng.random()) < gain + float((fit - self.fit).sum()))
        if taken:
            self.at, self.fit = new, fit
        return taken


def _adapted(scale: float | np.ndarray, taken: bool | np.ndarray) -> float | np.ndarray:
    """Return the scale of steps, longer where too many are taken."""
    return scale * np.exp(0.2 * (taken - _ACCEPTED))


def _moved(at: Parameters, common: np.ndarray, own: np.ndarray) -> Parameters:
    """Return parameters some (3,) common and (groups, 3) own steps away."""
    log_weights = np.log(np.maximum(at.weights, _LEAST_WEIGHT))
    weights = special.softmax(log_weights + np.pad(own[:, 1:], ((0, 0), (1, 0))), axis=1)
    return Parameters(at.shift + common[0], at.spreads + common[1:], at.doses + own[:, 0], weights)


def _log_density(data: Data, at: Parameters) -> np.ndarray:
    """Return (groups,) log densities of cells, dose and (log ratios of) weights of the groups."""
    return np.where(at.doses < LEAST, -np.inf, _untruncated(data, at))


def _untruncated(data: Data, at: Parameters) -> np.ndarray:
    """Return :func:`_log_density` as if doses had no least."""
    log_weights = np.log(np.maximum(at.weights, _LEAST_WEIGHT))
    prior = (data.weight_prior * log_weights).sum(axis=1)
    prior -= 0.5 * ((at.doses - DOSE_MEAN) / DOSE_SD) ** 2
    return by_group(data, at) + prior


def _steps(data: Data, at: Parameters) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what steps are made of, from the curvature of the density around a mode.

    Returns
    -------
    tuple
        (groups, 3, 3) square roots of the covariances of each group's own given the common,
        (groups, 3, 3) how the own follow the common, (3, 3) square root of the common covariance.
    """
    values, vectors = np.linalg.eigh(_curvature(data, at))
    values = np.maximum(values, _LEAST_CURVATURE)  # of the whole: the own would follow too far
    precision = np.einsum("gij,gj,gkj->gik", vectors, values, vectors)
    own, follow = np.empty((2, data.groups, 3, 3))
    common = np.diag([0.0, *SPREAD_PRIOR[1] ** -2])
    for g, each in enumerate(precision):
        own[g] = _root(each[_COMMON:, _COMMON:], _WIDEST[0])
        follow[g] = -own[g] @ own[g].T @ each[_COMMON:, :_COMMON]
        common += each[:_COMMON, :_COMMON] + each[:_COMMON, _COMMON:] @ follow[g]
    return own, follow, _root(common, _WIDEST[1])


def _root(precision: np.ndarray, widest: float) -> np.ndarray:
    """Return a square root of the covariance, no wider than so much in any direction."""
    values, vectors = np.linalg.eigh((precision + precision.T) / 2)
    return vectors / np.sqrt(np.maximum(values, widest**-2))


def _curvature(data: Data, at: Parameters) -> np.ndarray:
    """Return (groups, 6, 6) minus the second differences of the groups' log densities."""
    size = _COMMON + 3

    def value(step: np.ndarray) -> np.ndarray:
        own = np.tile(step[_COMMON:], (data.groups, 1))
        return _untruncated(data, _moved(at, step[:_COMMON], own))

    here, unit = value(np.zeros(size)), _STEP * np.eye(size)
    out = np.empty((data.groups, size, size))
    single = [[value(sign * one) for sign in (-1, 1)] for one in unit]
    for i, one in enumerate(unit):
        out[:, i, i] = 2 * here - single[i][0] - single[i][1]
        for j, other in enumerate(unit[:i]):
            both = value(one + other) + value(-one - other)
            both -= value(one - other) + value(other - one)
            out[:, i, j] = out[:, j, i] = -both / 4
    return out / _STEP**2


def pooled(data: Data, found: Sequence[Mode], *, draws: int, rng: np.random.Generator) -> Draws:
    """Return draws of all modes, each with its share of the evidence."""
    share = special.softmax([mode.log_evidence for mode in found])
    taken = np.diff(np.floor(np.cumsum(np.r_[0, share]) * draws + 0.5).astype(int))
    picks = [
        (
            sample(data, mode.at, draws=draws, rng=rng),
            np.linspace(0, draws - 1, number).astype(int),
        )
        for mode, number in zip(found, taken, strict=True)
        if number
    ]
    return Draws(
        *(
            np.concatenate([getattr(chain, name)[rows] for chain, rows in picks])
            for name in ("shift", "spreads", "doses", "weights")
        )
    )
