"""Variational mixture of clusters over any number of samples.

Cluster k has one cancer cell fraction per sample, with its own posterior on the grid; a mutation
belongs to a cluster or to none ("unclustered": a fraction of its own in every sample, which is
where artefacts and mutations of a wrong copy number go). Memberships are soft: two clusters that
overlap are told apart by the shape of their mixture, which an assignment of each mutation to one of
them cannot do. What is maximised is the lower bound of the evidence

    sum_n log sum_k w_nk - KL(weights) - KL(fractions) + log K! + log p(K)

where K! counts the equivalent orders of the clusters, so that bounds of different K compare.
In every sample some cluster is carried by all cancer cells, the most recent common ancestor's; a
sample without such a cluster pays ``log NO_CLONAL``, which ties purity and fractions together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, gammaln

from her2omics.clones.grid import GRID
from her2omics.clones.likelihood import Likelihood

ABSENT, CLONAL = 0.2, 0.2  # prior of a cluster's fraction at 0 and at 1; the rest is uniform
NO_CLONAL = 0.02  # prior of a sample none of whose clusters is in all cancer cells
UNCLUSTERED = (1.0, 30.0)  # beta prior of the share of mutations outside all clusters
WEIGHT = 1.0  # Dirichlet prior of the clusters' weights
PER_CLUSTER = 0.0  # log prior odds against one more cluster
_EMPTY = 0.5  # mutations below which a cluster is dropped
_CHECK = 4  # iterations between two looks at the bound

_N_GRID = len(GRID)
LOG_PRIOR = np.log(
    np.r_[ABSENT, np.full(_N_GRID - 2, (1 - ABSENT - CLONAL) / (_N_GRID - 2)), CLONAL]
)


def log_sum(values: np.ndarray) -> np.ndarray:
    """Log of the summed exponentials along the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return np.log(np.exp(values - top).sum(axis=-1)) + top[..., 0]


def entropy_terms(p: np.ndarray) -> np.ndarray:
    """Return p log p, 0 where p is 0."""
    return p * np.log(np.maximum(p, 1e-300))


@dataclass(frozen=True)
class Data:
    """Log-likelihoods of the mutations.

    Attributes
    ----------
    flat
        (n, S * 101): log-likelihood of each mutation in each sample over the grid, about 0 at best.
    alone
        (n,): log evidence of a mutation with fractions of its own.
    samples
        Number of samples S.
    offset
        What the log-likelihoods of all mutations lack.
    """

    flat: np.ndarray
    alone: np.ndarray
    samples: int
    offset: float

    @property
    def cube(self) -> np.ndarray:
        """The same as (n, S, 101)."""
        return self.flat.reshape(len(self.flat), self.samples, _N_GRID)

    def summed(self, member: np.ndarray) -> np.ndarray:
        """Members' log-likelihoods plus the log prior, (K, S, 101) for memberships (n, K)."""
        flat = member.T.astype(np.float32) @ self.flat
        return flat.reshape(member.shape[1], self.samples, _N_GRID) + LOG_PRIOR

    def scores(self, fraction: np.ndarray) -> np.ndarray:
        """Expected log-likelihood (n, K) of each mutation for fractions (K, S, 101)."""
        return self.flat @ fraction.reshape(len(fraction), -1).astype(np.float32).T

    def taken(self, rows: np.ndarray) -> Data:
        """Return the data of these mutations."""
        return Data(self.flat[rows], self.alone[rows], self.samples, self.offset)


def data_of(samples: Sequence[Likelihood]) -> Data:
    """Join the samples' likelihoods."""
    flat = np.hstack([one.density for one in samples])
    prior = np.exp(LOG_PRIOR).astype(np.float32)
    alone = sum(np.log(one.density @ prior).astype(float) for one in samples)
    offset = float(sum(one.top.sum() for one in samples))
    return Data(np.log(flat, out=flat), alone, len(samples), offset)


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture.

    Attributes
    ----------
    member, alone
        (n, K) and (n,): probability of each cluster and of none.
    summed
        (K, S, 101): log prior plus the members' log-likelihoods.
    log_evidence
        (K, S): log of the sum of the former over the grid.
    fraction
        (K, S, 101): posterior of the cluster's fraction.
    bound
        Lower bound of the log evidence.
    """

    member: np.ndarray
    alone: np.ndarray
    summed: np.ndarray
    log_evidence: np.ndarray
    fraction: np.ndarray
    bound: float

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return self.member.shape[1]

    @property
    def mean(self) -> np.ndarray:
        """Mean fractions (K, S)."""
        return self.fraction @ GRID


def expected_log_weights(sizes: np.ndarray, outside: float) -> tuple[float, np.ndarray]:
    """Expected log weight of no cluster and of each cluster (K,)."""
    a, b = UNCLUSTERED
    inside, count = sizes.sum(), len(sizes)
    total = digamma(a + b + inside + outside)
    each = digamma(b + inside) - total + digamma(WEIGHT + sizes) - digamma(WEIGHT * count + inside)
    return digamma(a + outside) - total, each


def size_evidence(sizes: np.ndarray, outside: float) -> float:
    """Log evidence of the cluster sizes (..., K), weights integrated out."""
    a, b = UNCLUSTERED
    inside, count = sizes.sum(axis=-1), sizes.shape[-1]
    return (
        betaln(a + outside, b + inside)
        - betaln(a, b)
        + gammaln(WEIGHT + sizes).sum(axis=-1)
        - gammaln(WEIGHT * count + inside)
        - count * gammaln(WEIGHT)
        + gammaln(WEIGHT * count)
    )


def fit(
    data: Data,
    member: np.ndarray,
    alone: np.ndarray,
    *,
    iterations: int = 200,
    tolerance: float = 1e-3,
) -> Mixture:
    """Improve memberships (n, K) and (n,) until the bound rises by less than ``tolerance``."""
    last = -np.inf
    clonal = np.zeros((member.shape[1], data.samples))
    for iteration in range(iterations + 1):
        state = _fractions(data, member, clonal)
        clonal = state.fraction[:, :, -1]
        if iteration == iterations or (iteration and iteration % _CHECK == 0):
            bound = _bound(data, member, alone, state)
            if iteration == iterations or bound - last < tolerance:
                break
            last = bound
        log_none, log_each = expected_log_weights(member.sum(axis=0), alone.sum())
        # One row per cluster: sums over the few clusters run along the many mutations.
        logits = np.empty((member.shape[1] + 1, len(member)))
        logits[0] = data.alone + log_none
        logits[1:] = data.scores(state.fraction).T
        logits[1:] += log_each[:, None]
        logits -= logits.max(axis=0)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=0)
        member, alone = logits[1:].T, logits[0]
        kept = member.sum(axis=0) >= _EMPTY
        if not kept.all() and kept.any():
            member, clonal, last = member[:, kept], clonal[kept], -np.inf
    return Mixture(member, alone, state.summed, state.log_evidence, state.fraction, bound)


@dataclass(frozen=True)
class _Fractions:
    """Posteriors of the fractions given the memberships, with the terms of the bound."""

    summed: np.ndarray
    log_evidence: np.ndarray
    fraction: np.ndarray
    terms: float


def _fractions(data: Data, member: np.ndarray, clonal: np.ndarray) -> _Fractions:
    """Update the fractions; ``clonal`` is P(fraction = 1) of the iteration before, (K, S)."""
    summed = data.summed(member)
    fraction, log_evidence, norm, bonus = tied_posterior(summed, clonal)
    clonal = fraction[:, :, -1]
    terms = (norm - bonus * clonal).sum()
    terms += np.log(NO_CLONAL) * np.prod(1 - clonal, axis=0).sum()
    return _Fractions(summed, log_evidence, fraction, terms)


def tied_posterior(
    summed: np.ndarray, clonal: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Posterior (K, S, 101) of fractions of which one per sample should be 1.

    ``clonal`` (K, S) is P(fraction = 1) as known before. Also returns the log evidence of each
    cluster and sample without and with the tie, and what the prior gains at 1, all (K, S).
    """
    bonus = -np.log(NO_CLONAL) * _without_each(1 - clonal)  # if no other cluster is at 1
    top = summed.max(axis=-1, keepdims=True)
    fraction = np.exp(summed - top)
    total = fraction.sum(axis=-1)
    log_evidence = np.log(total) + top[..., 0]
    extra = fraction[:, :, -1] * np.expm1(bonus)
    fraction[:, :, -1] += extra
    total += extra
    return fraction / total[..., None], log_evidence, np.log(total) + top[..., 0], bonus


def _bound(data: Data, member: np.ndarray, alone: np.ndarray, state: _Fractions) -> float:
    return float(
        state.terms
        + data.offset
        + alone @ data.alone
        - entropy_terms(member).sum()
        - entropy_terms(alone).sum()
        + size_evidence(member.sum(axis=0), alone.sum())
        + gammaln(member.shape[1] + 1)
        - PER_CLUSTER * member.shape[1]
    )


def _without_each(values: np.ndarray) -> np.ndarray:
    """Product along the first axis without the entry itself, for every entry."""
    out = np.ones_like(values)
    out[1:] = np.cumprod(values[:-1], axis=0)
    out[:-1] *= np.cumprod(values[:0:-1], axis=0)[::-1]
    return out
