"""Retained, lost or reduced: the ERBB2 amplification of a pair, with the power to have seen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.copy_number.absolute import ISH_HIGH, ISH_LOW, ISH_RATIO, Draws, quantiles
from her2omics.copy_number.retention import Slope

# One-sided alpha .01 and power .95 of the test that sees the baseline's copies.
DETECTION_Z = 2.3263478740408408 + 1.6448536269514722
# A call of loss needs more: p_call = 9.1 sigma / (C - 2) (.078 against .053 at 12 copies, sigma
# .085; measured with the paired test of this page on diluted exomes).
LOSS_FACTOR = 9.1
LOST_BELOW, KEPT_ABOVE, REDUCED_BELOW = 0.25, 0.5, 0.75
SURE = 0.9  # probability of what the copies have to be
# A baseline whose ratio lies closer to the mean than this many standard errors has no gain of
# which a share could be left.
LEAST_GAIN_Z = 3.0
# Slopes from the segments and from purities disagree beyond this many standard errors; those of
# the segments are doubled, as changed segments make them twice too small (simulated pairs).
CONFLICT_Z, SLOPE_SE_FACTOR = 3.0, 2.0
MIN_PURITY = 0.02


@dataclass(frozen=True)
class PairCall:
    """What copy number says of one case.

    Attributes
    ----------
    retention, retention_17q
        (median, 5 %, 95 %) of the share of the gain that is left, over the genome's mean and over
        17q beside the amplicon.
    beta
        (median, 5 %, 95 %) of the slope of the follow-up's ratios over the baseline's.
    call, reason
        ``retained``, ``lost``, ``reduced``, ``not_assessable``; why not firmer.
    min_purity
        Purity from which the follow-up would have shown the baseline's copies.
    p_amplified
        Probability that the follow-up is amplified: twice the ploidy (at least 4 copies, at most
        the 6 of ISH), or an ISH ratio of 2.
    """

    retention: tuple[float, float, float]
    retention_17q: tuple[float, float, float]
    beta: tuple[float, float, float]
    call: str
    reason: str
    min_purity: float
    p_amplified: float


def minimal_purity(excess: float, background: float, sigma: float) -> float:
    """Return the purity at which an excess of copies shows, alpha .01 and power .95.

    p = 2 (K - 1) / ((C - C_0) - (K - 1) (C_0 - 2)), K = 2^((z_a + z_b) sigma); infinite where no
    purity would do.

    Parameters
    ----------
    excess
        Mean copies over the background, C - C_0.
    background
        C_0, copies of 17q beside the amplicon.
    sigma
        Standard error of the log2 ratio of the locus against its background.
    """
    gain = 2.0 ** (DETECTION_Z * sigma) - 1
    room = excess - gain * (background - 2)
    return float(2 * gain / room) if room > 0 else np.inf


def detectable_copies(purity: float, background: float, sigma: float) -> float:
    """Return the fewest mean copies that a purity would show: :func:`minimal_purity` inverted."""
    gain = 2.0 ** (DETECTION_Z * sigma) - 1
    return background + gain * (2 / max(purity, MIN_PURITY) + background - 2)


def combined_slope(
    drawn: np.ndarray, segments: Slope, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return draws of the slope, and whether segments and purities contradict each other.

    Purity and ploidy know more than the segments' ratios (SNPs, mutations); where the two
    contradict each other, half of the draws are those of the segments.
    """
    if not np.isfinite(segments.beta) or segments.beta <= 0:
        return drawn, False
    error = SLOPE_SE_FACTOR * segments.se / segments.beta
    logs = np.log(drawn)
    low, middle, high = np.quantile(logs, [0.16, 0.5, 0.84])
    apart = abs(np.log(segments.beta) - middle) / np.hypot(error, (high - low) / 2)
    if apart < CONFLICT_Z:
        return drawn, False
    mixed = drawn.copy()
    half = len(drawn) // 2
    mixed[:half] = segments.beta * np.exp(error * rng.standard_normal(half))
    return mixed, True


def compare(
    before: Draws,
    after: Draws,
    slope: np.ndarray,
    *,
    sigma_before: float,
    sigma_after: float,
    resolved: tuple[bool, bool],
    reasons: tuple[str, str],
    conflict: bool = False,
) -> PairCall:
    """Return the call of one case.

    Parameters
    ----------
    before, after
        Draws of both samples, in the same order.
    slope
        (n,) draws of the slope.
    sigma_before, sigma_after
        Standard error, log2, of each sample's locus against its background.
    resolved, reasons
        Whether an amplicon could hide from either sample, and why.
    conflict
        Segments and purities disagree about the slope.
    """
    weight = before.weight * after.weight
    weight = weight / weight.sum()
    gain = before.ratio - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = (after.ratio - 1) / (slope * gain)
        local = (after.ratio - after.background_ratio) / (
            slope * (before.ratio - before.background_ratio)
        )
    retention, on_17q = quantiles(rho, weight), quantiles(local, weight)
    beta = quantiles(slope, weight)
    copies = quantiles(before.erbb2, weight)[0]
    background = quantiles(before.background, weight)[0]
    excess = copies - background
    least = minimal_purity(excess, background, float(sigma_after))
    # A doubled genome has four copies of everything: there ISH asks for six, or for the ratio.
    amplified = after.erbb2 >= np.clip(2 * after.ploidy, ISH_LOW, ISH_HIGH)
    if np.isfinite(after.cep17).all():
        amplified = amplified | (after.erbb2 / after.cep17 >= ISH_RATIO)
    p_amplified = float(weight @ amplified)
    found = PairCall(retention, on_17q, beta, "not_assessable", "", least, p_amplified)
    if not before.ratio.size or not np.isfinite([*retention, *beta]).all():
        return _with(found, reason="the locus was not measured in both samples")
    if not resolved[0]:
        return _with(found, reason=f"baseline: {reasons[0]}")
    height = np.log2(max(quantiles(before.ratio, weight)[0], 1e-3))
    if height < LEAST_GAIN_Z * sigma_before or excess <= 0:
        return _with(found, reason="the baseline shows no gain over the genome's mean")
    p_after = quantiles(after.purity, weight)
    needed = max(least, LOSS_FACTOR * float(sigma_after) / max(copies - 2, 0.1))
    _, low, high = retention
    quiet = beta[1] <= 0 or beta[2] / max(beta[1], 1e-6) > 10
    if high < LOST_BELOW and p_amplified < 1 - SURE:
        if not resolved[1]:
            return _with(found, reason=f"follow-up: {reasons[1]}")
        if not quiet and p_after[1] > needed:
            return _with(found, call="lost")
    sure_copies = float(weight @ (after.erbb2 >= ISH_LOW)) > SURE
    if low > KEPT_ABOVE and sure_copies:
        return _with(found, call="retained", reason="slopes disagree" if conflict else "")
    reduced = low > 0 and high < REDUCED_BELOW
    if reduced or (high < LOST_BELOW and p_amplified > SURE):
        return _with(found, call="reduced")
    if quiet:
        reason = "nothing relates the two genomes: too few alterations or too little tumour"
    elif p_after[1] <= needed:
        reason = (
            f"too few cancer cells: purity {p_after[0]:.2f} (90 % from {p_after[1]:.2f}), "
            f"{needed:.2f} needed to call a loss of {copies:.0f} copies"
        )
    else:
        reason = f"retention {retention[0]:.2f} ({low:.2f} to {high:.2f}) decides nothing"
    return _with(found, reason=reason)


def _with(found: PairCall, *, call: str = "not_assessable", reason: str = "") -> PairCall:
    return PairCall(
        found.retention,
        found.retention_17q,
        found.beta,
        call,
        reason,
        found.min_purity,
        found.p_amplified,
    )
