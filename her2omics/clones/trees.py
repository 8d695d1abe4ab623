"""Trees of clones that the clusters' fractions allow, and each clone's share of a sample.

A cluster's cells carry the mutations of all its ancestors. So in every sample the fractions of a
cluster's children add up to no more than its own (sum rule). Fractions are known with error: the
rule is applied to draws from their posterior, and a draw that breaks it by d counts
exp(-d^2 / 2 slack^2). All trees are enumerated depth first; clusters come in order of their summed
fraction, so that a parent stands before its children. The draws that the best tree keeps tell the
fractions better than the reads of each cluster alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.clones.grid import GRID

LARGEST = 8  # clusters a tree is made of; more have too many trees to say anything
DRAWS = 400
SLACK = 0.03  # error of a fraction that the posterior does not hold (copy number, mapping)
SECOND_ROOT = 0.01  # prior of a cluster that does not descend from the trunk
_PRUNED = 1e-4  # weight, relative to that of no violation, below which a branch is given up
_LEAST_SHARE = 0.01  # of the best tree's weight; trees above it are compatible
NO_PARENT = -1


@dataclass(frozen=True)
class Trees:
    """What the fractions say about the tree of K clusters in S samples.

    Attributes
    ----------
    clusters
        (K,): which clusters, in the order of ``parent``.
    parent
        (K,): parent of each in the tree of largest weight, as a position; -1: descends from normal
        cells.
    weight
        Probability of that tree among all.
    compatible
        Number of trees with at least a hundredth of its weight.
    fits
        Whether any draw obeys the sum rule within the slack; else the tree is the least bad one.
    posterior
        (K, S, 101): posterior of every cluster's fraction under that tree; where it does not fit,
        as given.
    prevalence, low, high
        (K, S): share of the cancer cells that are of the clone itself and of none of its
        descendants: mean and 90 % interval.
    """

    clusters: np.ndarray
    parent: np.ndarray
    weight: float
    compatible: int
    fits: bool
    posterior: np.ndarray
    prevalence: np.ndarray
    low: np.ndarray
    high: np.ndarray


def trees(posterior: np.ndarray, sizes: np.ndarray, *, seed: int) -> Trees:
    """Return the trees that fit the fractions.

    Parameters
    ----------
    posterior
        (K, S, 101): posterior of every cluster's fraction.
    sizes
        (K,): mutations of each; with more than :data:`LARGEST` clusters the largest are taken.
    seed
        Seed of the draws.
    """
    kept = np.sort(np.argsort(-sizes, kind="stable")[:LARGEST])
    mean = (posterior[kept] @ GRID).sum(axis=1)
    order = kept[np.argsort(-mean, kind="stable")]
    draws = _drawn(posterior[order], np.random.default_rng(seed))
    found: list[tuple[tuple[int, ...], np.ndarray]] = []
    loosest = _PRUNED
    while not found:
        found = _enumerated(draws, loosest)
        loosest = loosest**2 if loosest > 1e-200 else 0.0
    weights = np.array([weight.mean() for _, weight in found])
    best = int(np.argmax(weights))
    parent, weight = np.array(found[best][0], dtype=int), found[best][1]
    prevalence, low, high = _prevalence(draws, parent, weight)
    fits = weight.max() > SECOND_ROOT ** max(0, (parent < 0).sum() - 1) * np.exp(-4.5)
    return Trees(
        clusters=order,
        parent=parent,
        weight=float(weights[best] / weights.sum()),
        compatible=int((weights >= _LEAST_SHARE * weights[best]).sum()),
        fits=bool(fits),
        posterior=_weighted(draws, weight) if fits else posterior[order],
        prevalence=prevalence,
        low=low,
        high=high,
    )


def _drawn(posterior: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws (D, K, S) from posteriors (K, S, 101), stratified."""
    count, samples, _ = posterior.shape
    cumulative = np.cumsum(posterior, axis=2)
    cumulative /= cumulative[..., -1:]
    out = np.empty((DRAWS, count, samples))
    for k in range(count):
        for s in range(samples):
            level = (rng.permutation(DRAWS) + rng.random(DRAWS)) / DRAWS
            index = np.searchsorted(cumulative[k, s], level)
            out[:, k, s] = GRID[np.minimum(index, len(GRID) - 1)]
    return out


def _enumerated(draws: np.ndarray, least: float) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """All trees of some weight: parents and weight of every draw (D,)."""
    count, samples = draws.shape[1:]
    if not count:
        return [((), np.ones(DRAWS))]
    found = []
    floor = np.log(least) if least > 0 else -np.inf

    def extend(parents: tuple[int, ...], room: np.ndarray, log_weight: np.ndarray) -> None:
        k = len(parents)
        if k == count:
            found.append((parents, np.exp(log_weight)))
            return
        need = draws[:, k]
        for p in range(NO_PARENT, k):
            # Position 0 of the room is what normal cells leave: all of the cancer cells.
            before = room[:, p + 1]
            after = before - need
            broken = np.minimum(after, 0) ** 2 - np.minimum(before, 0) ** 2
            change = -broken.sum(axis=1) / (2 * SLACK**2)
            if p == NO_PARENT and k > 0:
                change = change + np.log(SECOND_ROOT)
            total = log_weight + change
            if total.max() < floor:
                continue
            wider = np.concatenate([room, need[:, None]], axis=1)
            wider[:, p + 1] = after
            extend((*parents, p), wider, total)

    extend((), np.ones((DRAWS, 1, samples)), np.zeros(DRAWS))
    return found


def _weighted(draws: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Posterior (K, S, 101) of the fractions from draws on the grid and their weight (D,)."""
    place = np.rint(draws * (len(GRID) - 1)).astype(int)
    out = np.zeros((*draws.shape[1:], len(GRID)))
    clusters, samples = np.indices(draws.shape[1:])
    np.add.at(out, (clusters, samples, place), (weight / weight.sum())[:, None, None])
    return out


def _prevalence(
    draws: np.ndarray, parent: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and ends of the 90 % interval (K, S) of each clone's own share of the cancer cells."""
    own = draws.copy()
    for k, p in enumerate(parent):
        if p >= 0:
            own[:, p] -= draws[:, k]
    own = np.clip(own, 0, 1)
    share = weight / weight.sum()
    mean = np.einsum("d,dks->ks", share, own)
    order = np.argsort(own, axis=0, kind="stable")
    ranked = np.take_along_axis(own, order, axis=0)
    cumulative = np.cumsum(share[order], axis=0)

    def quantile(level: float) -> np.ndarray:
        index = np.minimum((cumulative < level).sum(axis=0), len(own) - 1)
        return np.take_along_axis(ranked, index[None], axis=0)[0]

    return mean, quantile(0.05), quantile(0.95)
