"""Posterior draws of the parameters of the mixture, from all its modes."""

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
    Data,
    Parameters,
    by_group,
    joint,
    log_prior,
)

_BURN_IN, _THIN = 80, 4


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


class _Walk:
    """A Markov chain over the parameters; acceptance is brought to .35 while it warms up.

    ``fit`` is the log likelihood of each group at the place it is at.
    """

    def __init__(self, data: Data, at: Parameters, rng: np.random.Generator) -> None:
        self.data, self.at, self.rng = data, at, rng
        self.scale = {"doses": np.full(data.groups, 0.1), "common": 0.05, "slide": 0.05}
        self.fit = by_group(data, at)

    def sweep(self, *, adapt: bool) -> None:
        self._weights()
        self._doses(adapt)
        self._common(adapt)
        self._slide(adapt)

    def _weights(self) -> None:
        """Draw states of the cells, then weights from their numbers."""
        neutral, gain, amplified = joint(self.data, self.at).T
        chance = self.rng.random(len(gain)) * (neutral + gain + amplified)
        drawn = chance < neutral, chance >= neutral, chance >= neutral + gain
        sums = [np.add.reduceat(each * self.data.weight, self.data.bounds[:-1]) for each in drawn]
        number = np.array([sums[0], sums[1] - sums[2], sums[2]]).T
        weights = self.rng.gamma(np.maximum(number, 0) + self.data.weight_prior)
        weights = np.maximum(weights, 1e-12)
        self.at = replace(self.at, weights=weights / weights.sum(axis=1, keepdims=True))
        self.fit = by_group(self.data, self.at)

    def _doses(self, adapt: bool) -> None:
        """Move the dose of every group: given what is common, groups are independent."""
        old, scale = self.at.doses, self.scale["doses"]
        doses = old + scale * self.rng.normal(size=len(scale))
        fit = by_group(self.data, replace(self.at, doses=np.maximum(doses, LEAST)))
        gain = fit - self.fit
        gain -= 0.5 * ((doses - DOSE_MEAN) ** 2 - (old - DOSE_MEAN) ** 2) / DOSE_SD**2
        gain[doses < LEAST] = -np.inf
        taken = np.log(self.rng.random(len(gain))) < gain
        self.at = replace(self.at, doses=np.where(taken, doses, old))
        self.fit = np.where(taken, fit, self.fit)
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
            old, fit = self.at, by_group(self.data, new)
            gain += float((fit - self.fit).sum())
            gain -= log_prior(self.data, old.shift, old.spreads, old.doses)
            taken = bool(np.log(self.rng.random()) < gain)
            if taken:
                self.at, self.fit = new, fit
        if adapt:
            scale = self.scale[name] * np.exp(0.2 * (taken - 0.35))
            self.scale[name] = float(np.clip(scale, 0.002, 0.5))


def pooled(data: Data, found: Sequence[Mode], *, draws: int, rng: np.random.Generator) -> Draws:
    """Return draws of all modes, each with its share of the evidence."""
    share = special.softmax([mode.log_evidence for mode in found])
    taken = np.diff(np.floor(np.cumsum(np.r_[0, share]) * draws + 0.5).astype(int))
    picks = [
        (
            sample(data, mode.at, draws=draws, thin=_THIN, rng=rng),
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
