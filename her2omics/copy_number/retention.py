"""Was the amplification kept? A ratio of differences within each sample, free of purity and ploidy.

Within a sample the linear ratio R is affine in the copies c, R = (p c + 2 (1 - p)) / D with
D = p psi + 2 (1 - p), so R_2 = a + beta R_1 over segments that both samples share, and

    rho = (R_2E - R_2B) / (beta (R_1E - R_1B))

at ERBB2 (E) against a background (B) is the share of the gained copies that is left: 1 if all are,
0 if ERBB2 has as many copies as the background. Purity and ploidy cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.copy_number.fit import autosomal
from her2omics.copy_number.profile import Profile
from her2omics.copy_number.states import DOUBLED

# Tukey's bisquare: weight 0 beyond 4.685 scales (95 % efficiency at the normal; Huber 1981).
_BISQUARE = 4.685
_ROUNDS = 12
_MIN_SEGMENTS = 5  # from which a slope is fitted


@dataclass(frozen=True)
class Slope:
    """The slope of one sample's ratios over another's, by errors in variables.

    Attributes
    ----------
    beta, se
        Slope and its standard error; NaN where the genome is too quiet.
    mean_x, mean_y
        Robust means of the linear ratios of both samples.
    segments
        Segments that carry it.
    """

    beta: float
    se: float
    mean_x: float
    mean_y: float
    segments: int


def slope(profile: Profile, baseline: int, followup: int) -> Slope:
    """Return the slope of the follow-up's linear ratios over the baseline's, outside 17q.

    Attenuation is corrected, beta = S_xy / (S_xx - sum w SE_x^2), and segments that changed between
    the samples lose their weight (bisquare on the residuals). A Deming fit with known noise would
    be drawn up by them: 30 % changed segments bias it by 1.17.
    """
    x, sx = _linear(profile, baseline)
    y, sy = _linear(profile, followup)
    bins = profile.segments["bins"].to_numpy(float)
    use = autosomal(profile) & np.isfinite(x * y * sx * sy) & (bins > 0)
    if use.sum() < _MIN_SEGMENTS:
        return Slope(np.nan, np.nan, np.nan, np.nan, int(use.sum()))
    x, sx, y, sy, bins = x[use], sx[use], y[use], sy[use], bins[use]
    return fit_slope(x, sx, y, sy, bins)


def fit_slope(
    x: np.ndarray, sx: np.ndarray, y: np.ndarray, sy: np.ndarray, bins: np.ndarray
) -> Slope:
    """Return the slope of y over x (K,), each with its standard error; ``bins`` weigh the means."""
    beta, robust = 0.5, np.ones(len(x))
    weight = robust / (sy**2 + beta**2 * sx**2)
    for _ in range(_ROUNDS):
        mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
        dx, dy = x - mean_x, y - mean_y
        spread = (weight * dx**2).sum() - (weight * sx**2).sum()
        if spread <= 0:
            return Slope(np.nan, np.nan, mean_x, mean_y, int((robust > 0).sum()))
        beta = (weight * dx * dy).sum() / spread
        noise = np.sqrt(sy**2 + beta**2 * sx**2)
        z = (dy - beta * dx) / noise
        scale = max(1.4826 * np.median(np.abs(z - np.median(z))), 1.0)
        robust = np.maximum(1 - ((z - np.median(z)) / (_BISQUARE * scale)) ** 2, 0) ** 2
        weight = robust / noise**2
    residual = (weight**2 * (dy - beta * dx) ** 2 * dx**2).sum()
    # Sandwich variance, with the error of the attenuation term.
    variance = residual / spread**2 + 2 * beta**2 * (weight**2 * sx**4).sum() / spread**2
    share = weight * bins
    means = (np.average(v, weights=share) if share.sum() > 0 else np.nan for v in (x, y))
    return Slope(float(beta), float(np.sqrt(variance)), *means, int((robust > 0).sum()))


def _linear(profile: Profile, sample: int) -> tuple[np.ndarray, np.ndarray]:
    ratio = 2.0 ** profile.log2[sample]
    return ratio, ratio * np.log(2) * profile.se[sample]


def slope_draws(purity: np.ndarray, ploidy: np.ndarray, baseline: int, followup: int) -> np.ndarray:
    """Return the slope that purity and ploidy of both samples imply, (n,).

    beta = k (p_2 / D_2) / (p_1 / D_1), with k = 2 where the genome doubled between the samples and
    1/2 where the baseline's is the doubled one.

    Parameters
    ----------
    purity, ploidy
        (S, n) joint draws.
    baseline, followup
        Rows of the two samples.
    """
    times = ploidy[followup] / ploidy[baseline]
    times = np.where(times > DOUBLED, 2.0, np.where(times < 1 / DOUBLED, 0.5, 1.0))
    cells = purity / (purity * ploidy + 2 * (1 - purity))
    return times * cells[followup] / cells[baseline]
