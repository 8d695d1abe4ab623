"""On which branch of the tree the ERBB2 amplification sits, from its copies in every sample.

If clone k gained it, a sample has base + f_k (c - base) copies on average, with f_k the share of
its cancer cells in k and its descendants and c the copies of an amplified cell; if a descendant j
lost it again, base + (f_k - f_j)(c - base). The amplified cells may also be a clone of which no
cluster tells, with any share of every sample. Copies alone cannot tell a clone that never had the
amplification from one that lost it: what is said is which clones carry it now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from her2omics.clones.grid import GRID

COPIES = np.arange(4, 61)  # of an amplified cell
# Prior of a second event, a descendant's loss, against the first alone; assumption.
LOST_AGAIN = 0.1
SURE = 0.9  # probability from which a clone carries the amplification, or does not
AMPLIFIED = 4.0  # some sample must have more copies, with its whole 90 % interval
_MODEL_SD = 0.1  # of the copies, relative: clones of one amplicon differ in their copies


@dataclass(frozen=True)
class Erbb2:
    """ERBB2 of one sample: mean copies of its cancer cells, their 90 % interval, 17q beside it."""

    copies: float
    low: float
    high: float
    base: float

    @property
    def sd(self) -> float:
        """Standard deviation of the copies, with what clones may differ by."""
        return float(np.hypot((self.high - self.low) / 3.29, _MODEL_SD * self.copies))


def carriers(
    posterior: np.ndarray, parent: np.ndarray, samples: Mapping[int, Erbb2]
) -> np.ndarray | None:
    """Return the probability (K,) that each clone carries the amplification.

    Parameters
    ----------
    posterior
        (K, S, 101) posterior of the clones' fractions.
    parent
        (K,) position of each clone's parent, -1 for none.
    samples
        Column of a sample -> its copies; samples without are left out.

    Returns
    -------
    ndarray or None
        None where no sample is amplified: there is nothing to place.
    """
    if not any(one.low > AMPLIFIED for one in samples.values()):
        return None
    below = _below(parent)
    root = np.asarray(parent) < 0
    # A clone without mutations of its own: the trunk does not carry it, of others nothing is known.
    carrying = [np.where(root, 0.0, 0.5)]
    weights = [_unseen(samples) - np.log(len(parent) + 1)]
    fractions = {s: posterior[:, s] @ GRID for s in samples}
    for k in range(len(parent)):
        descendants = [j for j in range(len(parent)) if below[k, j] and j != k]
        for j in [None, *descendants]:
            log_likelihood = np.zeros(len(COPIES))
            for s, one in samples.items():
                share = fractions[s][k] - (0.0 if j is None else fractions[s][j])
                spread = _spread(posterior[k, s])
                expected = one.base + np.clip(share, 0, 1) * (COPIES - one.base)
                sd = np.hypot(one.sd, spread * (COPIES - one.base))
                log_likelihood += -0.5 * ((one.copies - expected) / sd) ** 2 - np.log(sd)
            prior = 1 - LOST_AGAIN if j is None else LOST_AGAIN / len(descendants)
            weights.append(np.logaddexp.reduce(log_likelihood) + np.log(prior / (len(parent) + 1)))
            carrying.append((below[k] & ~(below[j] if j is not None else False)).astype(float))
    weights = np.exp(np.array(weights) - max(weights))
    return weights @ np.array(carrying) / weights.sum()


def _unseen(samples: Mapping[int, Erbb2]) -> float:
    """Return the log likelihood of an amplified clone without a cluster: any share and copies."""
    log_likelihood = np.zeros(len(COPIES))
    for one in samples.values():
        expected = one.base + GRID[:, None] * (COPIES - one.base)
        density = np.exp(-0.5 * ((one.copies - expected) / one.sd) ** 2) / one.sd
        log_likelihood += np.log(density.mean(axis=0) + 1e-300)
    return float(np.logaddexp.reduce(log_likelihood))


def _below(parent: np.ndarray) -> np.ndarray:
    """Return whether clone j is k or a descendant of it, (k, j)."""
    below = np.eye(len(parent), dtype=bool)
    for j in range(len(parent)):
        above = parent[j]
        while above >= 0:
            below[above, j] = True
            above = parent[above]
    return below


def _spread(posterior: np.ndarray) -> float:
    """Return the standard deviation of a fraction."""
    mean = posterior @ GRID
    return float(np.sqrt(max(posterior @ GRID**2 - mean**2, 0.0)))
