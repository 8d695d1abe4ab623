"""Joint segmentation of all samples of a patient, and the split of a focal event at ERBB2."""

from __future__ import annotations

import numpy as np

# Variance of the mean of robust bins over that of normal ones (science of the ERBB2 locus).
SE_FACTOR = 1.2
# Cost of one change point: (S + 2) log(bins), the Bayesian information criterion with one mean per
# sample and a location that counts twice, since it is searched for over all bins (Zhang & Siegmund
# 2007); times SE_FACTOR for tails heavier than the normal's and times this for correlated bins.
CORRELATION_FACTOR = 1.5
# A single bin further from the median of its neighbours than this is clipped, SDs.
CLIP_SD = 3.0
_NEIGHBOURS = 5
# Fewest bins of a segment.
MIN_BINS = 3
# Longest piece that is segmented at once; longer arms are averaged first and refined afterwards.
MAX_UNITS = 4000
# False splits at ERBB2 accepted where nothing is hidden.
FOCAL_ALPHA = 0.001
# Bins at either side of ERBB2 within which the edges of a focal event are searched for.
FOCAL_REACH = 400
_HUBER = 1.5


def edges(
    signal: np.ndarray,
    weight: np.ndarray,
    sigma: np.ndarray,
    arm: np.ndarray,
    *,
    total: int | None = None,
) -> np.ndarray:
    """Return where the segments that all samples share begin.

    Parameters
    ----------
    signal
        (S, B) log2 ratios in genome order; NaN counts as the arm's median.
    weight
        (S, B) relative precision of each bin, about 1 on average.
    sigma
        (S,) noise SD of a bin of weight 1, log2.
    arm
        (B,) identifies the arm of each bin; the bins of an arm are contiguous.
    total
        Bins of the genome for the penalty; all bins given where absent.

    Returns
    -------
    ndarray of int
        First bin of each segment, ascending, beginning with 0.
    """
    samples, bins = signal.shape
    penalty = (samples + 2) * np.log(total or max(bins, 2)) * SE_FACTOR * CORRELATION_FACTOR
    starts = np.flatnonzero(np.r_[True, arm[1:] != arm[:-1]])
    ends = np.r_[starts[1:], bins]
    found = []
    for start, end in zip(starts, ends, strict=True):
        part = slice(start, end)
        found.append([start])
        if end - start >= 2 * MIN_BINS:
            scaled = _standardised(signal[:, part], weight[:, part], sigma)
            found.append(start + _changes(scaled, penalty))
    return np.concatenate(found).astype(np.int64)


def _standardised(signal: np.ndarray, weight: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return (B, S) values in SDs of a bin of weight 1, single outliers clipped.

    A bin of little weight may not pull: it is moved towards the median of its neighbours.
    """
    known = np.isfinite(signal)
    middle = np.array(
        [
            np.median(row[here]) if here.any() else 0.0
            for row, here in zip(signal, known, strict=True)
        ]
    )
    values = np.where(known, signal, middle[:, None]) / sigma[:, None]
    local = _local_median(values)
    trust = np.minimum(np.sqrt(weight), 1.0)
    # A bin of low weight scatters by 1 / sqrt(weight): shrunk by sqrt(weight) it scatters by 1.
    return (local + np.clip((values - local) * trust, -CLIP_SD, CLIP_SD)).T


def _local_median(values: np.ndarray) -> np.ndarray:
    """Return the running median of five bins of each row."""
    half = _NEIGHBOURS // 2
    padded = np.pad(values, ((0, 0), (half, half)), mode="reflect" if len(values.T) > 2 else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS, axis=1)
    return np.median(windows, axis=2)


def _changes(values: np.ndarray, penalty: float) -> np.ndarray:
    """Return the change points of one arm, values (B, S)."""
    bins = len(values)
    group = -(-bins // MAX_UNITS)
    if group == 1:
        return _kernel_changes(values, penalty)
    whole = bins // group
    blocks = values[: whole * group].reshape(whole, group, -1).mean(axis=1) * np.sqrt(group)
    rough = _kernel_changes(blocks, penalty) * group
    return _refined(values, rough, reach=2 * group)


def _kernel_changes(values: np.ndarray, penalty: float) -> np.ndarray:
    from ruptures import KernelCPD

    search = KernelCPD(kernel="linear", min_size=MIN_BINS).fit(values)
    # The cost of the linear kernel is the residual sum of squares, i.e. -2 log likelihood.
    return np.asarray(search.predict(pen=penalty)[:-1], dtype=np.int64)


def _refined(values: np.ndarray, rough: np.ndarray, *, reach: int) -> np.ndarray:
    """Move each change point to the bin within reach that leaves the least residual."""
    total = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    points = np.r_[0, rough, len(values)]
    for i in range(1, len(points) - 1):
        left, right = points[i - 1], points[i + 1]
        low = max(left + 1, points[i] - reach)
        high = min(right - 1, points[i] + reach)
        cut = np.arange(low, high + 1)
        before = (total[cut] - total[left]) ** 2 / (cut - left)[:, None]
        after = (total[right] - total[cut]) ** 2 / (right - cut)[:, None]
        points[i] = cut[np.argmax((before + after).sum(axis=1))]
    return points[1:-1]


def robust_means(
    signal: np.ndarray, weight: np.ndarray, sigma: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the level of each segment and the bins it rests on.

    Parameters
    ----------
    signal, weight, sigma
        As in :func:`edges`.
    starts
        First bin of each segment.

    Returns
    -------
    level
        (S, K) Huber mean (bound 1.5 SD) of the bins of each segment; NaN without a bin.
    effective
        (S, K) sum of the weights: the variance of the level is 1.2 sigma^2 / effective.
    """
    known = np.isfinite(signal) & (weight > 0)
    bins = signal.shape[1]
    index = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, bins]))
    effective = np.add.reduceat(np.where(known, weight, 0.0), starts, axis=1)
    level = _medians(np.where(known, signal, np.nan), starts)
    scale = sigma[:, None] / np.sqrt(np.where(known, weight, 1.0))
    filled = np.where(known, signal, 0.0)
    for _ in range(3):
        centre = level[:, index]
        step = np.clip((filled - centre) / scale, -_HUBER, _HUBER) * scale
        pull = np.add.reduceat(np.where(known, weight * step, 0.0), starts, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            level = level + pull / effective
    return level, effective


def _medians(signal: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return (S, K) medians of the finite values of each segment."""
    bins = signal.shape[1]
    length = np.diff(np.r_[starts, bins])
    index = np.repeat(np.arange(len(starts)), length)
    out = np.full((len(signal), len(starts)), np.nan)
    for row, values in enumerate(signal):
        order = np.lexsort((values, index))  # NaN last within each segment
        ordered = values[order]
        count = np.add.reduceat(np.isfinite(values).astype(np.int64), starts)
        some = count > 0
        low = starts[some] + (count[some] - 1) // 2
        high = starts[some] + count[some] // 2
        out[row, some] = 0.5 * (ordered[low] + ordered[high])
    return out


def split_at(
    signal: np.ndarray,
    weight: np.ndarray,
    sigma: np.ndarray,
    *,
    segment: tuple[int, int],
    core: tuple[int, int],
    core_variance: np.ndarray,
) -> list[int]:
    """Return new edges inside a segment where a focal event at ERBB2 had been swallowed.

    The bins of the core are tested against the rest of their segment; if they differ, the event's
    edges are those that leave the least residual.

    Parameters
    ----------
    signal, weight, sigma
        As in :func:`edges`.
    segment
        First bin and end of the segment that holds the core.
    core
        First bin and end of the bins over ERBB2.
    core_variance
        (S,) between-sample variance of the locus, beyond the noise of bins.

    Returns
    -------
    list of int
        Up to two new edges, empty if nothing is hidden.
    """
    first, last = segment
    left, right = core[0] - first, core[1] - first
    piece, bins = slice(first, last), last - first
    if right - left >= bins:
        return []
    order = np.r_[left:right, 0:left, right:bins]
    level, effective = robust_means(
        signal[:, piece][:, order],
        weight[:, piece][:, order],
        sigma,
        np.array([0, right - left]),
    )
    usable = (effective > 0).all(axis=1)
    if not usable.any():
        return []
    noise = SE_FACTOR * sigma[usable] ** 2 * (1 / effective[usable]).sum(axis=1)
    gap = level[usable, 0] - level[usable, 1]
    score = (gap**2 / (noise + core_variance[usable])).sum()
    if score < _chi_square_limit(int(usable.sum())):
        return []
    start, end = _focal_interval(
        _standardised(signal[:, piece], weight[:, piece], sigma), left, right
    )
    return [first + edge for edge in (start, end) if 0 < edge < bins]


def _chi_square_limit(samples: int) -> float:
    from scipy.stats import chi2

    return float(chi2.isf(FOCAL_ALPHA, samples))


def _focal_interval(values: np.ndarray, left: int, right: int) -> tuple[int, int]:
    """Return the interval around [left, right) that parts the values (B, S) best."""
    bins = len(values)
    total = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    start = np.arange(max(0, left - FOCAL_REACH), left + 1)[:, None]
    end = np.arange(right, min(bins, right + FOCAL_REACH) + 1)[None, :]
    inside = total[end] - total[start]
    length = end - start
    explained = (inside**2).sum(axis=2) / length
    outside = ((total[-1] - inside) ** 2).sum(axis=2)
    explained = explained + outside / np.maximum(bins - length, 1)
    best = np.unravel_index(np.argmax(explained), explained.shape)
    return int(start[best[0], 0]), int(end[0, best[1]])
