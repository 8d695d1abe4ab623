"""Epithelial cells in two parts along the axis that copies make: normal ones, and the tumour's.

A mixture over many components mixes few normal cells with many of the tumour. Along the difference
of the two means they stand far apart, and that axis is found by turns: parts from the axis, the
axis from the parts, from several starts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from her2omics.single_cell.bins import Bins
from her2omics.single_cell.discriminant import axes
from her2omics.thresholds import limits

_STARTS = (0.03, 0.1, 0.25, 0.5, 0.75)  # share of the cells in the lower part
_WINDOW = 3  # bins to either side: the first axis is smooth along the arm
_LEAST_CELLS = 8.0  # of a part
_MOST_CELLS = 6_000
_ROUNDS, _STEPS, _DONE = 15, 50, 1e-3
_LEAST_VARIANCE = 0.05  # of a part, relative to that of all cells
_CLIP = 5.0  # noise SDs of a bin
_LOG_CLIP = 1.2  # natural log; a bin beyond it is of a few genes of this lineage
_LAGS = (1, 2)


@dataclass(frozen=True)
class Division:
    """Two parts of the epithelial cells.

    Attributes
    ----------
    lower
        (cells,) probability of the part with the lower burden.
    malignant
        Probability that the lower part is a clone of the tumour, not normal cells.
    burden
        Burden of the lower and of the higher part.
    apart
        Distance of the parts along the axis over their SD, the axis from other cells.
    """

    lower: np.ndarray
    malignant: float
    burden: tuple[float, float]
    apart: float

    @property
    def clear(self) -> float:
        """How clear it is that the lower part is normal: apart, no clone, of no burden of its own.

        Two clones lose and gain the same arms at times: normal cells and one of them, taken
        together, stand as far apart from the other and seem to lack its copies.
        """
        limit = limits()
        beyond = (self.burden[0] - limit.normal_part_burden) / limit.normal_part_burden_step
        return self.apart * (1 - self.malignant) * float(expit(-beyond))


def divide(
    profile: np.ndarray,
    *,
    bins: Bins,
    spread: np.ndarray,
    groups: np.ndarray,
    dna: np.ndarray | None = None,
) -> Division | None:
    """Return normal and tumour cells apart, or ``None`` where no axis parts them.

    Parameters
    ----------
    profile
        (cells, bins) of the epithelial cells, :func:`~her2omics.single_cell.bins.profiles`.
    bins
        Of the profile.
    spread
        (bins,) SD of one cell's value by sampling.
    groups
        (cells, groups) probabilities of the mixture: further starts.
    dna
        (bins,) profile that the patient's DNA lets expect: an axis to start from, and copies that
        the lower part must lack as well.

    Notes
    -----
    Clones of one tumour share its trunk, normal cells carry nothing of it: the lower part must lack
    the copies of the higher (:func:`trunk_shared`, :func:`_clone_probability`). And the parts must
    stand ``normal_axis_sd`` apart on an axis found in the other half of the cells: in one's own
    half any split looks like two. Of several such divisions the clearest counts.
    """
    picked = np.unique(np.linspace(0, len(profile) - 1, min(len(profile), _MOST_CELLS)).astype(int))
    part = profile[picked]
    scaled = np.clip(part / spread, -_CLIP, _CLIP).astype(float)
    total = np.cov(scaled, rowvar=False, bias=True)
    best: Division | None = None
    seen: list[np.ndarray] = []
    for start in _starts(part, scaled, bins, spread, groups[picked], dna):
        lower = _by_turns(scaled, start, total)
        if lower is None or any(np.abs(lower - other).mean() < _DONE for other in seen):
            continue
        seen.append(lower)
        means = [weight @ part / weight.sum() for weight in (lower, 1 - lower)]
        burdens = [burden(mean, bins) for mean in means]
        if burdens[0] > burdens[1]:
            lower, means, burdens = 1 - lower, means[::-1], burdens[::-1]
        malignant = _clone_probability(
            *trunk_shared(means[0], means[1], bins), prior=limits().clone_without_trunk_prior
        )
        if dna is not None:
            malignant = max(malignant, follows(means[0], dna))
        if malignant >= limits().clone_without_trunk_most:
            continue
        found = Division(
            lower, malignant, (burdens[0], burdens[1]), _apart_elsewhere(scaled, lower)
        )
        if found.apart >= limits().normal_axis_sd and (best is None or found.clear > best.clear):
            best = found
    if best is None or len(picked) == len(profile):
        return best
    axis = _axis(scaled, best.lower, total)
    _, parts = _two_parts(scaled @ axis, best.lower)
    everywhere = np.clip(profile / spread, -_CLIP, _CLIP) @ axis
    return replace(best, lower=_lower(everywhere, parts))


def burden(profile: np.ndarray, bins: Bins) -> float:
    """Return how far neighbouring bins leave the diploid level together.

    Parameters
    ----------
    profile
        (bins,) mean of a group of cells, expression over normal cells minus 1.
    bins
        Where they lie.

    Returns
    -------
    float
        Square root of the mean product of a bin and its next two neighbours on the arm, natural log
        about the mean; 0 where they are not alike. Half of the genome gained or lost by one copy in
        four is about .2.

    Notes
    -----
    In logs and about the mean: genes of the lineage make a few bins high, and a mean above the
    median would pass for bins that rise together.
    """
    log = _log(profile)
    together = _neighbours(log, log, bins)
    return float(np.sqrt(max(together.mean(), 0.0))) if len(together) else 0.0


def burden_beyond(lower: np.ndarray, higher: np.ndarray, bins: Bins) -> float:
    """Return the burden of a group beyond the copies that it shares with another.

    Parameters
    ----------
    lower, higher
        (bins,) means of the two groups.
    bins
        Where they lie.

    Notes
    -----
    Some cells of the tumour among normal ones give them a part of its copies, and no others; a
    second tumour has its own.
    """
    first, second = _log(lower), _log(higher)
    shared, own, other = (
        float(_neighbours(a, b, bins).sum())
        for a, b in ((first, second), (first, first), (second, second))
    )
    products = max(2 * neighbours(bins), 1)
    if other > 0:
        own -= max(shared, 0.0) ** 2 / other
    return float(np.sqrt(max(own / products, 0.0)))


def burden_error(profile: np.ndarray, bins: Bins, *, at: float) -> float:
    """Return the standard error of a :func:`burden` by noise that is independent between bins.

    Parameters
    ----------
    profile
        (bins,) mean of a group of cells: of few cells, noise is most of it.
    bins
        Where they lie.
    at
        Least burden at which the square root is taken (delta method).
    """
    error = float(_log(profile).var()) / np.sqrt(max(neighbours(bins), 1))
    return error / (2 * max(burden(profile, bins), at))


def neighbours(bins: Bins) -> int:
    """Return how many pairs of bins on one arm a burden is read from."""
    return sum(int((bins.arm[lag:] == bins.arm[:-lag]).sum()) for lag in _LAGS)


def trunk_shared(lower: np.ndarray, higher: np.ndarray, bins: Bins) -> tuple[float, float]:
    """Return which share of the higher part's copy numbers the lower part has, and its SE.

    Parameters
    ----------
    lower, higher
        (bins,) means of two groups of epithelial cells.
    bins
        Where they lie.

    Notes
    -----
    Products of a bin of one and the neighbours of the other: what both have of their lineage is
    independent from bin to bin and cancels.
    """
    first, second = _log(lower), _log(higher)
    both = _neighbours(first, second, bins)
    own = _neighbours(second, second, bins)
    if not len(both) or own.mean() <= 0:
        return 1.0, 1.0
    error = first.std() * second.std() / np.sqrt(len(both))
    return float(both.mean() / own.mean()), float(error / own.mean())


def follows(profile: np.ndarray, dna: np.ndarray) -> float:
    """Return the probability that a group of cells has the copy numbers of the tumour's DNA.

    Parameters
    ----------
    profile, dna
        As in :func:`rise`; .5 where the DNA is flat.
    """
    slope, error = rise(profile, dna)
    return _clone_probability(slope, error, prior=0.5) if np.isfinite(error) else 0.5


def rise(profile: np.ndarray, dna: np.ndarray) -> tuple[float, float]:
    """Return how steeply a group's expression rises with the copies of the DNA, and the error.

    Parameters
    ----------
    profile
        (bins,) mean of the group, expression over normal cells minus 1.
    dna
        (bins,) what the DNA lets expect, :func:`~her2omics.single_cell.tumour_dna`.

    Notes
    -----
    Slope of the one on the other, in logs. DNA has nothing of the lineage, so that what epithelium
    has of its own is noise of the slope. Flat DNA has a slope of 0 with infinite error.
    """
    found, expected = _log(profile), _log(dna)
    square = float(expected @ expected)
    if square <= 0:
        return 0.0, np.inf
    slope = float(found @ expected) / square
    return slope, float((found - slope * expected).std()) / np.sqrt(square)


def _clone_probability(shared: float, error: float, *, prior: float) -> float:
    """Return the probability that a part with this share of the trunk is a clone of the tumour."""
    limit = limits()
    normal = np.hypot(limit.normal_trunk_sd, error)
    clone = np.hypot(limit.clone_trunk_sd, error)
    odds = logit(prior) + np.log(normal / clone)
    odds += 0.5 * (
        ((shared - limit.normal_trunk) / normal) ** 2 - ((shared - limit.clone_trunk) / clone) ** 2
    )
    return float(expit(odds))


def _log(profile: np.ndarray) -> np.ndarray:
    log = np.log(np.maximum(1.0 + np.asarray(profile, dtype=float), 0.1))
    log = np.clip(log - np.median(log), -_LOG_CLIP, _LOG_CLIP)
    return log - log.mean()


def _neighbours(first: np.ndarray, second: np.ndarray, bins: Bins) -> np.ndarray:
    """Return the products of each bin of one with its next neighbours of the other."""
    found = []
    for lag in _LAGS:
        same = bins.arm[lag:] == bins.arm[:-lag]
        found += [(first[lag:] * second[:-lag])[same], (second[lag:] * first[:-lag])[same]]
    return np.concatenate(found)


def _starts(
    profile: np.ndarray,
    scaled: np.ndarray,
    bins: Bins,
    spread: np.ndarray,
    groups: np.ndarray,
    dna: np.ndarray | None,
) -> list[np.ndarray]:
    """Return (cells,) weights of a lower part: lowest along an axis, and each group.

    The axes are the smoothed mean and, where there is one, the profile of the DNA.
    """
    mean = profile.mean(axis=0)
    mean = np.clip(mean - np.median(mean), -0.8, _LOG_CLIP)
    starts = []
    for axis in (_smooth(mean, bins), *(() if dna is None else (dna,))):
        along = axis / spread
        place = scaled @ (along - along.mean())
        rank = np.argsort(np.argsort(place, kind="stable"), kind="stable")
        starts += [(rank < share * len(rank)).astype(float) for share in _STARTS]
    return starts + (list(groups.T) if groups.shape[1] > 1 else [])


def _smooth(values: np.ndarray, bins: Bins) -> np.ndarray:
    """Return (bins,) means over the window on the same arm."""
    place = np.arange(len(values))
    near = np.abs(place[:, None] - place) <= _WINDOW
    near &= bins.arm[:, None] == bins.arm
    return (near @ values) / near.sum(axis=1)


def _axis(scaled: np.ndarray, lower: np.ndarray, total: np.ndarray | None = None) -> np.ndarray:
    """Return (bins,) the axis that parts the two best; ``total`` if the covariance is known."""
    total = np.cov(scaled, rowvar=False, bias=True) if total is None else total
    return axes(scaled, np.column_stack([lower, 1 - lower]), total=total)[:, 0]


def _by_turns(scaled: np.ndarray, lower: np.ndarray, total: np.ndarray) -> np.ndarray | None:
    """Return (cells,) probability of the lower part, or ``None`` where one of them is lost."""
    for _ in range(_ROUNDS):
        if min(lower.sum(), (1 - lower).sum()) < _LEAST_CELLS:
            return None
        new, _ = _two_parts(scaled @ _axis(scaled, lower, total), lower)
        done = np.abs(new - lower).mean() < _DONE / 10
        lower = new
        if done:
            break
    return lower if min(lower.sum(), (1 - lower).sum()) >= _LEAST_CELLS else None


_Parts = tuple[np.ndarray, np.ndarray, np.ndarray]


def _two_parts(place: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, _Parts]:
    """Return the lower part of two normal distributions on a line, and share, mean, variance."""
    floor = max(_LEAST_VARIANCE * float(place.var()), 1e-12)
    for _ in range(_STEPS):
        weight = np.stack([lower, 1 - lower])
        size = np.maximum(weight.sum(axis=1), 1e-9)
        mean = weight @ place / size
        square = (place - mean[:, None]) ** 2
        variance = np.maximum((weight * square).sum(axis=1) / size, floor)
        parts = size / len(place), mean, variance
        new = _lower(place, parts)
        done = np.abs(new - lower).max() < _DONE
        lower = new
        if done:
            break
    return lower, parts


def _lower(place: np.ndarray, parts: _Parts) -> np.ndarray:
    share, mean, variance = (values[:, None] for values in parts)
    log = np.log(share) - 0.5 * np.log(variance) - (place - mean) ** 2 / (2 * variance)
    return expit(log[0] - log[1])


def _apart_elsewhere(scaled: np.ndarray, lower: np.ndarray) -> float:
    """Return the distance of the parts over their SD, each half on the axis of the other."""
    first = np.arange(len(scaled)) % 2 == 0
    found = []
    for own in (first, ~first):
        place, weight = scaled[~own] @ _axis(scaled[own], lower[own]), lower[~own]
        both = np.stack([weight, 1 - weight])
        both /= both.sum(axis=1, keepdims=True)
        mean = both @ place
        variance = (both * (place - mean[:, None]) ** 2).sum(axis=1)
        found.append((mean[1] - mean[0]) / np.sqrt(variance.mean()))
    return float(min(found))
