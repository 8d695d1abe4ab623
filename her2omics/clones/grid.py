"""The grid of cancer cell fractions and what is read off a posterior on it."""

from __future__ import annotations

import numpy as np

GRID = np.linspace(0.0, 1.0, 101)  # cancer cell fraction; steps below the error of real clusters
_HALF = GRID[1] / 2
INTERVAL = 0.9  # share of the posterior between low and high


def mean_sd(posterior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of posteriors (..., 101)."""
    mean = posterior @ GRID
    variance = posterior @ GRID**2 - mean**2
    return mean, np.sqrt(np.maximum(variance, 0.0))


def quantile(posterior: np.ndarray, level: float) -> np.ndarray:
    """Return the quantile of posteriors (..., 101), NaN where a posterior is.

    A grid point stands for its cell, over which its mass is spread; 0 and 1 are points of their
    own: a mutation that is absent, or in all cells, is exactly that.
    """
    posterior = posterior / posterior.sum(axis=-1, keepdims=True)
    cumulative = np.cumsum(posterior, axis=-1)
    cell = np.minimum((cumulative < level).sum(axis=-1), len(GRID) - 1)
    upper = np.take_along_axis(cumulative, cell[..., None], -1)[..., 0]
    mass = np.take_along_axis(posterior, cell[..., None], -1)[..., 0]
    within = 1 - (upper - level) / np.maximum(mass, 1e-300)
    value = GRID[cell] + (2 * np.clip(within, 0, 1) - 1) * _HALF
    atom = (cell == 0) | (cell == len(GRID) - 1)
    return np.where(np.isnan(upper), np.nan, np.where(atom, GRID[cell], value))


def interval(posterior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the equal-tailed 90 % interval of posteriors (..., 101)."""
    tail = (1 - INTERVAL) / 2
    return quantile(posterior, tail), quantile(posterior, 1 - tail)
