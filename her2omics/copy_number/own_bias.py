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
_T6_SCALE = 0.875  # of a t with 6 degrees of freedom fitted to normal data, in their SD
_GRID = np.exp(np.linspace(np.log(0.01), np.log(0.6), 60))


def own_tau(track: Track, expected: float, *, genome: Genome) -> float:
    """Return the SD of the log2 ratio of a locus beyond the noise of its bins, for this sample.

    Windows are compared with the median of their neighbours; copy-number changes between the two
    are outliers of a t with 6 degrees of freedom; 17q is left out, lest the amplicon be taken for
    bias. What other samples of the assay lead to expect is the prior, which alone is left where the
    design is too sparse.

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
    scale = _T6_SCALE * np.sqrt(track.sigma**2 / bins + _GRID[:, None] ** 2)
    log_density = -np.log(scale) - 3.5 * np.log1p((residual / scale) ** 2 / 6)
    prior = -0.5 * (np.log(_GRID / expected) / SPREAD) ** 2
    weight = INDEPENDENT * log_density.sum(axis=1) + prior
    weight = np.exp(weight - weight.max())
    return float(weight @ _GRID / weight.sum())


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
