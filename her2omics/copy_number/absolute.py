"""ERBB2 copies per cancer cell of one sample, by draws from everything that is uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from her2omics.copy_number.alleles import AlleleCurves
from her2omics.copy_number.profile import Profile

# Limits of the dual-probe ISH groups (ASCO/CAP 2018): ratio 2.0, copies 4.0 and 6.0.
ISH_RATIO, ISH_LOW, ISH_HIGH = 2.0, 4.0, 6.0
# One side of the centromere was lost or gained alone where the two differ by more; copies.
SIDES_AGREE = 0.5
# The other haplotype at the amplicon is lost, or the copies of the background fall on the two by
# chance: a half each; the probability of its loss is an assumption. More copies are counted as 8.
_OTHER_LOST, _MOST_BACKGROUND = 0.15, 8
# What the SNPs of one amplicon share: the log odds of their haplotype are off by an amount (SD) and
# by a factor (SD), and may mislead altogether (phase, mapping); assumptions.
_ODDS_SD, _ODDS_SLOPE_SD, _ALLELES_MISLEAD = 0.02, 0.1, 0.02
_LEAST_COPIES = 0.05
_TRACE = 1e-3  # copies of either haplotype that keep the share defined where both are lost


@dataclass(frozen=True)
class Draws:
    """Draws of one sample, (n,) each.

    Attributes
    ----------
    purity, ploidy
        Of the joint fit of the patient.
    erbb2, background, cep17
        Copies per cancer cell of ERBB2, of 17q beside the amplicon, and beside the centromere
        (NaN where nothing measures it).
    ratio
        Linear ratio of ERBB2 to the genome's mean.
    background_ratio
        The same of 17q beside the amplicon.
    weight
        Weight of each draw, sum 1: the allele fractions on the amplicon.
    cep17_unresolved
        Only the short arm measures the centromere, or nothing does.
    """

    purity: np.ndarray
    ploidy: np.ndarray
    erbb2: np.ndarray
    background: np.ndarray
    cep17: np.ndarray
    ratio: np.ndarray
    background_ratio: np.ndarray
    weight: np.ndarray
    cep17_unresolved: bool


def centre(profile: Profile, sample: int) -> float:
    """Return the log2 ratio at which the genome's mean linear ratio is 1.

    Values per gene are relative to the genome already, and the genes looked at lie around the
    amplicon.
    """
    if profile.locus["source"].iloc[sample] in ("genes", "discrete"):
        return 0.0
    return profile.centre(sample)


def copies(ratio: np.ndarray, purity: np.ndarray, ploidy: np.ndarray) -> np.ndarray:
    """Return copies per cancer cell of a linear ratio to the genome's mean.

    C = R (psi + 2 (1 - p) / p) - 2 (1 - p) / p.
    """
    normal = 2 * (1 - purity) / purity
    return ratio * (ploidy + normal) - normal


def haplotype_share(total: np.ndarray, other: np.ndarray, purity: np.ndarray) -> np.ndarray:
    """Return the share of the amplified haplotype in the DNA, given the copies of the other."""
    amplified = np.maximum(total - other, 0.0)
    dna = purity * total + 2 * (1 - purity)
    return (purity * amplified + 1 - purity + _TRACE) / (dna + 2 * _TRACE)


@cache
def _other_haplotype() -> np.ndarray:
    """Return P(copies of the other haplotype | copies of both), (both, other)."""
    both, other = np.indices((_MOST_BACKGROUND + 1, _MOST_BACKGROUND + 1))
    lost = np.where(other == 0, _OTHER_LOST, 0.0)
    return lost + (1 - _OTHER_LOST) * special.comb(both, other) * 0.5**both


def draws_of(
    profile: Profile,
    sample: int,
    purity: np.ndarray,
    ploidy: np.ndarray,
    rng: np.random.Generator,
    *,
    amplicon: AlleleCurves | None = None,
    row: int | None = None,
    deconvoluted: bool = False,
) -> Draws:
    """Draw the copies of one sample.

    Parameters
    ----------
    profile, sample
        The patient's profile and the row of the sample.
    purity, ploidy
        (n,) joint draws.
    rng
        Generator.
    amplicon, row
        Allele curves of the sample, phased by the baseline, and the segment of the amplicon in
        them: they see copies without depth.
    deconvoluted
        The levels are copies over ploidy already: purity plays no part.
    """
    n = len(purity)
    shift = centre(profile, sample)
    here = profile.locus.iloc[sample]
    used = np.ones(n) if deconvoluted else purity

    def measured(log2: float, se: float) -> np.ndarray:
        # The same draw for locus and background would need their covariance; their biases differ.
        return 2.0 ** (log2 - shift + se * rng.standard_normal(n))

    ratio = measured(here["log2"], here["sd"])
    beside = measured(here["background_log2"], here["background_se"])
    erbb2 = np.maximum(copies(ratio, used, ploidy), _LEAST_COPIES)
    background = np.maximum(copies(beside, used, ploidy), _LEAST_COPIES)
    sides = profile.pericentromere[profile.pericentromere["sample"].eq(here["sample"])]
    sides = {
        side.side: (np.maximum(copies(measured(side.log2, side.se), used, ploidy), 0.3), side.se)
        for side in sides.itertuples()
        if np.isfinite(side.log2) and np.isfinite(side.se)
    }
    weight = np.full(n, 1 / n)
    if amplicon is not None and row is not None:
        shift, slope = rng.standard_normal((2, n)) * [[_ODDS_SD], [_ODDS_SLOPE_SD]]
        density = np.zeros(n)
        whole = np.clip(np.round(background), 1, _MOST_BACKGROUND).astype(int)
        for other in range(whole.max() + 1):
            seen = haplotype_share(erbb2, np.minimum(other, erbb2), used)
            seen = special.expit((1 + slope) * special.logit(seen) + shift)
            density += _other_haplotype()[whole, other] * np.exp(amplicon.row(row, seen))
        anywhere = float(np.exp(amplicon.curve[row]).mean())
        weight = (1 - _ALLELES_MISLEAD) * density + _ALLELES_MISLEAD * anywhere
        weight /= weight.sum()
    cep17, unresolved = _centromere(sides, n)
    return Draws(purity, ploidy, erbb2, background, cep17, ratio, beside, weight, unresolved)


def _centromere(sides: dict[str, tuple[np.ndarray, float]], n: int) -> tuple[np.ndarray, bool]:
    """Return CEP17 from both sides of the centromere, the larger where they differ."""
    if not sides:
        return np.full(n, np.nan), True
    if len(sides) == 1:
        ((name, (value, _)),) = sides.items()
        return value, name == "17p"
    (short, se_short), (long, se_long) = sides["17p"], sides["17q"]
    if abs(np.median(short) - np.median(long)) > SIDES_AGREE:
        return np.where(np.median(short) > np.median(long), short, long), False
    w_short, w_long = 1 / se_short**2, 1 / se_long**2
    return (w_short * short + w_long * long) / (w_short + w_long), False


def ish_groups(erbb2: np.ndarray, cep17: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the probability of ISH groups 1 to 5, (5,).

    1 ratio >= 2 and copies >= 4; 2 ratio >= 2, copies < 4; 3 ratio < 2, copies >= 6; 4 ratio < 2,
    copies 4 to < 6; 5 ratio < 2, copies < 4 (ASCO/CAP). Without CEP17 the copies alone decide, as a
    single probe does: 1, 4 or 5.
    """
    if np.isfinite(cep17).all():
        high_ratio = erbb2 / cep17 >= ISH_RATIO
        group = np.select(
            [
                high_ratio & (erbb2 >= ISH_LOW),
                high_ratio,
                erbb2 >= ISH_HIGH,
                erbb2 >= ISH_LOW,
            ],
            [1, 2, 3, 4],
            5,
        )
    else:
        group = np.select([erbb2 >= ISH_HIGH, erbb2 >= ISH_LOW], [1, 4], 5)
    return np.bincount(group, weights=weight, minlength=6)[1:]


def quantiles(values: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """Return the weighted median and the ends of the 90 % interval; NaN without values."""
    known = np.isfinite(values)
    if not known.any():
        return (np.nan,) * 3
    order = np.argsort(values[known], kind="stable")
    total = np.cumsum(weight[known][order])
    places = np.searchsorted(total, np.array([0.5, 0.05, 0.95]) * total[-1])
    return tuple(values[known][order][np.minimum(places, len(order) - 1)].tolist())
