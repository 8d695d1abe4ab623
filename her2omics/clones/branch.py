"""Whether the amplification is on the branch that disappeared, or on the trunk of both biopsies.

Two hypotheses of a follow-up without the amplification of its baseline. *Branch*: it grew from
cells that never had it. *Trunk*: it descends from amplified cells that lost their copies again. Two
kinds of reads tell them apart without the depth of ERBB2:

- the amplified parental haplotype at germline SNPs of the amplicon. Cells that never had the
  amplification have both haplotypes; cells that lost it have lost the haplotype with it, if the
  copies lay in a row on their chromosome, or have both, if they were extrachromosomal;
- a mutation on most amplified copies of the baseline is older than the amplification. In cells that
  lost the extra copies and kept the haplotype it is still there; if the follow-up has the haplotype
  without the mutation, its cells parted before.

Left out, since they are in another factor (``erbb2_log2``): the depth of ERBB2 and all copies made
from it, a residual gain, and edges that both amplicons share. Haplotypes and mutations count as
there or not; that they have more of the reads than one copy gives is the residual gain again. The
mutations used here take no part in the clusters (``cluster_ccf``). Purity and ploidy are given;
copies and shares are integrated out over their prior. Both hypotheses have the same prior of
everything in the baseline, so that the baseline alone says nothing: which share of it is amplified
is said by clusters and depth.

What speaks for the branch must speak against an amplification that was kept, too: that nothing was
lost is for the depth to exclude, and reads that it explains say nothing here. The ratio is limited
(``branch_loglr_limit``), since the shares below are assumptions, and more so what speaks for the
branch (``branch_loglr_for``): it was right less often than it said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import betainc, betaincinv, betaln, logsumexp, ndtr, ndtri

#: Assumptions, all of them: of mutations older than the amplification, those that only amplified
#: cells have; of losses, those that take the haplotype along; cells that never had the
#: amplification and lost that haplotype on their own.
ONLY_AMPLIFIED = 0.2
DELETED = 0.3
LOST_ALONE = 0.03
ALL_COPIES = 1 / 3  # of the mutations beside the gain, those on all copies of their haplotype
#: Weights of what a mutation on the amplicon may be, the same under both hypotheses [assume].
WEIGHTS = {
    "older": 0.35,
    "younger": 0.15,
    "meanwhile": 0.10,
    "other haplotype": 0.20,
    "other cells": 0.08,
    "baseline alone": 0.05,
    "followup alone": 0.05,
    "anything": 0.02,
}
PRECISION = 200.0  # a + b of the beta distribution of mutated reads
ERROR = 0.001  # errors a read
SHARE_SD = 0.02  # of a haplotype's share, allelic bias beyond its SNPs
SNPS_MISLEAD = 0.05  # shares that mean nothing: wrong phase, mapping
SCAR = 0.15  # most that a loss leaves of the gained copies [assume]
DRAWS = 2048
_INTRACLASS = 0.1  # of the amplified share between pieces of a tumour
_BALANCED = 0.5  # share of a haplotype from which it is there, whatever its copies
_DOUBLED = 2.75  # ploidy from which a genome has doubled


@dataclass(frozen=True)
class Tumour:
    """Modes of purity and ploidy of a sample: (purity, its SD, ploidy, weight) each."""

    modes: Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Pair:
    """Reads of one pair on the amplicon.

    Attributes
    ----------
    baseline, followup
        Purity and ploidy.
    share, share_sd
        The amplified haplotype's share of the follow-up's DNA; NaN: not known.
    alt, depth
        (2, n) reads of mutations, baseline first.
    """

    baseline: Tumour
    followup: Tumour
    share: float = np.nan
    share_sd: float = np.nan
    alt: np.ndarray = field(default_factory=lambda: np.empty((2, 0)))
    depth: np.ndarray = field(default_factory=lambda: np.empty((2, 0)))


def loglr(pair: Pair, *, limit: float, limit_for: float, rng: np.random.Generator) -> float | None:
    """Return the natural log likelihood ratio of branch against trunk; None without data.

    Parameters
    ----------
    pair
        The reads.
    limit, limit_for
        Largest value against the branch, and for it.
    rng
        Of the patient; both hypotheses see the same draws.
    """
    if np.isnan(pair.share) and not pair.alt.shape[1]:
        return None
    prior = _prior(pair, rng)
    branch, lost, kept = (
        _log_evidence(pair, prior, after) for after in (_never(prior), _lost(prior), _kept(prior))
    )
    against = branch - lost
    if against > 0:
        against = max(min(against, branch - kept), 0.0)
    return float(np.clip(against, -limit, limit_for))


@dataclass(frozen=True)
class _Prior:
    """Draws (m,) of what both hypotheses share, and uniform ones for the rest.

    ``gain``, ``other``: copies of the amplified and of the other haplotype in cells without
    amplification; ``amplified``: of the former in cells with it.
    """

    purity: tuple[np.ndarray, np.ndarray]
    f: np.ndarray
    gain: np.ndarray
    other: np.ndarray
    amplified: np.ndarray
    uniform: np.ndarray


@dataclass(frozen=True)
class _After:
    """The follow-up: amplified lineage's share, and copies (m,) of both haplotypes by lineage.

    ``lost``: the gained copies went, so that a mutation stays as often as copies carried it.
    """

    f: np.ndarray
    amplified: np.ndarray
    amplified_other: np.ndarray
    gain: np.ndarray
    other: np.ndarray
    lost: bool = False


def _prior(pair: Pair, rng: np.random.Generator) -> _Prior:
    u = rng.random((16, DRAWS))
    purity, ploidy = zip(
        *(
            _of_modes(tumour.modes, u[k], u[k + 1])
            for tumour, k in ((pair.baseline, 0), (pair.followup, 2))
        ),
        strict=True,
    )
    # 17q beside the amplicon: 2 + Poisson(.4), two more in a doubled genome, one haplotype with
    # fewer copies than an even split in some; mostly the larger one was amplified.
    extra = np.searchsorted([0.670, 0.938, 0.992], u[4])
    whole = 2.0 + extra + 2.0 * (ploidy[0] > _DOUBLED)
    minor = np.maximum(np.floor(whole / 2) - (u[5] < 0.15), 0)
    gain = np.where(u[6] < 0.8, whole - minor, minor)
    least = np.maximum(6.0, whole + 2)
    copies = np.maximum(np.exp(np.log(14) + 0.5 * ndtri(u[7])), least)
    share = _piece(0.2 + 0.8 * u[8], u[9])
    return _Prior(purity, share, gain, whole - gain, copies - (whole - gain), u[10:])


def _of_modes(
    modes: Sequence[tuple[float, float, float, float]], pick: np.ndarray, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw purity and ploidy of a sample."""
    purity, sd, ploidy, weight = np.array(modes, dtype=float).T
    chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), pick).clip(max=len(weight) - 1)
    return np.clip(purity[chosen] + sd[chosen] * ndtri(u), 0.02, 0.99), ploidy[chosen]


def _piece(share: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Draw the share in a piece of a tumour: beta around that of the tumour."""
    size = 1 / _INTRACLASS - 1
    share = np.clip(share, 1e-3, 1 - 1e-3)
    return betaincinv(share * size, (1 - share) * size, u)


def _never(x: _Prior) -> _After:
    """Return a follow-up of cells that never had the amplification, few amplified among them."""
    f = _piece(0.15 * (1 - np.cbrt(1 - x.uniform[0])), x.uniform[1])  # .15 Beta(1, 3)
    alone = x.uniform[2] < LOST_ALONE
    other = np.where(alone & (x.uniform[3] < 0.5), x.gain + x.other, x.other)
    return _After(f, x.amplified, x.other, np.where(alone, 0.0, x.gain), other)


def _lost(x: _Prior) -> _After:
    """Return a follow-up of the amplified lineage without the gained copies."""
    f = _piece(0.8 + 0.2 * x.uniform[0], x.uniform[1])
    # Half of the losses are complete: how complete they are is said by the depth, too.
    scar = SCAR * np.maximum(2 * x.uniform[3] - 1, 0) * (x.amplified - x.gain)
    deleted = x.uniform[2] < DELETED
    refilled = deleted & (x.uniform[3] < 0.5)
    return _After(
        f,
        np.where(deleted, 0.0, x.gain + scar),
        np.where(refilled, x.gain + x.other, x.other),
        x.gain,
        x.other,
        lost=True,
    )


def _kept(x: _Prior) -> _After:
    """Return a follow-up that is amplified as the baseline is."""
    f = _piece(0.8 + 0.2 * x.uniform[0], x.uniform[1])
    return _After(f, x.amplified, x.other, x.gain, x.other)


def _log_evidence(pair: Pair, x: _Prior, after: _After) -> float:
    """Return the log probability of all reads, averaged over the draws."""
    total = np.zeros(DRAWS)
    copies = (
        x.f * (x.amplified + x.other) + (1 - x.f) * (x.gain + x.other),
        after.f * (after.amplified + after.amplified_other)
        + (1 - after.f) * (after.gain + after.other),
    )
    dna = [p * c + 2 * (1 - p) for p, c in zip(x.purity, copies, strict=True)]
    if not np.isnan(pair.share):
        own = after.f * after.amplified + (1 - after.f) * after.gain
        expected = (x.purity[1] * own + 1 - x.purity[1]) / dna[1]
        sd = np.hypot(pair.share_sd, SHARE_SD)
        if pair.share < _BALANCED:
            z = (pair.share - expected) / sd
            density = np.exp(-0.5 * z * z) / (sd * np.sqrt(2 * np.pi))
        else:
            density = 2 * ndtr((expected - _BALANCED) / sd)
        total += np.log((1 - SNPS_MISLEAD) * density + SNPS_MISLEAD)
    enough = 0.5 * float(np.mean(x.purity[1]))  # of the reads: one of two copies in all cells
    for number, (alt, depth) in enumerate(zip(pair.alt.T, pair.depth.T, strict=True)):
        there = alt[1] >= max(enough * depth[1], 1)
        anything = WEIGHTS["anything"] / (depth[0] + 1) / (1 if there else depth[1] + 1)
        density = np.full(DRAWS, anything)
        for weight, carried in _kinds(x, after, number):
            before, later = (
                ERROR + (1 - 2 * ERROR) * np.clip(p * c / d, 0, 1)
                for p, c, d in zip(x.purity, carried, dna, strict=True)
            )
            seen = np.exp(_beta_binomial(alt[0], depth[0], before))
            if there:
                seen = seen * _at_least(enough, depth[1], later)
            else:
                seen = seen * np.exp(_beta_binomial(alt[1], depth[1], later))
            density = density + weight * seen
        total += np.log(density)
    return float(logsumexp(total) - np.log(DRAWS))


def _at_least(share: float, depth: float, mean: np.ndarray) -> np.ndarray:
    """Return the probability (m,) of at least this share of mutated reads: a beta distribution."""
    size = 1 / (1 / PRECISION + 1 / depth)
    return 1 - betainc(mean * size, (1 - mean) * size, share)


def _kinds(
    x: _Prior, after: _After, number: int
) -> list[tuple[float, tuple[np.ndarray, np.ndarray]]]:
    """Return weight and mean mutated copies per cancer cell in both samples, kind by kind.

    Each mutation has draws of its own: those of the first, moved on.
    """
    share, left = np.roll(x.uniform[4:], 101 * number, axis=1)
    f, g, none = x.f, after.f, np.zeros(DRAWS)
    single = 1 / np.maximum(x.amplified, 1.0)

    def younger(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        part = np.maximum(part, single)
        stays = np.where(left < part, after.amplified, 0.0)
        there = stays if after.lost else np.maximum(part * after.amplified, 1.0)
        return f * part * x.amplified, g * there

    def beside(most: float) -> tuple[np.ndarray, np.ndarray]:
        whole = np.minimum(after.amplified_other, most), np.minimum(after.other, most)
        return np.minimum(x.other, most), g * whole[0] + (1 - g) * whole[1]

    everywhere = (
        f * x.amplified + (1 - f) * x.gain,
        g * after.amplified + (1 - g) * after.gain,
    )
    others = (1 - f, 1 - g)
    doubled = ((1 - f) * np.maximum(x.gain, 1), (1 - g) * np.maximum(after.gain, 1))
    found = {
        "older": (
            (1 - ONLY_AMPLIFIED, everywhere),
            (ONLY_AMPLIFIED, (f * x.amplified, g * after.amplified)),
        ),
        "younger": ((1.0, younger(single)),),
        "meanwhile": ((1.0, younger(share)),),
        "other haplotype": ((1 - ALL_COPIES, beside(1.0)), (ALL_COPIES, beside(np.inf))),
        "other cells": ((1 - ALL_COPIES, others), (ALL_COPIES, doubled)),
        "baseline alone": ((1.0, (share, none)),),
        "followup alone": ((1.0, (none, share)),),
    }
    return [(WEIGHTS[name] * w, copies) for name, parts in found.items() for w, copies in parts]


def _beta_binomial(alt: float, depth: float, share: np.ndarray) -> np.ndarray:
    """Return the log probability of counts at shares (m,)."""
    a, b = share * PRECISION, (1 - share) * PRECISION
    chosen = -np.log(depth + 1) - betaln(depth - alt + 1, alt + 1)
    return chosen + betaln(alt + a, depth - alt + b) - betaln(a, b)
