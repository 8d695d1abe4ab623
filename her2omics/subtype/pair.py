"""Correlations of both samples of a case at equal purity, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.subtype import ranks
from her2omics.subtype.counterfactual import Purity, dilute, shares

ALL, OUTSIDE = 0, 1  # gene sets: all 50 genes; the 48 outside the 17q12 amplicon


@dataclass(frozen=True)
class Pair:
    """Both samples of a case at equal purity, on the genes measured in both.

    Attributes
    ----------
    observed, observed_followup
        Baseline and follow-up as they are, undiluted: gene set x centroid.
    baseline, followup
        Gene set x centroid: at the purities as estimated; averaged over the draws where a purity
        is unknown.
    baseline_drawn, followup_drawn
        Draw x gene set x centroid, each with a draw of the purities and a gene bootstrap (both
        samples with the same genes).
    genes
        Number of genes measured in both.
    purity_known
        Whether both purities are.
    """

    observed: np.ndarray
    observed_followup: np.ndarray
    baseline: np.ndarray
    followup: np.ndarray
    baseline_drawn: np.ndarray
    followup_drawn: np.ndarray
    genes: int
    purity_known: bool


def compare(
    baseline: np.ndarray,
    followup: np.ndarray,
    *,
    purities: tuple[Purity, Purity],
    normal: np.ndarray | None,
    rng: np.random.Generator,
) -> Pair:
    """Return both samples at equal purity.

    Parameters
    ----------
    baseline, followup
        50 centred log2 levels; NaN = missing.
    purities
        Of baseline and follow-up, with equally many draws.
    normal
        Normal-like profile, centred alike; ``None``: the samples are compared as they are.
    rng
        Generator of the case.
    """
    measured = np.isfinite(baseline) & np.isfinite(followup)
    if normal is not None:
        measured &= np.isfinite(normal)
    samples = [np.where(measured, sample, np.nan) for sample in (baseline, followup)]
    known = all(purity.known for purity in purities)
    draws = len(purities[0].draws)
    # Row 0 holds the purities as estimated, the others the draws.
    at = [np.append(purity.value if known else 1.0, purity.draws) for purity in purities]
    if normal is None:
        profiles = [np.tile(sample, (draws + 1, 1)) for sample in samples]
    else:
        kept = shares(*at)
        profiles = [
            dilute(sample, normal, share) for sample, share in zip(samples, kept, strict=True)
        ]
    drawn = np.vstack(
        [measured[None, :], ranks.bootstrap_counts(measured, draws=draws, rng=rng)]
    ).astype(float)
    outside = ~ranks.centroids().amplicon
    counts = np.stack([measured * np.ones_like(drawn), measured * outside * np.ones_like(drawn)], 1)
    counts = np.concatenate([counts, np.stack([drawn, drawn * outside], 1)], axis=1)
    before, after = (ranks.correlations(profile, counts) for profile in profiles)
    return Pair(
        observed=ranks.correlations(samples[0][None], counts[0, :2])[0],
        observed_followup=ranks.correlations(samples[1][None], counts[0, :2])[0],
        baseline=before[0, :2] if known else before[1:, :2].mean(axis=0),
        followup=after[0, :2] if known else after[1:, :2].mean(axis=0),
        baseline_drawn=before[1:, 2:],
        followup_drawn=after[1:, 2:],
        genes=int(measured.sum()),
        purity_known=known,
    )
