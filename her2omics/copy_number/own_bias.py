"""How far the levels of a sample's loci scatter beyond the noise of their bins, from the sample."""

from __future__ import annotations

import numpy as np

from her2omics.copy_number.segmentation import robust_means
from her2omics.copy_number.tracks import Track, offsets
from her2omics.genome import Genome

# A locus: about three times the smallest amplicon, and enough bins for a level.
WINDOW = 250_000
MIN_BINS = 6.0
# A locus is compared with others so near that they mostly have its copies, and so far that the bias
# of the one says nothing of the other's (it forgets within 1 Mb).
NEAR, FAR = 1_250_000, 15_000_000
NEIGHBOURS, MIN_NEIGHBOURS = 10, 4
# Samples of an assay differ in their bias by this SD of log tau; windows count for a quarter since
# neighbours share bias and reference. Assumptions.
SPREAD, INDEPENDENT = 0.5, 0.25
# Windows whose neighbours have other copies: their share is averaged over, and they differ by
# this SD; assumptions.
_CHANGED, _CHANGED_SD = (0.02, 0.05, 0.1, 0.2, 0.4), 0.4
_TINY = 1e-12
_GRID = np.exp(np.linspace(np.log(0.01), np.log(0.6), 60))


def own_tau(track: Track, expected: float, *, genome: Genome) -> float:
    """Return the SD of the log2 ratio of a locus beyond the noise of its bins, for this sample.

    Windows are compared with the median of their neighbours; copy-number changes between the two
    are a wider second component, whose share is averaged over; 17q is left out, lest the amplicon
    be taken for bias. What other samples of the assay lead to expect is the prior, which alone is
    left where the design is too sparse.

    Parameters
    ----------
    track
        Bins of the sample, corrected.
    expected
        ``cohort.bias.locus_tau``, or that of a reference of normals; log2.
    genome
        Build of the coordinates.

    Returns
    -------
    float
        Posterior mean, log2.
    """
    residual, bins = _residuals(track, genome)
    sd = np.sqrt(track.sigma**2 / bins + _GRID[:, None] ** 2)
    same, other = _normal(residual, sd), _normal(residual, np.hypot(sd, _CHANGED_SD))
    log_likelihood = [np.log((1 - e) * same + e * other).sum(axis=1) for e in _CHANGED]
    prior = -0.5 * (np.log(_GRID / expected) / SPREAD) ** 2
    weight = INDEPENDENT * np.array(log_likelihood) + prior
    weight = np.exp(weight - weight.max()).sum(axis=0)
    return float(weight @ _GRID / weight.sum())


def _normal(residual: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * (residual / sd) ** 2) / sd + _TINY


def _residuals(track: Track, genome: Genome) -> tuple[np.ndarray, np.ndarray]:
    """Return level less that of the neighbours, and effective bins, of windows that have both."""
    begin, centre = int(offsets(genome)["17"]), genome.contigs.loc["17", "centromere_end"]
    long_arm = (track.start >= begin + int(centre)) & (
        track.end <= begin + int(genome.contigs.at["17", "length"])
    )
    known = np.isfinite(track.log2) & (track.weight > 0) & ~long_arm
    window = (track.start[known] + track.end[known]) // 2 // WINDOW
    if not len(window):
        return np.empty(0), np.empty(0)
    place, first = np.unique(window, return_index=True)
    level, bins = robust_means(
        track.log2[None, known], track.weight[None, known], np.array([track.sigma]), first
    )
    enough = bins[0] >= MIN_BINS
    place, level, bins = place[enough] * WINDOW, level[0, enough], bins[0, enough]
    row = np.arange(len(place))
    shift = np.array([shift for shift in range(-NEIGHBOURS, NEIGHBOURS + 1) if shift])
    other = np.clip(row[:, None] + shift, 0, max(len(place) - 1, 0))
    distance = np.abs(place[other] - place[:, None])
    others = np.where((distance >= NEAR) & (distance <= FAR), level[other], np.nan)
    compared = np.isfinite(others).sum(axis=1) >= MIN_NEIGHBOURS
    reference = np.nanmedian(others[compared], axis=1)
    return level[compared] - reference, bins[compared]
