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

#: SD of the common factors, natural log of the odds. Of the calls: 96 simulated patients with 3 to
#: 44 misnamed cells where 1 to 36 were expected. Of the states: set so that intervals hold.
CALLS_SD, STATES_SD = 1.0, 0.7
_APART = 4  # draws from one that enters the means of the cells to the next


@dataclass(frozen=True)
class Shares:
    """Draws of all clones and samples.

    Attributes
    ----------
    probability
        (cells, 3) of the states, mean of every fourth draw.
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
    # Of being normal, by the call.
    odds = (1 / np.maximum(data.weight, 1e-9) - 1).astype(np.float32)
    off = rng.normal(size=(number, sample.max(initial=0) + 1, 2)) * [CALLS_SD, STATES_SD]
    off = np.exp(off).astype(np.float32)
    probability, dose = np.zeros((len(group), 3)), np.zeros(len(group))
    cells, amplified = np.empty((2, data.groups, number))
    for k in range(number):
        at = draws.at(k)
        joint = states.joint(data, at)
        if k % _APART == 0:
            total = np.maximum(joint.sum(axis=1), 1e-30)
            probability += joint / total[:, None]
            dose += states.joint_dose(data, at) / total
        calls, between = off[k, sample].T
        neutral = np.maximum(at.weights[:, NEUTRAL], 1e-30)
        normal = odds * (calls / neutral).astype(np.float32)[group] * joint[:, NEUTRAL]
        counts = _counts(data, normal, joint, between[group], rng)
        weights = np.maximum(rng.gamma(counts + data.weight_prior), 1e-300)
        cells[:, k] = counts.sum(axis=1)
        amplified[:, k] = np.clip(weights[:, AMPLIFIED] / weights.sum(axis=1), 1e-6, 1 - 1e-6)
    means = len(range(0, number, _APART))
    return Shares(probability / means, dose / means, cells, amplified)


def _counts(
    data: states.Data,
    normal: np.ndarray,
    joint: np.ndarray,
    between: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return (groups, 3) numbers of malignant cells in states that are drawn.

    (cells,) ``normal`` and (cells, 3) ``joint`` are what a cell's chances are proportional to, of
    being normal and of the states of a malignant one; ``between`` is a factor of the last.
    """
    edges = [normal]
    for state in range(AMPLIFIED):
        edges.append(edges[-1] + joint[:, state])
    chance = rng.random(len(joint), dtype=np.float32)
    chance *= edges[-1] + joint[:, AMPLIFIED] * between
    first = data.bounds[:-1]
    below = [np.add.reduceat(chance < edge, first, dtype=int) for edge in edges]
    return np.diff([*below, np.diff(data.bounds)], axis=0).T.astype(float)
