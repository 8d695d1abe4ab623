"""Variational mixture of clusters over any number of samples.

Cluster k has an origin and a cancer cell fraction per sample (``origin``), with their own
posterior; a mutation belongs to a cluster or to none ("unclustered": a fraction of its own in every
sample, which is where artefacts and mutations of a wrong copy number go). Memberships are soft: two
clusters that overlap are told apart by the shape of their mixture, which an assignment of each
mutation to one of them cannot do. What is maximised is the lower bound of the evidence

    sum_n log sum_k w_nk - KL(weights) - KL(fractions) + log K! + log p(K)

where K! counts the equivalent orders of the clusters, so that bounds of different K compare.
Every sample has a trunk, the mutations of its most recent common ancestor; a sample without one
pays ``log NO_TRUNK``, which ties purity and fractions together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, gammaln

from her2omics.clones.grid import GRID
from her2omics.clones.likelihood import Likelihood
from her2omics.clones.origin import (
    log_alone,
    on_grid,
    posterior,
    trunk_columns,
    trunks,
    without_each,
)

NO_TRUNK = 0.02  # prior of a sample none of whose clusters is the trunk
UNCLUSTERED = (1.0, 30.0)  # beta prior of the share of mutations outside all clusters
WEIGHT = 1.0  # Dirichlet prior of the clusters' weights
PER_CLUSTER = 0.0  # log prior odds against one more cluster
_EMPTY = 1.0  # mutations below which a cluster is dropped
_CHECK = 4  # iterations between two looks at the bound


def entropy_terms(p: np.ndarray) -> np.ndarray:
    """Return p log p, 0 where p is 0."""
    return p * np.log(np.maximum(p, 1e-300))


@dataclass(frozen=True)
class Data:
    """Log-likelihoods of the mutations.

    Attributes
    ----------
    flat
        (n, columns): log-likelihood of each mutation (``origin``), about 0 at best.
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
        """The part of branches as (n, S, 101)."""
        branch = self.flat[:, : self.samples * len(GRID)]
        return branch.reshape(len(self.flat), self.samples, len(GRID))

    def summed(self, member: np.ndarray) -> np.ndarray:
        """Members' log-likelihoods (K, columns) for memberships (n, K)."""
        return (member.T.astype(np.float32) @ self.flat).astype(float)

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """Expected log-likelihood (n, K) of each mutation for posteriors (K, columns)."""
        return self.flat @ weights.astype(np.float32).T

    def taken(self, rows: np.ndarray) -> Data:
        """Return the data of these mutations."""
        return Data(self.flat[rows], self.alone[rows], self.samples, self.offset)


def data_of(samples: Sequence[Likelihood], weight: np.ndarray) -> Data:
    """Join the samples' likelihoods; ``weight`` (n, H): prior of the trunk's multiplicities."""
    absent, trunk = [one.density[:, 0] for one in samples], [one.trunk for one in samples]
    last = trunk_columns(absent, trunk, weight)
    alone = log_alone(sum(one.log_alone() for one in samples), last, len(samples))
    flat = np.hstack([np.log(one.density) for one in samples] + [last])
    return Data(flat, alone, len(samples), float(sum(one.top.sum() for one in samples)))


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture.

    Attributes
    ----------
    member, alone
        (n, K) and (n,): probability of each cluster and of none.
    summed
        (K, columns): the members' log-likelihoods.
    weights
        (K, columns): posterior of the cluster's origin and fractions.
    samples
        Number of samples S.
    bound
        Lower bound of the log evidence.
    """

    member: np.ndarray
    alone: np.ndarray
    summed: np.ndarray
    weights: np.ndarray
    samples: int
    bound: float

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return self.member.shape[1]

    @property
    def mean(self) -> np.ndarray:
        """Mean fractions (K, S)."""
        return on_grid(self.weights, self.samples) @ GRID


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
    present = np.zeros((member.shape[1], data.samples))
    for iteration in range(iterations + 1):
        summed = data.summed(member)
        weights, terms = tied_posterior(summed, present)
        present = trunks(weights, data.samples)
        if iteration == iterations or (iteration and iteration % _CHECK == 0):
            bound = _bound(data, member, alone, terms)
            if iteration == iterations or bound - last < tolerance:
                break
            last = bound
        log_none, log_each = expected_log_weights(member.sum(axis=0), alone.sum())
        # One row per cluster: sums over the few clusters run along the many mutations.
        logits = np.empty((member.shape[1] + 1, len(member)))
        logits[0] = data.alone + log_none
        logits[1:] = data.scores(weights).T
        logits[1:] += log_each[:, None]
        logits -= logits.max(axis=0)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=0)
        member, alone = logits[1:].T, logits[0]
        kept = member.sum(axis=0) >= _EMPTY
        if not kept.all() and kept.any():
            member, present, last = member[:, kept], present[kept], -np.inf
    return Mixture(member, alone, summed, weights, data.samples, bound)


def tied_posterior(summed: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, float]:
    """Posterior (K, columns) of clusters of which each sample should have a trunk among.

    ``present`` (K, S) is the probability of a trunk as known before. Also returns what fractions
    and tie add to the bound.
    """
    samples = present.shape[1]
    bonus = -np.log(NO_TRUNK) * without_each(1 - present.T).T  # if no other is the trunk
    weights, evidence = posterior(summed, samples, bonus)
    present = trunks(weights, samples)
    terms = evidence.sum() - (bonus * present).sum()
    return weights, float(terms + np.log(NO_TRUNK) * np.prod(1 - present, axis=0).sum())


def _bound(data: Data, member: np.ndarray, alone: np.ndarray, terms: float) -> float:
    return float(
        terms
        + data.offset
        + alone @ data.alone
        - entropy_terms(member).sum()
        - entropy_terms(alone).sum()
        + size_evidence(member.sum(axis=0), alone.sum())
        + gammaln(member.shape[1] + 1)
        - PER_CLUSTER * member.shape[1]
    )
