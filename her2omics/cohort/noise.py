"""Noise of each RNA sample: how far its stable genes scatter, and what follows for all genes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.cohort import levels as scale
from her2omics.cohort.reference import bundled

# Scale of the sample effect of a sample like the reference's (science of the evidence table).
SAMPLE_SD = 0.25
# Stable genes that scatter less than the reference's do not make a sample better than this share.
LEAST_SHARE = 0.8
# Samples needed before the cohort's own centre of each stable gene is used.
MIN_SAMPLES = 8
_MAD = 1.4826


def stable_offsets(levels: pd.DataFrame) -> pd.Series:
    """Return how far each stable gene lies from the reference in this cohort.

    Parameters
    ----------
    levels
        Genes x samples with a size factor.

    Returns
    -------
    Series by gene
        Median deviation, log2: what the protocol does to a gene in every sample, which is no noise
        of a sample. Empty with fewer than eight samples.
    """
    stable = scale.stable_levels()
    if levels.shape[1] < MIN_SAMPLES:
        return pd.Series(dtype=float)
    return levels.reindex(stable.index).sub(stable, axis=0).median(axis=1).dropna()


def expected_spread() -> float:
    """Return the spread of the stable genes in a sample of the reference (median SD, log2)."""
    reference = bundled()
    return float(reference.loc[reference["role"] == "stable", "sd"].median())


def stable_spread(
    levels: pd.DataFrame, *, size_factors: pd.Series, offsets: pd.Series
) -> pd.DataFrame:
    """Return the spread of the stable genes of each sample and its sample SD.

    Parameters
    ----------
    levels
        Genes x samples.
    size_factors
        One per sample; missing: no spread, and the sample SD of a sample like the reference's.
    offsets
        :func:`stable_offsets` of this cohort or of the frozen one.

    Returns
    -------
    DataFrame by sample
        ``stable_sd``: 1.4826 MAD of the stable genes around reference + offset, log2.
        ``sample_sd``: .25 x spread beyond counting noise / spread expected of the reference, never
        below .25 x .8. Depends on the sample and on frozen quantities only.
    """
    stable = scale.stable_levels()
    centre = stable + offsets.reindex(stable.index).fillna(0.0)
    deviation = levels.reindex(stable.index).sub(centre, axis=0)
    factors = size_factors.reindex(levels.columns).to_numpy(dtype=float)
    known = np.isfinite(factors)
    spread = pd.Series(np.nan, index=levels.columns)
    counting = np.zeros(len(factors))
    if known.any():
        part = deviation.loc[:, known]
        spread[known] = _MAD * (part - part.median()).abs().median()
        own = levels.reindex(stable.index).loc[:, known].to_numpy()
        counting[known] = np.nanmedian(scale.counting_sd(own, factors[known]), axis=0)
    beyond = np.sqrt(np.maximum(spread.to_numpy() ** 2 - counting**2, 0.0))
    share = np.maximum(beyond / expected_spread(), LEAST_SHARE)
    sample_sd = SAMPLE_SD * np.where(np.isfinite(share), share, 1.0)
    return pd.DataFrame({"stable_sd": spread, "sample_sd": sample_sd}, index=levels.columns)
