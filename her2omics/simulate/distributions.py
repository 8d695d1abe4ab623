"""Random draws the simulator needs and numpy does not have: truncated and keyed ones."""

from __future__ import annotations

import zlib

import numpy as np
from scipy import special


def stream(seed: int, *parts: str | int) -> np.random.Generator:
    """Return a generator of its own for a seed and the names of what is drawn."""
    keys = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in parts]
    return np.random.default_rng(np.random.SeedSequence([seed, *keys]))


def rows_of(key: np.ndarray) -> np.ndarray:
    """Return the rank of each key: what is drawn once per key is spread over its rows by it."""
    return np.unique(key, return_inverse=True)[1]


def poisson(chance: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return Poisson counts at uniform quantiles, 0 where the mean is 0.

    Unlike a generator's own counts, one uniform makes one count: a case's draws do not depend on
    how many cases stand before it.
    """
    chance, mean = np.broadcast_arrays(chance, mean)
    safe = np.where(mean > 0, mean, 1.0)
    above = np.ceil(special.pdtrik(chance, safe))
    below = np.maximum(above - 1, 0)
    count = np.where(special.pdtr(below, safe) >= chance, below, above)
    return np.where(mean > 0, count, 0).astype(int)


def truncated_beta(
    rng: np.random.Generator, a: float, b: float, low: float, high: float, size: int
) -> np.ndarray:
    """Return Beta(a, b) draws restricted to [low, high]."""
    ends = special.betainc(a, b, [low, high])
    return special.betaincinv(a, b, rng.uniform(*ends, size))


def truncated_normal(
    rng: np.random.Generator,
    mean: float,
    sd: float,
    low: float | np.ndarray,
    high: float,
    size: int,
) -> np.ndarray:
    """Return N(mean, sd) draws restricted to [low, high].

    ``low`` is one value or one per draw; ``high`` may be infinite.
    """
    ends = special.ndtr((low - mean) / sd), special.ndtr((high - mean) / sd)
    return mean + sd * special.ndtri(rng.uniform(*ends, size))


def constant_or_uniform(
    rng: np.random.Generator, value: float | tuple[float, float], size: int
) -> np.ndarray:
    """Return a constant, or uniform draws where (low, high) is given."""
    if isinstance(value, tuple):
        return rng.uniform(*value, size)
    return np.full(size, float(value))


def choose(rng: np.random.Generator, shares: dict[str, float], size: int) -> np.ndarray:
    """Return keys drawn with the given shares (scaled to sum to 1), as an object array."""
    weights = np.array(list(shares.values()), dtype=float)
    picks = rng.choice(len(weights), size, p=weights / weights.sum())
    return np.array(list(shares), dtype=object)[picks]
