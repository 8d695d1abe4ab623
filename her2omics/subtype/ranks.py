"""Spearman correlation of many samples to the PAM50 centroids, with genes weighted by counts.

One formula serves missing genes (count 0), genes left out on purpose (count 0) and the gene
bootstrap (count = how often a gene was drawn). Ranks are average ranks. All sums are over
multiples of one half and therefore exact: a sample's value does not depend on its batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from her2omics import resources
from her2omics.tables import SUBTYPES

_CHUNK = 24_000  # rows of counts worked on at once: about 80 MB


@dataclass(frozen=True)
class Centroids:
    """The five centroids.

    Attributes
    ----------
    genes
        The 50 genes in the order of every array of this package.
    amplicon
        Whether a gene lies in the 17q12 amplicon (ERBB2, GRB7).
    proliferation
        Whether a gene is one of the 11 of the proliferation score.
    values
        5 x 50.
    below
        5 x 50 x 50: see :func:`below`, for the centroids.
    """

    genes: tuple[str, ...]
    amplicon: np.ndarray
    proliferation: np.ndarray
    values: np.ndarray
    below: np.ndarray


@cache
def centroids() -> Centroids:
    """Return the centroids of Parker 2009 (J Clin Oncol 27:1160) as shipped."""
    table = resources.table("pam50_centroids.tsv")
    values = table[list(SUBTYPES)].to_numpy(float).T
    return Centroids(
        genes=tuple(table["gene"]),
        amplicon=table["chr17q12_amplicon"].to_numpy(bool),
        proliferation=table["proliferation11"].to_numpy(bool),
        values=values,
        below=below(values),
    )


def below(values: np.ndarray) -> np.ndarray:
    """Return n x h x g: 1 where gene h lies below gene g, 1/2 where they tie, else 0.

    Counts times this matrix are the average ranks minus 1/2. A missing gene gives 0 throughout.

    Parameters
    ----------
    values
        n x genes; NaN = missing.
    """
    h, g = values[:, :, None], values[:, None, :]
    return (h < g) + 0.5 * (h == g)


def correlations(values: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Return the Spearman correlation of each sample to each centroid.

    Parameters
    ----------
    values
        n x 50 centred log2 levels; NaN = missing.
    counts
        How often each gene counts: n x draws x 50, or draws x 50 for all samples alike; default
        once. Missing genes count 0 whatever is given.

    Returns
    -------
    ndarray
        n x draws x 5 (n x 5 without ``counts``) in the order of ``tables.SUBTYPES``; NaN where
        fewer than two different values are left.
    """
    measured = np.isfinite(values)
    values = standardised(values)
    single = counts is None
    if single:
        counts = np.ones((1, values.shape[1]))
    counts = np.broadcast_to(counts, (len(values), *counts.shape[-2:]))
    out = np.empty((*counts.shape[:2], len(SUBTYPES)))
    step = max(1, _CHUNK // max(1, counts.shape[1] * len(SUBTYPES)))
    for start in range(0, len(values), step):
        part = slice(start, start + step)
        weights = counts[part] * measured[part, None, :]
        out[part] = _correlations(values[part], weights)
    return out[:, 0] if single else out


def _correlations(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n, draws, genes = weights.shape
    own = np.matmul(weights, below(values))  # n x draws x genes
    theirs = np.matmul(weights[:, :, None, :], _side_by_side()).reshape(n, draws, -1, genes)
    total = weights.sum(axis=2)
    # A weighted mean of average ranks is half their number, whatever the ties.
    own -= total[:, :, None] / 2
    theirs -= total[:, :, None, None] / 2
    weighted = weights * own
    covariance = np.matmul(theirs, weighted[..., None])[..., 0]
    variance = (weighted * own).sum(axis=2)
    their_variance = (weights[:, :, None, :] * theirs**2).sum(axis=3)
    product = variance[:, :, None] * their_variance
    defined = product > 0
    return np.where(defined, covariance / np.sqrt(np.where(defined, product, 1.0)), np.nan)


def standardised(values: np.ndarray) -> np.ndarray:
    """Return each sample (row) less its mean, over its SD, of its measured genes.

    The published classifier does so first. Ranks are the same, but for genes that differ by
    floating-point error: those tie as they do there.
    """
    # One memory order: the order of a sum's terms must not depend on how a table was cut.
    values = np.ascontiguousarray(values, dtype=float)
    measured = np.isfinite(values)
    number = np.maximum(measured.sum(axis=1, keepdims=True), 2)
    centred = values - np.where(measured, values, 0).sum(axis=1, keepdims=True) / number
    squares = (np.where(measured, centred, 0) ** 2).sum(axis=1, keepdims=True)
    sd = np.sqrt(squares / (number - 1))
    return centred / np.where(sd > 0, sd, 1.0)


@cache
def _side_by_side() -> np.ndarray:
    """Return the centroids' order matrices beside each other: 50 x (5 x 50)."""
    stacked = centroids().below
    return np.ascontiguousarray(stacked.transpose(1, 0, 2).reshape(stacked.shape[1], -1))


def bootstrap_counts(measured: np.ndarray, *, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws x genes: how often each measured gene is drawn, with replacement.

    Parameters
    ----------
    measured
        Whether a gene is measured; as many genes are drawn as are measured.
    draws
        Number of resamples.
    rng
        Generator of this sample or case.
    """
    out = np.zeros((draws, len(measured)))
    used = int(measured.sum())
    if used:
        out[:, measured] = rng.multinomial(used, np.full(used, 1 / used), size=draws)
    return out


def best_two(correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the best centroid (-1 where undefined) and its lead over the second."""
    filled = np.where(np.isnan(correlation), -np.inf, correlation)
    ordered = np.sort(filled, axis=-1)
    defined = np.isfinite(ordered[..., -2])
    margin = np.subtract(
        ordered[..., -1],
        ordered[..., -2],
        out=np.full(defined.shape, np.nan),
        where=defined,
    )
    return np.where(defined, filled.argmax(axis=-1), -1), margin
