"""Trunk or branch: where the mutations of a cluster arose, and what that says of all samples.

Copies are gained mostly on the trunk. A mutation of the trunk may be older than a gain and then
sits on all copies of the gained haplotype, in every sample; one of a branch is younger and sits on
one, however far its clone has spread. So a cluster has one origin in all samples of a patient:

- **branch**: one copy, any fraction in each sample, but not nearly 1 in all of them;
- **trunk**: any multiplicity, the same in all samples; in all cancer cells of every sample or,
  where tumours share no ancestor, of some of them: one pattern of samples.

Log-likelihoods of both lie side by side in columns: S times the grid for the branch, then one
column for each pattern of the trunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np

from her2omics.clones.grid import GRID

ABSENT, CLONAL = 0.2, 0.2  # prior of a branch's fraction at 0 and at 1; the rest is uniform
WIDESPREAD = 0.9  # a cluster of at least this fraction in every sample is the trunk
TRUNK = 0.2  # prior that a cluster is of the trunk
SHARED = 0.7  # ... that all samples have it then
_ALL_PATTERNS = 4  # samples beyond which patterns are: all samples, one, all but one

_N = len(GRID)
_WIDE = slice(int(np.searchsorted(GRID, WIDESPREAD - 1e-9)), None)
LOG_FRACTION = np.log(
    np.r_[ABSENT, np.full(_N - 2, (1 - ABSENT - CLONAL) / (_N - 2)), CLONAL]
)  # prior of a branch's fraction


def log_sum(values: np.ndarray) -> np.ndarray:
    """Log of the summed exponentials along the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return np.log(np.exp(values - top).sum(axis=-1)) + top[..., 0]


@cache
def patterns(samples: int) -> np.ndarray:
    """Return in which samples (P, S) a trunk may be; the first pattern is all."""
    every = np.array(list(product((1, 0), repeat=samples))[:-1], dtype=float)
    if samples > _ALL_PATTERNS:
        eye = np.eye(samples)
        every = np.concatenate([np.ones((1, samples)), eye, 1 - eye])
    return every


@cache
def _log_patterns(samples: int) -> np.ndarray:
    """Log prior (P,) of the patterns."""
    count = len(patterns(samples))
    prior = np.full(count, (1 - SHARED) / max(count - 1, 1))
    prior[0] = SHARED if count > 1 else 1.0
    return np.log(TRUNK * prior)


def trunk_columns(
    absent: Sequence[np.ndarray], trunk: Sequence[np.ndarray], weight: np.ndarray
) -> np.ndarray:
    """Return the log-likelihood (n, P) of mutations of the trunk for each pattern.

    Parameters
    ----------
    absent
        Likelihood (n,) where the mutation is absent, of every sample.
    trunk
        Likelihood (n, H) where all cancer cells have it, by multiplicity, of every sample.
    weight
        Prior (n, H) of the multiplicities.
    """
    out = []
    for pattern in patterns(len(absent)):
        likelihood = weight
        for present, none, some in zip(pattern, absent, trunk, strict=True):
            likelihood = likelihood * (some if present else none[:, None])
        out.append(likelihood.sum(axis=1))
    return np.log(np.stack(out, axis=1), dtype=np.float32)


def log_alone(branch: np.ndarray, trunk: np.ndarray, samples: int) -> np.ndarray:
    """Return the log evidence (n,) of mutations with fractions of their own.

    ``branch`` (n,) is that of a branch, ``trunk`` (n, P) as of :func:`trunk_columns`.
    """
    each = np.c_[branch + np.log(1 - TRUNK), trunk + _log_patterns(samples)]
    return log_sum(each)


def posterior(
    logs: np.ndarray, samples: int, bonus: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of a cluster over the columns, and its log evidence.

    Parameters
    ----------
    logs
        The members' summed log-likelihoods (..., columns).
    samples
        Number of samples S.
    bonus
        (..., S): what the log prior gains for a trunk that is present in the sample.

    Returns
    -------
    tuple
        Probabilities (..., columns), which add up to 1 in each sample's columns and those of the
        trunk, and log evidence (...,).
    """
    lead = logs.shape[:-1]
    branch = logs[..., : samples * _N].reshape(*lead, samples, _N) + LOG_FRACTION
    top = branch.max(axis=-1, keepdims=True)
    branch = np.exp(branch - top)
    total = branch.sum(axis=-1, keepdims=True)
    branch /= total
    log_branch = (np.log(total) + top).sum(axis=(-1, -2))
    # What lies at nearly 1 in every sample is taken out: it would be the trunk.
    wide = branch[..., _WIDE].sum(axis=-1)
    elsewhere = without_each(wide)
    left = np.maximum(1 - wide[..., 0] * elsewhere[..., 0], 1e-9)
    branch[..., _WIDE] *= (1 - elsewhere)[..., None]
    trunk = logs[..., samples * _N :] + _log_patterns(samples)
    if bonus is not None:
        trunk = trunk + bonus @ patterns(samples).T
    each = np.concatenate([(log_branch + np.log(left * (1 - TRUNK)))[..., None], trunk], axis=-1)
    evidence = log_sum(each)
    share = np.exp(each - evidence[..., None])
    branch *= (share[..., 0] / left)[..., None, None]
    return np.concatenate([branch.reshape(*lead, samples * _N), share[..., 1:]], axis=-1), evidence


def on_grid(weights: np.ndarray, samples: int) -> np.ndarray:
    """Posterior (..., S, 101) of the fraction in each sample, from one over the columns."""
    trunk = weights[..., samples * _N :]
    out = weights[..., : samples * _N].reshape(*weights.shape[:-1], samples, _N).copy()
    out[..., -1] += trunk @ patterns(samples)
    out[..., 0] += trunk @ (1 - patterns(samples))
    return out


def trunks(weights: np.ndarray, samples: int) -> np.ndarray:
    """Probability (..., S) of a trunk that is present, from a posterior over the columns."""
    return weights[..., samples * _N :] @ patterns(samples)


def without_each(values: np.ndarray) -> np.ndarray:
    """Product along the last axis without the entry itself, for every entry."""
    own = np.eye(values.shape[-1], dtype=bool)
    return np.where(own, 1.0, values[..., None, :]).prod(axis=-1)
