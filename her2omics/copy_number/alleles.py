"""Allele fractions of germline SNPs, condensed to one likelihood curve per segment.

A sample's reads at its heterozygous SNPs enter the fit as the log-likelihood of the segment's share
of one parental haplotype, so that thousands of SNPs cost as much as their segments. Reference bias
and overdispersion are fitted in each sample (science of the method: leaving out the bias or fixing
the overdispersion makes noise look like imbalance and sends the purity to about .1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, logsumexp

from her2omics.copy_number.profile import SegmentSnps

# Nodes of the curve: share of a haplotype in the sample's DNA.
SHARES = np.linspace(0.0, 1.0, 501)
_COARSE = np.unique(np.r_[np.linspace(0, 0.4, 17), np.linspace(0.4, 0.6, 21)])
_COARSE = np.unique(np.r_[_COARSE, 1 - _COARSE].round(9))
# Overdispersion 1/(a + b + 1) of allele counts: from binomial to a poor capture assay.
_DISPERSIONS = np.array([1e-4, 1e-3, 3e-3, 6e-3, 0.012, 0.025, 0.05])
_BIASES = np.arange(-0.03, 0.031, 0.01)
# A share of SNPs is mapped or genotyped badly. They are wide around the same centre, not flat:
# a flat term forgives any imbalance and prefers low purity.
_BAD_SHARE, _BAD_DISPERSION = 0.02, 0.15
# Allelic bias that the SNPs of a segment share (SD); assumption, as .03 log2 for the coverage.
_SEGMENT_SD = 0.005
# Share of segments that are balanced, when the overdispersion is fitted: reads of unphased SNPs at
# .5 +- .04 are spread like overdispersed ones at .5, and only the exact balance of the many tells
# the two apart; assumption.
_BALANCED = 0.5
_MIN_DEPTH = 8
# More SNPs of one segment add nothing beyond _SEGMENT_SD (500 SNPs at 40x: .004).
_MAX_SNPS = 500
_FIT_SNPS = 1500
_IMBALANCED = 5.0  # nats over balance from which a segment phases its SNPs; assumption


@dataclass(frozen=True)
class AlleleNoise:
    """Noise of a sample's allele counts: alternative share of a balanced SNP, overdispersion."""

    balanced: float
    dispersion: float


@dataclass(frozen=True)
class AlleleCurves:
    """Log-likelihood of each segment's haplotype share in one sample.

    Attributes
    ----------
    curve
        (K, len(SHARES)); 0 for segments without SNPs. Unphased curves are symmetric about .5.
    noise
        The fitted noise.
    """

    curve: np.ndarray
    noise: AlleleNoise

    def row(self, segment: int, share: np.ndarray) -> np.ndarray:
        """Log-likelihood (n,) of one segment at haplotype shares (n,)."""
        return np.interp(share, SHARES, self.curve[segment])

    def at(self, share: np.ndarray) -> np.ndarray:
        """Log-likelihood (K, *share.shape) at haplotype shares."""
        place = np.clip(share, 0, 1) * (len(SHARES) - 1)
        low = np.minimum(place.astype(int), len(SHARES) - 2)
        part = place - low
        return self.curve[:, low] * (1 - part) + self.curve[:, low + 1] * part


def seen(share: np.ndarray, balanced: float, tilt: np.ndarray) -> np.ndarray:
    """Expected share (N, L) of alternative reads.

    Parameters
    ----------
    share
        (L,) or (N, L) share of the alternative allele's haplotype.
    balanced
        Share of alternative reads in the sample where the haplotypes are balanced.
    tilt
        (N,) log odds by which each site departs from it.
    """
    odds = balanced / (1 - balanced) * np.exp(tilt)[:, None]
    up = share * odds
    return np.clip(up / (up + 1 - share), 2e-3, 1 - 2e-3)


def counts_loglik(alt: np.ndarray, depth: np.ndarray, share: np.ndarray, dispersion: float):
    """Beta-binomial log-likelihood (N, L) of counts (N,) at shares (N, L), up to a constant."""
    size = 1 / dispersion - 1
    a, b = share * size, (1 - share) * size
    return (
        gammaln(alt[:, None] + a)
        + gammaln((depth - alt)[:, None] + b)
        - gammaln(depth + size)[:, None]
        - (gammaln(a) + gammaln(b) - gammaln(size))
    )


def _wide_dispersion(noise: AlleleNoise) -> float:
    return max(_BAD_DISPERSION, 3 * noise.dispersion)


def _robust_loglik(alt, depth, share, tilt, noise: AlleleNoise, *, wide=None) -> np.ndarray:
    """Log-likelihood (N, L) with a share of bad SNPs; ``wide``: theirs, where it is known."""
    centre = seen(share, noise.balanced, tilt)
    core = counts_loglik(alt, depth, centre, noise.dispersion)
    if wide is None:
        wide = counts_loglik(alt, depth, centre, _wide_dispersion(noise))
    return np.logaddexp(core + np.log1p(-_BAD_SHARE), wide + np.log(_BAD_SHARE))


def _by_segment(values: np.ndarray, segment: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, segment, values)
    return total


def usable(snps: SegmentSnps, sample: int) -> np.ndarray:
    """Rows of SNPs covered in a sample, at most ``_MAX_SNPS`` a segment, the deepest first."""
    depth = np.nan_to_num(snps.depth[sample])
    rows = np.flatnonzero((depth >= _MIN_DEPTH) & (snps.segment >= 0))
    rows = rows[np.lexsort((rows, -depth[rows], snps.segment[rows]))]
    segment = snps.segment[rows]
    rank = np.arange(len(rows)) - np.searchsorted(segment, segment)
    return np.sort(rows[rank < _MAX_SNPS])


def fit_noise(
    alt: np.ndarray, depth: np.ndarray, segment: np.ndarray, tilt: np.ndarray
) -> AlleleNoise:
    """Reference bias and overdispersion, with each segment's imbalance integrated out.

    Parameters
    ----------
    alt, depth
        (N,) reads.
    segment
        (N,) segment of each SNP.
    tilt
        (N,) each site's own bias, log odds.
    """
    share = alt / depth
    # The two phases of an imbalance are equally frequent: the mean share is that of balance.
    middle = share[(share > 0.1) & (share < 0.9)]
    balanced = float(np.clip(np.mean(middle), 0.3, 0.7)) if len(middle) else 0.5
    step = max(1, len(alt) // _FIT_SNPS)
    alt, depth, tilt = alt[::step], depth[::step], tilt[::step]
    index = np.unique(segment[::step], return_inverse=True)[1]
    nodes = np.linspace(0.5, 0.98, 25)
    prior = np.log(np.r_[_BALANCED, np.full(24, (1 - _BALANCED) / 24)])
    nodes = np.r_[nodes, 1 - nodes]

    @cache
    def bad(centre: float, dispersion: float) -> np.ndarray:
        return counts_loglik(alt, depth, seen(nodes, centre, tilt), dispersion)

    def evidence(centre: float, dispersion: float) -> float:
        noise = AlleleNoise(centre, dispersion)
        wide = bad(centre, _wide_dispersion(noise))
        both = _robust_loglik(alt, depth, nodes, tilt, noise, wide=wide)
        folded = np.logaddexp(*np.hsplit(both, 2))
        return float(logsumexp(_by_segment(folded, index, index.max() + 1) + prior, axis=1).sum())

    def best(values, score):
        return values[int(np.argmax([score(value) for value in values]))]

    dispersion = float(best(_DISPERSIONS, lambda value: evidence(balanced, value)))
    balanced = float(best(balanced + _BIASES, lambda value: evidence(value, dispersion)))
    fine = dispersion * np.array([0.6, 1.0, 1.5])
    return AlleleNoise(balanced, float(best(fine, lambda value: evidence(balanced, value))))


def curves(
    snps: SegmentSnps | None,
    sample: int,
    segments: int,
    *,
    phase: np.ndarray | None = None,
    noise: AlleleNoise | None = None,
) -> AlleleCurves | None:
    """Likelihood curves of a sample's segments; None without SNPs.

    Parameters
    ----------
    noise
        The sample's noise where it is known; fitted otherwise.
    phase
        (N,) probability that the alternative allele lies on the haplotype in excess at the
        anchoring sample (:func:`phases`); None: unknown, 1/2.
    """
    if snps is None:
        return None
    rows = usable(snps, sample)
    if not len(rows):
        return None
    alt, depth, segment = snps.alt[sample, rows], snps.depth[sample, rows], snps.segment[rows]
    tilt = snps.tilt[rows]
    noise = fit_noise(alt, depth, segment, tilt) if noise is None else noise
    loglik = _robust_loglik(alt, depth, _COARSE, tilt, noise)
    on = np.full(len(rows), 0.5) if phase is None else phase[rows]
    on = np.clip(on, 1e-3, 1 - 1e-3)[:, None]
    mixed = np.logaddexp(np.log(on) + loglik, np.log1p(-on) + loglik[:, ::-1])
    coarse = _by_segment(mixed, segment, segments)
    return AlleleCurves(_blurred(CubicSpline(_COARSE, coarse, axis=1)(SHARES)), noise)


def _blurred(curve: np.ndarray) -> np.ndarray:
    """Curves with the allelic bias of a segment integrated out."""
    step = SHARES[1]
    reach = int(np.ceil(3 * _SEGMENT_SD / step))
    offsets = np.arange(-reach, reach + 1)
    weight = -0.5 * (offsets * step / _SEGMENT_SD) ** 2
    weight -= logsumexp(weight)
    padded = np.pad(curve, ((0, 0), (reach, reach)), mode="edge")
    stack = np.stack(
        [
            padded[:, reach + o : reach + o + curve.shape[1]] + w
            for o, w in zip(offsets, weight, strict=True)
        ]
    )
    blurred = logsumexp(stack, axis=0)
    return blurred - blurred.max(axis=1, keepdims=True)


def on_segment(snps: SegmentSnps, row: int) -> SegmentSnps:
    """Return the SNPs of one segment, as segment 0."""
    here = snps.segment == row
    return SegmentSnps(
        np.zeros(here.sum(), dtype=int),
        snps.chromosome[here],
        snps.position[here],
        snps.alt[:, here],
        snps.depth[:, here],
        snps.normal_alt[here],
        snps.normal_depth[here],
        snps.tilt[here],
    )


def excess(curve: np.ndarray) -> np.ndarray:
    """Share (K,) of the haplotype in excess, .5 where a segment is not clearly imbalanced.

    A SNP's own mapping bias is the same in all samples: phased by noise, balanced segments of the
    other sample would look imbalanced too.
    """
    half = curve.shape[1] // 2
    upper = curve[:, half:]
    gain = upper.max(axis=1) - curve[:, half]
    return np.where(gain >= _IMBALANCED, SHARES[half + np.argmax(upper, axis=1)], 0.5)


def phases(snps: SegmentSnps, sample: int, share: np.ndarray, noise: AlleleNoise) -> np.ndarray:
    """Probability that each alternative allele is on the haplotype in excess.

    Without the normal's counts sites keep 1/2: their own bias would pass for phase.

    Parameters
    ----------
    share
        (K,) share of the haplotype in excess, at least .5; .5 leaves the phase open.
    """
    depth = np.nan_to_num(snps.depth[sample])
    alt = np.nan_to_num(snps.alt[sample])
    known = (depth >= _MIN_DEPTH) & (snps.segment >= 0) & np.isfinite(snps.normal_depth)
    on = np.full(len(depth), 0.5)
    excess_here = share[snps.segment[known]][:, None]
    tilt = snps.tilt[known]
    up, down = (
        counts_loglik(alt[known], depth[known], seen(value, noise.balanced, tilt), noise.dispersion)
        for value in (excess_here, 1 - excess_here)
    )
    on[known] = 1 / (1 + np.exp(np.clip(down - up, -50, 50)))[:, 0]
    return np.clip(on, 0.01, 0.99)
