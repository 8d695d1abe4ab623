"""Search over the number of clusters: spread starts, merges down to one, splits of what is left."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from her2omics.clones.grid import GRID
from her2omics.clones.mixture import (
    PER_CLUSTER,
    WEIGHT,
    Data,
    Mixture,
    entropy_terms,
    expected_log_weights,
    fit,
    size_evidence,
)
from her2omics.clones.origin import log_sum, on_grid, posterior

STARTS = 16  # clusters of the start; merging is safer than splitting
_CANDIDATES = 80  # mutations whose own posteriors are tried as starting clusters
_FAR = 40.0  # log evidence below the best at which the way down to one cluster is given up
_SPLIT_ITERATIONS = 8
_FEW = 5  # mutations of a cluster that is looked for among those that fit none
_OWN_SD = 0.25  # a mutation's own fraction is read in this window around its cluster's


def start(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Memberships of :data:`STARTS` clusters, chosen greedily among the mutations' posteriors."""
    own = posterior(data.flat, data.samples)[0]
    order = np.argsort((on_grid(own, data.samples) @ GRID).sum(axis=1), kind="stable")
    tried = order[:: max(1, len(order) // _CANDIDATES)]
    score = data.scores(own[tried]).astype(float)
    reached = data.alone - 2.0
    chosen: list[int] = []
    free = np.ones(len(tried), dtype=bool)
    for _ in range(min(STARTS, len(tried))):
        gain = np.where(free, np.logaddexp(reached[:, None], score).sum(axis=0), -np.inf)
        best = int(np.argmax(gain))
        chosen.append(best)
        free[best] = False
        reached = np.logaddexp(reached, score[:, best])
    score = score[:, chosen]
    score = np.exp(score - score.max(axis=1, keepdims=True))
    member = score / score.sum(axis=1, keepdims=True)
    return 0.98 * member, np.full(len(member), 0.02)


def search(data: Data) -> Mixture:
    """Best mixture on the way from many clusters down to one."""
    current = best = fit(data, *start(data), iterations=20, tolerance=0.5)
    while current.clusters > 1:
        pairs = best_merges(current, current.clusters)
        if pairs[0][1] < -_FAR and current.bound < best.bound - _FAR:
            break
        current = fit(data, *merged(current, _disjoint(pairs)), iterations=8, tolerance=0.05)
        if current.bound > best.bound:
            best = current
    return best


def _disjoint(pairs: list[tuple[tuple[int, int], float]]) -> list[tuple[int, int]]:
    """The best pair and all others that raise the bound and share no cluster."""
    chosen, used = [pairs[0][0]], set(pairs[0][0])
    for pair, gain in pairs[1:]:
        if gain > 0 and not used & set(pair):
            chosen.append(pair)
            used |= set(pair)
    return chosen


def refine(data: Data, mixture: Mixture, *, rounds: int = 4) -> Mixture:
    """Split and merge clusters, and gather what none holds, as long as the bound rises."""
    for _ in range(rounds):
        before = mixture.bound
        mixture = merge(data, split(data, gathered(data, mixture)))
        if mixture.bound < before + 0.5:
            break
    return fit(data, mixture.member, mixture.alone)


def gathered(data: Data, mixture: Mixture) -> Mixture:
    """Make clusters of mutations that fit no cluster well, where the bound rises.

    A small cluster among many mutations may have had no start of its own; its members are then
    unclustered, or hang on to the tail of a large cluster.
    """
    for _ in range(STARTS):
        sizes, outside = mixture.member.sum(axis=0), mixture.alone.sum()
        log_none, log_each = expected_log_weights(sizes, outside)
        held = np.c_[data.alone + log_none, data.scores(mixture.weights) + log_each]
        held = log_sum(held)
        worst = np.argsort(held - data.alone, kind="stable")[:_CANDIDATES]
        own = posterior(data.flat[worst], data.samples)[0]
        few = np.log(_FEW / len(held))  # weight of a cluster of so many
        gain = np.maximum(data.scores(own) + few - held[:, None], 0.0)
        joins = np.flatnonzero(gain[:, gain.sum(axis=0).argmax()] > 0)
        if len(joins) < 2:
            break
        member = np.c_[mixture.member, np.zeros(len(held))]
        alone = mixture.alone.copy()
        member[joins] *= 0.1
        alone[joins] *= 0.1
        member[joins, -1] = 0.9
        trial = fit(data, member, alone, iterations=15, tolerance=0.02)
        if trial.bound < mixture.bound + 0.1:
            break
        mixture = trial
    return mixture


def merge(data: Data, mixture: Mixture, *, tried: int = 4) -> Mixture:
    """Merge pairs of clusters as long as the bound rises."""
    improved = True
    while improved and mixture.clusters > 1:
        improved = False
        for pair, gain in best_merges(mixture, tried):
            if gain < -15:
                break
            trial = fit(data, *merged(mixture, [pair]), iterations=15, tolerance=0.02)
            if trial.bound > mixture.bound:
                mixture, improved = trial, True
                break
    return mixture


def split(data: Data, mixture: Mixture) -> Mixture:
    """Split each cluster, the largest first, where the bound rises."""
    for k in np.argsort(-mixture.member.sum(axis=0), kind="stable"):
        if k >= mixture.clusters or (mixture.member[:, k] > 0.05).sum() < 4:
            continue
        gain, rows, parts = _best_split(data, mixture, int(k))
        if gain < -8:
            continue
        member = np.c_[mixture.member, np.zeros(len(mixture.member))]
        member[rows, k], member[rows, -1] = parts[:, 0], parts[:, 1]
        trial = fit(data, member, mixture.alone, iterations=15, tolerance=0.02)
        if trial.bound > mixture.bound + 0.1:
            mixture = trial
    return mixture


def merged(mixture: Mixture, pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Memberships with these pairs of clusters joined."""
    gone = [k for pair in pairs for k in pair]
    joined = [mixture.member[:, i] + mixture.member[:, j] for i, j in pairs]
    return np.column_stack([np.delete(mixture.member, gone, axis=1), *joined]), mixture.alone


def best_merges(mixture: Mixture, wanted: int) -> list[tuple[tuple[int, int], float]]:
    """Pairs whose merging changes the bound most, memberships summed and nothing refitted."""
    i, j = np.triu_indices(mixture.clusters, 1)
    evidence = posterior(mixture.summed, mixture.samples)[1]
    joined = posterior(mixture.summed[i] + mixture.summed[j], mixture.samples)[1]
    sizes = mixture.member.sum(axis=0)
    gain = joined - evidence[i] - evidence[j] - np.log(mixture.clusters) + PER_CLUSTER
    gain = gain + _fewer_sizes(sizes[i], sizes[j], mixture.clusters, sizes.sum())
    order = np.argsort(-gain, kind="stable")[: 3 * wanted + 5]
    terms = {k: entropy_terms(mixture.member[:, k]).sum() for k in {*i[order], *j[order]}}
    for p in order:  # merging gives up what the memberships of the two left open: always a loss
        pair = mixture.member[:, i[p]] + mixture.member[:, j[p]]
        gain[p] -= entropy_terms(pair).sum() - terms[i[p]] - terms[j[p]]
    order = order[np.argsort(-gain[order], kind="stable")][:wanted]
    return [((int(i[p]), int(j[p])), float(gain[p])) for p in order]


def _fewer_sizes(a: np.ndarray, b: np.ndarray, count: int, total: float) -> np.ndarray:
    """Change of :func:`size_evidence` when clusters of sizes a and b of ``count`` become one."""
    one = gammaln(WEIGHT)
    return (
        gammaln(WEIGHT + a + b)
        - gammaln(WEIGHT + a)
        - gammaln(WEIGHT + b)
        + one
        + gammaln(WEIGHT * (count - 1))
        - gammaln(WEIGHT * (count - 1) + total)
        - gammaln(WEIGHT * count)
        + gammaln(WEIGHT * count + total)
    )


def _best_split(data: Data, mixture: Mixture, k: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Change of the bound, members and their halves' memberships of the best split found."""
    rows = np.flatnonzero(mixture.member[:, k] > 0.05)
    weight = mixture.member[rows, k]
    part_data = data.taken(rows)
    centre = GRID[np.rint(mixture.mean[k] * (len(GRID) - 1)).astype(int)]
    window = -0.5 * ((GRID - centre[:, None]) / _OWN_SD) ** 2
    own = part_data.cube + window
    own = np.exp(own - log_sum(own)[..., None]) @ GRID
    z = (own - own.mean(axis=0)) / np.maximum(own.std(axis=0), 1e-3)
    directions = list(z.T)
    if data.samples > 1:
        directions += [
            z[:, a] + sign * z[:, b]
            for a in range(data.samples)
            for b in range(a)
            for sign in (1, -1)
        ]
    sizes, outside = mixture.member.sum(axis=0), mixture.alone.sum()
    fixed = (
        np.log(mixture.clusters + 1)
        - PER_CLUSTER
        - posterior(mixture.summed[k], data.samples)[1]
        - size_evidence(sizes, outside)
    )
    # All directions at once: halves are columns (n, directions, 2).
    z = np.stack(directions, axis=1)
    upper = z > np.average(z, axis=0, weights=weight)
    part = np.where(upper[..., None], [0.9, 0.1], [0.1, 0.9])
    weight = weight[:, None, None]
    for iteration in range(_SPLIT_ITERATIONS + 1):
        both = (part * weight).reshape(len(rows), -1)
        weights, evidence = posterior(part_data.summed(both), data.samples)
        if iteration == _SPLIT_ITERATIONS:
            break
        logits = part_data.scores(weights) + digamma(1 + both.sum(axis=0))
        logits = logits.reshape(part.shape)
        logits = np.exp(logits - logits.max(axis=2, keepdims=True))
        part = logits / logits.sum(axis=2, keepdims=True)
    halves = both.sum(axis=0).reshape(-1, 2)
    rest = np.tile(np.delete(sizes, k), (len(halves), 1))
    gain = (
        fixed
        + evidence.reshape(-1, 2).sum(axis=1)
        - (weight * entropy_terms(part)).sum(axis=(0, 2))
        + size_evidence(np.c_[rest, halves], outside)
    )
    best = int(np.argmax(gain))
    return float(gain[best]), rows, both.reshape(part.shape)[:, best]
