"""Is a normal normal? Its genome must be flat: no arms gained or lost, no gain at 17q12."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from her2omics.cohort.bin_blocks import Blocks, Stack, blocks, spread
from her2omics.genome import Genome

# Arms with fewer bins are not judged.
_LEAST_BINS = 30
# Standard errors of an arm beyond which it is no noise: arms of normals have heavy tails.
_ARM_SE = 4.5
# Below this many samples there is no middle to compare with: an event must stand out from nothing
# and from the others, so that a bias that all of them have is none.
_FEW = 4
_ROUNDS = 3
# The locus, and how far from it the rest of 17q begins.
_LOCUS_MARGIN, _AWAY = 100_000, 2_000_000
# No design reads ERBB2 so much more than the rest of 17q: what all samples share beyond it is a
# gain, as in a cohort of HER2-positive tumours. Assumption.
_MOST_LOCUS_GAIN = 0.8
_SAMPLE_SDS = 4.0


@dataclass(frozen=True)
class Verdict:
    """Why a sample is no normal.

    Attributes
    ----------
    gain_17q12
        log2 excess of ERBB2 over the rest of 17q where it is a gain, else NaN.
    arms
        Arms that are gained or lost, such as ``+1q``.
    """

    gain_17q12: float
    arms: tuple[str, ...]

    @property
    def flat(self) -> bool:
        """Return whether nothing was found."""
        return not self.arms and not np.isfinite(self.gain_17q12)


def judge(samples: Stack, *, genome: Genome, limit: SimpleNamespace) -> list[Verdict]:
    """Return for each sample whether its genome is flat.

    With four samples or more each is compared with the middle of the flat ones, found in rounds
    that begin with the flattest half; with fewer, with nothing and with the others. What all have
    at ERBB2 is a bias of the design up to a bound, and a gain beyond it.

    Parameters
    ----------
    samples
        What was given as normals of one design.
    genome
        Build of the coordinates.
    limit
        Thresholds.
    """
    grouped = blocks(samples.bins)
    names, arms = _arms(samples)
    level = _arm_levels(samples.log2, arms)
    error = _arm_errors(samples.log2, grouped, samples, names)
    excess = _excess(samples, genome)
    if len(samples.names) < _FEW:
        level = _beyond_others(level)
        excess = np.maximum(_beyond_others(excess), excess - _MOST_LOCUS_GAIN)
        return _verdicts(level, error, excess, names, limit, sample_sd=0.0)
    flat = np.argsort(np.nanmedian(np.abs(level), axis=1), kind="stable")
    flat = flat[: (len(flat) + 1) // 2]
    found: list[Verdict] = []
    for _ in range(_ROUNDS):
        middle = np.nanmedian(level[flat], axis=0)
        usual = excess[flat]
        usual = usual[np.isfinite(usual)]
        centre = min(np.median(usual), _MOST_LOCUS_GAIN) if len(usual) else 0.0
        found = _verdicts(
            level - middle,
            error,
            excess - centre,
            names,
            limit,
            sample_sd=spread(usual) if len(usual) else 0.0,
        )
        flat = np.array([row for row, one in enumerate(found) if one.flat])
        if not len(flat):
            break
    return found


def _verdicts(
    level: np.ndarray,
    error: np.ndarray,
    excess: np.ndarray,
    names: list[str],
    limit: SimpleNamespace,
    *,
    sample_sd: float,
) -> list[Verdict]:
    """Return the verdict on each sample from (n, A) arms and (n,) ERBB2, relative to the others."""
    gain_limit = min(max(limit.normal_gain_17q12, _SAMPLE_SDS * sample_sd), _MOST_LOCUS_GAIN)
    out = []
    for row, own, gain in zip(level, error, excess, strict=True):
        clear = np.abs(row) > _ARM_SE * own
        slight = np.flatnonzero(clear & (np.abs(row) > limit.normal_arm_log2))
        strong = np.flatnonzero(clear & (np.abs(row) > limit.normal_chromosome_log2))
        events = slight if len(slight) >= limit.normal_arms else strong
        shown = tuple(f"{'+' if row[arm] > 0 else '-'}{names[arm]}" for arm in events)
        out.append(Verdict(float(gain) if gain > gain_limit else float("nan"), shown))
    return out


def _beyond_others(values: np.ndarray) -> np.ndarray:
    """Return of each value the smaller of what it is and what it is beyond the others' median."""
    out = np.zeros_like(values)
    for row in range(len(values)):
        others = np.delete(values, row, axis=0)
        apart = values[row] - np.median(others, axis=0) if len(others) else values[row]
        nearer = np.where(np.abs(apart) < np.abs(values[row]), apart, values[row])
        out[row] = np.where(np.sign(apart) == np.sign(values[row]), nearer, 0.0)
    return out


def _arms(samples: Stack) -> tuple[list[str], np.ndarray]:
    """Return the autosomal arms with enough bins, and (B,) the arm of each bin, -1 for none."""
    arm = samples.bins["arm"].to_numpy()
    names, code, count = np.unique(arm, return_inverse=True, return_counts=True)
    judged = np.array([bool(name) and name[:-1] != "X" for name in names]) & (count >= _LEAST_BINS)
    number = np.where(judged, np.cumsum(judged) - 1, -1)
    return [str(name) for name in names[judged]], number[code]


def _arm_levels(log2: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Return (n, A) medians of the arms relative to the middle arm of each sample."""
    level = np.stack(
        [np.nanmedian(log2[:, arm == number], axis=1) for number in range(arm.max() + 1)], axis=1
    )
    return level - np.median(level, axis=1, keepdims=True)


def _arm_errors(log2: np.ndarray, grouped: Blocks, samples: Stack, names: list[str]) -> np.ndarray:
    """Return (n, A) standard errors: the scatter of blocks two apart, blind to events."""
    means, _ = grouped.means(log2, np.ones(log2.shape[1]))
    left, right = grouped.neighbours(2)
    scatter = np.array([spread(row) for row in means[:, right] - means[:, left]]) / np.sqrt(2)
    arm = samples.bins["arm"].to_numpy()[grouped.first]
    count = np.array([max(int((arm == name).sum()), 1) for name in names])
    return 1.2533 * scatter[:, None] / np.sqrt(count)


def _excess(samples: Stack, genome: Genome) -> np.ndarray:
    """Return (n,) log2 of ERBB2 over the rest of 17q; 0 where one of them has no bin."""
    gene = genome.genes.loc["ERBB2"]
    bins = samples.bins
    low, high = gene["start"] - _LOCUS_MARGIN, gene["end"] + _LOCUS_MARGIN
    on_arm = bins["arm"].eq("17q")
    locus = (on_arm & (bins["end"] > low) & (bins["start"] < high)).to_numpy()
    rest = on_arm & ((bins["end"] < gene["start"] - _AWAY) | (bins["start"] > gene["end"] + _AWAY))
    rest = rest.to_numpy()
    if not locus.any() or not rest.any():
        return np.zeros(len(samples.names))
    some = np.isfinite(samples.log2[:, locus]).any(axis=1)
    out = np.zeros(len(samples.names))
    values = samples.log2[some]
    out[some] = np.nanmedian(values[:, locus], axis=1) - np.nanmedian(values[:, rest], axis=1)
    return out
