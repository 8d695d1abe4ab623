"""What the cells of a patient may be, and how likely: modes of the mixture with their evidence.

What data often cannot tell is the diploid level: all cells neutral at a high level look like all
amplified at a low one. So the mixture is fitted from levels all over the prior. Solutions with the
same shares are one mode, which counts once however many levels allow it: its evidence is the
integral over them, with doses and spreads integrated out at each. That two samples show the same
dose is no coincidence, which the doses' independent prior would take it for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from her2omics.single_cell import states
from her2omics.single_cell.estimates import AMPLIFIED
from her2omics.single_cell.states import DOSE_MEAN, DOSE_SD, LEAST, SPREAD_PRIOR, Data, Parameters

#: Levels that fits start from, out to so many nats below the likeliest, and weights at each: next
#: to no amplified cells, half of them, most of them.
_LEVELS, _FAR = 8, 5.0
_STARTS = np.array([[0.9, 0.05, 0.05], [0.45, 0.1, 0.45], [0.05, 0.05, 0.9]])
#: Solutions whose amplified shares differ by less, in every clone and sample of so many cells, are
#: one mode.
_SAME, _SAME_CELLS = 0.15, 20
#: A mode with less evidence than the best is left out, nats.
_UNLIKELY = 12.0
#: Distances from the best level of a mode at which its evidence is found; the fall that ends it.
_AROUND, _FALL = np.array([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6]), 6.0
_STEP = 0.05  # of the second differences
#: Chance that clones and samples of a patient have one dose, up to this SD of its log [assume].
_ALIKE, _ALIKE_SD = 0.5, 0.1
_COMMON = np.linspace(-4, 4, 161)  # common doses, SDs of the prior


@dataclass(frozen=True)
class Mode:
    """Best parameters of one mode, and its log evidence up to a constant of the patient."""

    at: Parameters
    log_evidence: float


def find(data: Data, *, keep: int) -> list[Mode]:
    """Return the modes of one patient, the likeliest first, at most ``keep``."""
    tried = []
    for start in _starts(data):
        at = states.ascend(data, states.ascend(data, start, 6, level_free=False), 14)
        tried.append((states.evidence(data, at), at))
    tried.sort(key=lambda pair: -pair[0])
    peaks: list[Parameters] = []
    for value, at in tried:
        if value < tried[0][0] - 2 * _UNLIKELY or len(peaks) == 2 * keep:
            break
        if _new(data, at, peaks):
            at = states.ascend(data, at, 40)
            peaks += [at] if _new(data, at, peaks) else []
    found = [Mode(at, _evidence(data, at)) for at in peaks]
    found.sort(key=lambda mode: -mode.log_evidence)
    least = found[0].log_evidence - _UNLIKELY
    return [mode for mode in found[:keep] if mode.log_evidence > least]


def _starts(data: Data) -> Iterator[Parameters]:
    posterior = data.likelihood / data.likelihood.sum(axis=1, keepdims=True)
    upper = np.array([np.quantile(posterior[rows] @ states.GRID, 0.6) for rows in data.parts()])
    prior = data.shift_log_prior
    likely = states.GRID[prior > prior.max() - _FAR]
    for level in np.linspace(likely[0], likely[-1], _LEVELS):
        doses = np.maximum(upper - level, LEAST + 0.1)
        for weights in np.repeat(_STARTS[:, None], data.groups, axis=1):
            yield Parameters(float(level), SPREAD_PRIOR[0].copy(), doses, weights)


def _new(data: Data, at: Parameters, others: list[Parameters]) -> bool:
    cells = np.diff(data.bounds)
    told = cells >= min(_SAME_CELLS, cells.max())
    return all(
        np.abs(at.weights - other.weights)[told, AMPLIFIED].max() > _SAME for other in others
    )


def _evidence(data: Data, peak: Parameters) -> float:
    """Return the log evidence of a mode, integrated over the levels that allow it."""
    values = {peak.shift: _at_level(data, peak)}
    for side in (-1, 1):
        at = peak
        for level in peak.shift + side * _AROUND:
            if not states.GRID[1] < level < states.GRID[-2]:
                break
            doses = np.maximum(at.doses + at.shift - level, LEAST)
            at = replace(at, shift=float(level), doses=doses)
            at = states.ascend(data, at, 6, level_free=False)
            if _new(data, at, [peak]):
                break
            values[at.shift] = _at_level(data, at)
            if values[at.shift] < max(values.values()) - _FALL:
                break
    levels = np.array(sorted(values))
    # A mode of one level is as wide as the smallest step.
    between = np.diff(levels) if len(levels) > 1 else _AROUND[:1]
    width = (np.r_[between, 0] + np.r_[0, between])[: len(levels)] / 2
    return float(special.logsumexp([values[level] for level in levels], b=width))


def _at_level(data: Data, at: Parameters) -> float:
    """Return the log evidence at one level: doses and spreads are integrated out (Laplace)."""
    here = states.by_group(data, at)
    low, high = (states.by_group(data, replace(at, doses=at.doses + d)) for d in (-_STEP, _STEP))
    bend = np.maximum(2 * here - low - high, 0) / _STEP**2 + 1 / DOSE_SD**2
    slope = (high - low) / (2 * _STEP) - (at.doses - DOSE_MEAN) / DOSE_SD**2
    # A dose at its least has a slope there: the part of the normal curve beyond.
    beyond = stats.norm.logcdf((at.doses + slope / bend - LEAST) * np.sqrt(bend))
    value = states.evidence(data, at)
    value += float(np.sum(0.5 * (slope**2 / bend - np.log(bend)) + beyond))
    value += _alike(at.doses + slope / bend, bend)
    for step, prior in zip(_STEP * np.eye(2), SPREAD_PRIOR[1], strict=True):
        low, high = (
            states.by_group(data, replace(at, spreads=at.spreads + sign * step)) for sign in (-1, 1)
        )
        value -= 0.5 * float(np.log(max((2 * here - low - high).sum(), 0) / _STEP**2 + prior**-2))
    return value


def _alike(middle: np.ndarray, precision: np.ndarray) -> float:
    """Return the log factor of a prior under which doses may be alike, over independent ones.

    A dose that cells do not tell does not count, and one dose alone has a factor of 1.

    Parameters
    ----------
    middle, precision
        (groups,) of the posterior of the log doses under the independent prior.
    """
    told = np.maximum(precision - 1 / DOSE_SD**2, 1e-6)
    seen = (precision * middle - DOSE_MEAN / DOSE_SD**2) / told
    common = DOSE_MEAN + DOSE_SD * _COMMON[:, None]
    near = stats.norm.logpdf(seen, common, np.hypot(_ALIKE_SD, told**-0.5))
    apart = stats.norm.logpdf(seen, DOSE_MEAN, np.hypot(DOSE_SD, told**-0.5))
    each = np.logaddexp(np.log(_ALIKE) + near - apart, np.log(1 - _ALIKE))
    weight = stats.norm.pdf(_COMMON)
    return float(special.logsumexp(each.sum(axis=1), b=weight / weight.sum()))
