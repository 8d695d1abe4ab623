"""HER2 protein, immunohistochemistry, in-situ hybridisation and the reported status."""

from __future__ import annotations

import numpy as np

IHC = np.array(["0", "1+", "2+", "3+"], dtype=object)

#: log2 protein level above which a stain reads 1+, 2+, 3+; the last cut-off differs by reader.
CUTS = (0.0, 0.9, 1.8)
READER_SD = 0.5
LAB_ERROR = 0.03


def protein_level(
    f: np.ndarray,
    amplified: np.ndarray,
    other: np.ndarray,
    ploidy: np.ndarray,
    repression: np.ndarray | float,
) -> np.ndarray:
    """Return log2 of the mean HER2 protein per cancer cell, a genome-neutral cell being 0."""
    share = f * amplified / ploidy * 2.0 ** (-np.asarray(repression))
    return np.log2(share + (1 - f) * other / ploidy)


def ish_group(ratio: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Return the ASCO/CAP dual-probe group 1-5."""
    return np.select(
        [(ratio >= 2) & (copies >= 4), ratio >= 2, copies >= 6, copies >= 4], [1, 2, 3, 4], 5
    )


def piece(rng: np.random.Generator, share: np.ndarray, icc: float) -> np.ndarray:
    """Return the share in one piece of the tumour: beta around the mean, 0 and 1 stay."""
    spread = (1 - icc) / icc
    inside = (share > 0) & (share < 1)
    safe = np.where(inside, share, 0.5)
    drawn = rng.beta(np.maximum(safe * spread, 1e-3), np.maximum((1 - safe) * spread, 1e-3))
    return np.where(inside, drawn, share)


def reported_status(
    rng: np.random.Generator,
    protein: np.ndarray,
    escape: np.ndarray,
    group: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the reported status (True = positive) and the stain (0-3) behind it.

    Positive if 3+, or 2+ with ISH group 1 or 3; a laboratory error turns the status in 3 % either
    way, and the reported stain goes with it (3+ for a false positive, 0 or 1+ for a false
    negative).
    """
    n = len(protein)
    third = protein > CUTS[2] + rng.normal(0, READER_SD, n)
    score = np.select([third, protein > CUTS[1], protein > CUTS[0]], [3, 2, 1], 0)
    low = rng.integers(0, 2, n)
    score = np.where(escape, low, score)
    positive = (score == 3) | ((score == 2) & np.isin(group, (1, 3)))
    wrong = rng.random(n) < LAB_ERROR
    reported = positive ^ wrong
    return reported, _consistent(score, positive, reported, low)


def _consistent(
    score: np.ndarray, positive: np.ndarray, reported: np.ndarray, low: np.ndarray
) -> np.ndarray:
    score = np.where(reported & ~positive, 3, score)
    return np.where(~reported & positive, low, score)


def force_status(
    reported: np.ndarray, score: np.ndarray, status: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return status and stain with the status set, the stain going with it."""
    if status is None:
        return reported, score
    wanted = np.full(len(reported), status == "positive")
    return wanted, _consistent(score, reported, wanted, np.minimum(score, 1))
