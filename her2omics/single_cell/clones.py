"""Clones of malignant cells by copy number, both samples together, and their share in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, norm
from scipy.stats import f as f_distribution

from her2omics.single_cell import discriminant, mixture
from her2omics.single_cell.bins import Bins, arm_means, spread
from her2omics.single_cell.malignant import counted
from her2omics.thresholds import limits

#: Between-cell spread of an arm within one clone beyond sampling, log2: cell states.
_STATE_SD = 0.02
# Small groups are merged before all others.
_FIRST = 1e6


@dataclass(frozen=True)
class Clones:
    """Clones of one patient.

    Attributes
    ----------
    clone
        (cells,) code of the clone, -1 = none; 0 is the largest.
    arms
        Chromosome arms.
    log2
        (clones, arms) mean copy-number log2 ratio.
    """

    clone: np.ndarray
    arms: list[str]
    log2: np.ndarray


def find(
    profile: np.ndarray, *, malignant: np.ndarray, umis: np.ndarray, bins: Bins, seed: int
) -> Clones:
    """Return the clones of the malignant cells of one patient.

    Parameters
    ----------
    profile
        (cells, bins) of all cells.
    malignant
        (cells,) probability; cells above .5 have a clone.
    umis
        (cells,) molecules.
    bins
        Of the profile.
    seed
        Of the mixture.

    Notes
    -----
    Groups of the mixture stay apart only where at least one arm differs by more than
    ``clone_arm_log2`` with z above ``clone_arm_z``, and the arms beyond what their bins differ by
    among themselves (:func:`arms_apart`). The closest pair is merged first. A group of less than
    ``clone_least_share`` of the cells joins the nearest: outliers, not a clone.

    Principal components see cell states before clones: the cells of groups that stay apart are
    placed anew along the axes that part them (:mod:`~her2omics.single_cell.discriminant`).
    """
    cells = np.flatnonzero(counted(malignant))
    clone = np.full(len(malignant), -1)
    if not len(cells):
        return Clones(clone, [], np.empty((0, 0)))
    own = profile[cells]
    noise = spread(umis[cells], bins)
    groups = _merged(own, mixture.fit(own, spread=noise, seed=seed).group, bins)
    groups = _merged(own, discriminant.refined(own, spread=noise, groups=groups), bins)
    order = np.argsort(-np.bincount(groups), kind="stable")
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    clone[cells] = rank[groups]
    means, arms = arm_means(
        np.stack([own[rank[groups] == code].mean(axis=0) for code in range(len(order))]), bins
    )
    return Clones(clone, arms, np.log2(np.maximum(1.0 + means, 0.1)))


def _merged(profile: np.ndarray, groups: np.ndarray, bins: Bins) -> np.ndarray:
    """Return the groups with those merged that no copies keep apart."""
    limit = limits()
    values, _ = arm_means(profile, bins)
    groups = np.unique(groups, return_inverse=True)[1]
    while (number := groups.max() + 1) > 1:
        mean = np.stack([values[groups == g].mean(axis=0) for g in range(number)])
        error = np.stack([_error(values[groups == g]) for g in range(number)])
        log2 = np.log2(np.maximum(1.0 + mean, 0.1))
        size = np.bincount(groups)
        level = np.stack([_log(profile[groups == g].mean(axis=0)) for g in range(number)])
        best, pair = np.inf, None
        for a in range(number):
            for b in range(a + 1, number):
                step = np.abs(log2[a] - log2[b])
                z = np.abs(mean[a] - mean[b]) / np.hypot(error[a], error[b])
                clear = step[z > limit.clone_arm_z].max(initial=0.0)
                apart = arms_apart(level[b] - level[a], bins)
                if apart < limit.clone_arm_z:
                    clear = apart - limit.clone_arm_z
                if min(size[a], size[b]) < limit.clone_least_share * len(groups):
                    clear = np.square(step).mean() - _FIRST
                if clear < best:
                    best, pair = clear, (a, b)
        if best > limit.clone_arm_log2:
            return groups
        groups = np.unique(np.where(groups == pair[1], pair[0], groups), return_inverse=True)[1]
    return groups


def arms_apart(change: np.ndarray, bins: Bins) -> float:
    """Return how surely a difference of two groups lies between arms, as a normal quantile.

    Parameters
    ----------
    change
        (bins,) difference of their means.
    bins
        Where they lie.

    Notes
    -----
    Analysis of variance of the bins by arm. Copies move the bins of an arm together; cell states,
    and what sets two samples apart, move genes one by one, and an arm of one bin as far as any. It
    is left out; 0 where fewer than two arms have two bins.
    """
    _, code, count = np.unique(bins.arm.astype(str), return_inverse=True, return_counts=True)
    change, code = change[count[code] > 1], code[count[code] > 1]
    arms, code, count = np.unique(code, return_inverse=True, return_counts=True)
    if len(arms) < 2:
        return 0.0
    mean = np.bincount(code, change) / count
    within, between = len(change) - len(arms), len(arms) - 1
    scatter = max(float(np.sum((change - mean[code]) ** 2)), 1e-12)
    moved = float(count @ (mean - change.mean()) ** 2)
    chance = f_distribution.sf(moved / between * within / scatter, between, within)
    return float(norm.isf(max(chance, 1e-300)))


def _log(profile: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(1.0 + profile, 0.1))


def _error(values: np.ndarray) -> np.ndarray:
    """Return (arms,) standard error of the mean of a group; one cell has none."""
    if len(values) < 2:
        return np.full(values.shape[1], np.inf)
    return np.sqrt(values.var(axis=0, ddof=1) / len(values) + _STATE_SD**2)


def fractions(clone: np.ndarray, sample: np.ndarray) -> list[tuple[str, int, int, float, float]]:
    """Return sample, clone, cells, and the 90 % interval of its share of the malignant cells.

    Notes
    -----
    Beta interval with Jeffreys' prior: of this biopsy, cells drawn from it; what another site of
    the tumour would show varies more.
    """
    rows = []
    number = int(clone.max(initial=-1)) + 1
    for name in dict.fromkeys(sample):
        own = clone[(sample == name) & (clone >= 0)]
        for code in range(number if len(own) else 0):
            count = int((own == code).sum())
            shape = (count + 0.5, len(own) - count + 0.5)
            rows.append(
                (str(name), code, count, *(float(beta.ppf(q, *shape)) for q in (0.05, 0.95)))
            )
    return rows
