"""What a sample would look like at another purity: diluted with a Normal-like profile.

Normal tissue is the main source of false switches: 20 % more of it takes most HER2-enriched
tumours to another label. So the two samples of a pair are compared at equal purity, the lower of
the two. It is always the purer sample that is diluted: normal tissue can be added in silico, while
taking it out divides by the purity and magnifies the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.thresholds import limits

_Z90 = 1.6448536269514722
#: A purity outside is not used as it stands: ratios of purities would run away.
_RANGE = (0.02, 1.0)


@dataclass(frozen=True)
class Purity:
    """Purity of one sample.

    Attributes
    ----------
    value
        Leading estimate, share of cells; NaN = unknown.
    draws
        Draws of its uncertainty: over the modes of the fit and a normal error within each; the
        prior Beta(5, 5) where nothing is known.
    ploidy
        Ploidy of the mode each draw comes from; NaN = unknown.
    """

    value: float
    draws: np.ndarray
    ploidy: np.ndarray

    @property
    def known(self) -> bool:
        """Whether there is any estimate."""
        return bool(np.isfinite(self.value))


def purity_of(rows: pd.DataFrame, *, draws: int, rng: np.random.Generator) -> Purity:
    """Return the purity of one sample.

    Parameters
    ----------
    rows
        The sample's rows of table ``purity``, one per mode; may be empty.
    draws
        Number of draws.
    rng
        Generator of the case.
    """
    limit = limits()
    # The stream is used alike whatever is known, so that one sample's purity moves no other draw.
    prior = rng.beta(limit.purity_prior, limit.purity_prior, draws)
    pick, error = rng.random(draws), rng.normal(0, 1, draws)
    rows = rows[rows["purity"].notna()]
    if rows.empty:
        return Purity(np.nan, np.clip(prior, *_RANGE), np.full(draws, np.nan))
    value = rows["purity"].to_numpy(float)
    reach = np.fmax(rows["purity_high"] - rows["purity"], rows["purity"] - rows["purity_low"])
    sd = (reach / _Z90).fillna(limit.sheet_purity_sd).to_numpy(float)
    weight = rows["weight"].fillna(1.0).to_numpy(float)
    mode = np.searchsorted(np.cumsum(weight / weight.sum())[:-1], pick, side="right")
    drawn = value[mode] + sd[mode] * error
    ploidy = rows["ploidy"].to_numpy(float) if "ploidy" in rows else np.full(len(rows), np.nan)
    leading = float(np.clip(value[weight.argmax()], *_RANGE))
    return Purity(leading, np.clip(drawn, *_RANGE), ploidy[mode])


def shares(baseline: np.ndarray, followup: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each sample that is kept, the rest being normal tissue.

    Parameters
    ----------
    baseline, followup
        Purities.

    Returns
    -------
    tuple of ndarray
        1 for the less pure sample, the ratio of the purities for the other.
    """
    return np.minimum(1.0, followup / baseline), np.minimum(1.0, baseline / followup)


def dilute(values: np.ndarray, normal: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return profiles with a part of them replaced by normal tissue, mixed on the linear scale.

    Parameters
    ----------
    values
        50 log2 levels, centred or not.
    normal
        50 log2 levels of the normal profile, centred by the same values; NaN = unknown gene.
    share
        n shares kept.

    Returns
    -------
    ndarray
        n x 50, log2. Share 1 returns the values untouched.
    """
    share = np.asarray(share, dtype=float)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        mixed = np.logaddexp2(values + np.log2(share), normal + np.log2(1 - share))
    return np.where(share == 1.0, values, mixed)
