"""Which allele-specific states a segment may have, and how likely each is.

A genome either kept its two sets of chromosomes or doubled them. Half the copies at a higher purity
explain the same ratios and alleles, so the two can only be told apart by what their histories make
likely: around 1 + 1 copies a loss leaves 1 + 0; in a doubled genome an early loss leaves 2 + 0, a
late one 2 + 1, which half the genome could only have in a part of its cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import logsumexp

_MAX_COPIES = 8
# Subclonal mixtures x (c, m) + (1 - x) (base): copies and minor copies, around 2 and around 4.
# with the share of each; one copy lost or gained is the usual step. Assumption.
_SUBCLONES = ((1, 0, 0.4), (2, 0, 0.1), (3, 1, 0.4), (4, 1, 0.05), (4, 2, 0.05))
_DOUBLED_SUBCLONES = ((3, 1, 0.45), (5, 2, 0.45), (6, 2, 0.1))
_SHARES = (0.1, 0.26, 0.42, 0.58, 0.74, 0.9)
_FINE_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_P_SUBCLONAL = 0.3  # share of altered segments; assumption
# An altered haplotype relative to one copy: lost, gained, and each further copy; assumptions that
# keep the order of breast cancer genomes (losses a little before gains, then neutral losses).
_LOST, _GAINED, _FURTHER = 0.4, 0.35, 0.4
_BOTH_LOST = 0.02  # a whole segment without a copy is rare; assumption
# After a doubling one haplotype of a segment changes by so many copies; assumption.
_LATE = ((-1, 0.5), (1, 0.4), (2, 0.1))
# Share of a doubled genome's alterations that are older than the doubling, integrated out.
_EARLY = (0.35, 0.65)
# Share of altered segments, with its prior; a doubled genome without alterations cannot be told
# from an undoubled one and is left out.
ALTERED = (0.003, 0.03, 0.15, 0.4, 0.8)
_P_ALTERED = ((0.05, 0.15, 0.25, 0.3, 0.25), (0.0, 0.0, 0.3, 0.4, 0.3))
_P_DOUBLED = 0.4  # of breast cancers (Bielski 2018, doi:10.1038/s41588-018-0165-1), rounded
# Ploidy given the share of altered segments: base, change of the mean and SD per altered share,
# least SD. A quiet genome has its base: were the ploidy free, a purity so low that any fits would
# explain it best. Doubled genomes lose chromosomes and gather around 3.3 (Carter 2012,
# doi:10.1038/nbt.2203). Rounded, an assumption.
_PLOIDY = ((2.0, 0.0, 0.4, 0.05), (4.0, -1.0, 0.5, 0.1))
DOUBLED = 1.5  # ratio of the ploidies of two samples from which a genome doubled in between
_USUAL_ALTERED = 0.4  # of segments that changed between samples


@dataclass(frozen=True)
class States:
    """Allele-specific states of a segment.

    ``total`` and ``minor`` are (J,) mean copies in cancer cells; ``clonal`` marks those that all
    cancer cells have.
    """

    total: np.ndarray
    minor: np.ndarray
    clonal: np.ndarray

    def doubled(self) -> States:
        """The states after a doubling of the whole genome."""
        return States(2 * self.total, 2 * self.minor, self.clonal)


@dataclass(frozen=True)
class History:
    """What a genome went through, and what it makes of a segment.

    Attributes
    ----------
    doubled
        Whether the whole genome doubled.
    share
        Prior of this history among those that doubled, or did not.
    unaltered, altered
        Prior (J,) of the state of a segment on which nothing happened, or something.
    """

    doubled: bool
    share: float
    unaltered: np.ndarray
    altered: np.ndarray


@cache
def states() -> States:
    """Return all states of the fit: clonal ones first."""
    clonal = [(c, m) for c in range(_MAX_COPIES + 1) for m in range(c // 2 + 1)]
    mixed = _mixed(_SUBCLONES, (2, 1), _SHARES) + _mixed(_DOUBLED_SUBCLONES, (4, 2), _SHARES)
    total, minor = np.array(clonal + mixed, dtype=float).T
    return States(total, minor, np.arange(len(total)) < len(clonal))


@cache
def mixtures() -> States:
    """Return subclonal states with finely spaced shares: the same subclone in another sample."""
    mixed = _mixed(_SUBCLONES, (2, 1), _FINE_SHARES)
    mixed += _mixed(_DOUBLED_SUBCLONES, (4, 2), _FINE_SHARES)
    total, minor = np.array(mixed).T
    return States(total, minor, np.zeros(len(total), dtype=bool))


def _mixed(subclones, base, shares) -> list[tuple[float, float]]:
    return [
        (x * c + (1 - x) * base[0], x * m + (1 - x) * base[1])
        for c, m, _ in subclones
        for x in shares
    ]


@cache
def histories() -> tuple[History, ...]:
    """Return the histories of a genome with the prior of the states that each makes."""
    kind = states()

    def only(copies: int) -> np.ndarray:
        return (kind.clonal & (kind.total == copies) & (kind.minor == copies / 2)).astype(float)

    def prior(grid: np.ndarray, mixed: np.ndarray, *, doubled: bool) -> np.ndarray:
        empty = np.zeros(len(_DOUBLED_SUBCLONES if not doubled else _SUBCLONES) * len(_SHARES))
        clonal = _unordered(grid)
        subclonal = [empty, mixed] if doubled else [mixed, empty]
        return np.concatenate(
            [(1 - _P_SUBCLONAL) * clonal / clonal.sum(), *(_P_SUBCLONAL * x for x in subclonal)]
        )

    altered = _by_haplotypes()
    early, base = np.zeros_like(altered), np.zeros_like(altered)
    early[::2, ::2] = altered[: _MAX_COPIES // 2 + 1, : _MAX_COPIES // 2 + 1]
    base[2, 2] = 1.0
    late, both = _changed(base), _changed(early)
    early, late, both = (grid / grid.sum() for grid in (early, late, both))
    found = [History(False, 1.0, only(2), prior(altered, _subclonal(_SUBCLONES), doubled=False))]
    mixed = _subclonal(_DOUBLED_SUBCLONES)
    for share in _EARLY:
        # Both may have happened to a segment: as often as by chance if half of all is altered.
        twice = share * (1 - share) / 2
        grid = (share - twice) * early + (1 - share - twice) * late + 2 * twice * both
        each = prior(grid, mixed, doubled=True)
        found.append(History(True, 1 / len(_EARLY), only(4), each))
    return tuple(found)


def _subclonal(subclones) -> np.ndarray:
    """Prior of each mixture: that of its subclone, spread evenly over the shares of cells."""
    return np.repeat([share for *_, share in subclones], len(_SHARES)) / len(_SHARES)


def _by_haplotypes() -> np.ndarray:
    """Prior (copies, copies) of the two haplotypes of an altered segment, undoubled."""
    copies = np.arange(_MAX_COPIES + 1)
    each = np.where(copies == 0, _LOST, _GAINED * _FURTHER ** (copies - 2.0))
    each[1] = 1.0
    grid = np.outer(each, each)
    grid[0, 0] = _BOTH_LOST
    grid[1, 1] = 0.0
    return grid / grid.sum()


def _changed(before: np.ndarray) -> np.ndarray:
    """Prior after one haplotype that is still there changed its copies."""
    after = np.zeros_like(before)
    size = len(before)
    for change, chance in _LATE:
        for copies in range(1, size):
            if 0 <= copies + change < size:
                after[copies + change] += 0.5 * chance * before[copies]
                after[:, copies + change] += 0.5 * chance * before[:, copies]
    return after


def _unordered(grid: np.ndarray) -> np.ndarray:
    """Prior by total and minor copies, in the order of the clonal states."""
    total, minor = (
        values[states().clonal].astype(int) for values in (states().total, states().minor)
    )
    both = grid[total - minor, minor] + grid[minor, total - minor]
    return np.where(total == 2 * minor, both / 2, both)


def log_ploidy(ploidy: np.ndarray) -> np.ndarray:
    """Log prior density (Q,) of the ploidy."""
    return logsumexp(_log_joint(ploidy), axis=(0, 1))


def log_given_ploidy(ploidy: np.ndarray) -> np.ndarray:
    """Log probability (H, A, Q) of history and share of altered segments given the ploidy."""
    joint = _log_joint(ploidy)
    return joint - logsumexp(joint, axis=(0, 1))


def _log_joint(ploidy: np.ndarray) -> np.ndarray:
    altered = np.array(ALTERED)[:, None]
    out = []
    with np.errstate(divide="ignore"):
        for one in histories():
            base, change, spread, least = _PLOIDY[one.doubled]
            sd = np.hypot(least, spread * altered)
            density = -0.5 * ((ploidy - base - change * altered) / sd) ** 2 - np.log(sd)
            chance = one.share * (_P_DOUBLED if one.doubled else 1 - _P_DOUBLED)
            out.append(np.log(chance * np.array(_P_ALTERED[one.doubled]))[:, None] + density)
    return np.array(out)


def usual_prior(ploidy: np.ndarray) -> np.ndarray:
    """Prior (Q, J) of a segment of which nothing but the ploidy is known."""
    each = [
        (1 - _USUAL_ALTERED) * one.unaltered + _USUAL_ALTERED * one.altered for one in histories()
    ]
    return np.exp(log_given_ploidy(ploidy)).sum(axis=1).T @ np.array(each)
