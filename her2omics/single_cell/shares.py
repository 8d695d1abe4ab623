"""Draws of the amplified share of every clone: what is not known of its cells, cause by cause.

Each draw of the parameters gives every cell its chances; then states are drawn, and from their
numbers the share of the piece that the cells are a sample of. Two things no parameter knows move
all cells of a sample together:

- *Calls.* Normal epithelium among the malignant cells has no amplification. A cell is normal with
  the odds of its call times its likelihood as a neutral one, so a cell of a clear dose is none; the
  odds of all are off by a common factor. Where a user says what is malignant there are none.
- *States.* Doses of real cells follow other laws than the model, and the tail of one state passes
  for another. The odds of all cells of being amplified are off by a common factor: a share is as
  unsure as its cells lie between the states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.single_cell import states
from her2omics.single_cell.draws import Draws
from her2omics.single_cell.estimates import AMPLIFIED, NEUTRAL
from her2omics.single_cell.likelihood import GRID

#: SD of the common factors, natural log of the odds. Of the calls: 96 simulated patients with 3 to
#: 44 misnamed cells where 1 to 36 were expected. Of the states: set so that intervals hold.
CALLS_SD, STATES_SD = 1.0, 0.7


@dataclass(frozen=True)
class Shares:
    """Draws of all clones and samples.

    Attributes
    ----------
    probability
        (cells, 3) of the states, mean of the draws.
    dose
        (cells,) likewise.
    cells
        (groups, draws) malignant cells.
    amplified
        (groups, draws) share of them that are amplified, 0-1.
    """

    probability: np.ndarray
    dose: np.ndarray
    cells: np.ndarray
    amplified: np.ndarray

    def together(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the (draws,) share of some groups, and their (groups, draws) parts in it."""
        cells = self.cells[rows]
        part = rng.gamma(cells + 0.5) if len(rows) > 1 else np.ones_like(cells)
        amplified = part * self.amplified[rows]
        return amplified.sum(axis=0) / part.sum(axis=0), amplified


def draw(
    data: states.Data, draws: Draws, *, sample: np.ndarray, rng: np.random.Generator
) -> Shares:
    """Return one draw of all shares for each draw of the parameters.

    Parameters
    ----------
    data
        All cells; their weight is the probability of being malignant.
    draws
        Of the parameters.
    sample
        (groups,) codes of the samples.
    rng
        Generator of this patient alone.
    """
    number = len(draws.shift)
    group = np.repeat(np.arange(data.groups), np.diff(data.bounds))
    odds = 1 / np.maximum(data.weight, 1e-9) - 1  # of being normal, by the call
    off = rng.normal(size=(number, sample.max(initial=0) + 1, 2)) * [CALLS_SD, STATES_SD]
    probability, dose = np.zeros((len(group), 3)), np.zeros(len(group))
    cells, amplified = np.empty((2, data.groups, number))
    for k in range(number):
        at = draws.at(k)
        density, moment = _at(data, at)
        joint = density * at.weights[group]
        total = np.maximum(joint.sum(axis=1), 1e-30)
        probability += joint / total[:, None] / number
        dose += (moment * at.weights[group]).sum(axis=1) / total / number
        calls, between = np.exp(off[k, sample[group]]).T
        joint[:, AMPLIFIED] *= between
        normal = odds * calls * density[:, NEUTRAL]
        normal /= np.maximum(normal + joint.sum(axis=1), 1e-30)
        counts = _counts(data, joint, rng.random(len(group)) >= normal, rng)
        weights = np.maximum(rng.gamma(counts + data.weight_prior), 1e-300)
        cells[:, k] = counts.sum(axis=1)
        amplified[:, k] = np.clip(weights[:, AMPLIFIED] / weights.sum(axis=1), 1e-6, 1 - 1e-6)
    return Shares(probability, dose, cells, amplified)


def _at(data: states.Data, at: states.Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Return (cells, 3) likelihoods of the states, and the same times the dose."""
    mass = states.kernels(at.shift, at.spreads, at.doses)
    weighted = mass * np.exp(GRID - at.shift).astype(np.float32)[:, None]
    density, moment = np.empty((2, len(data.weight), 3))
    for g, rows in enumerate(data.parts()):
        columns = [0, 1, 2 + g]
        both = data.likelihood[rows] @ np.hstack([mass[:, columns], weighted[:, columns]])
        density[rows], moment[rows] = both[:, :3], both[:, 3:]
    return density, moment


def _counts(
    data: states.Data, joint: np.ndarray, malignant: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return (groups, 3) numbers of malignant cells in states that are drawn."""
    edges = np.cumsum(joint, axis=1)
    chance = rng.random(len(joint)) * edges[:, -1]
    state = (chance[:, None] >= edges[:, :-1]).sum(axis=1)
    drawn = malignant[:, None] & (state[:, None] == np.arange(3))
    return np.array([drawn[rows].sum(axis=0) for rows in data.parts()], dtype=float)
