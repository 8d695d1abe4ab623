"""What normals have in common beside their middle: principal components of blocks of bins.

Blocks, because a locus counts and not its bins: the noise of bins averages out. The loadings of a
sample are fitted to differences between blocks two apart, without chromosome 17 and robustly: copy
numbers change at few places, so that a tumour's profile does not enter, and an amplicon on 17q can
not be fitted away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.cohort.bin_blocks import Blocks, Stack, blocks, spread

# Numbers of components that are tried.
CHOICES = (0, 2, 4, 6, 8, 10, 12, 15, 20)
_LAG = 2
# Bins further from the middle than this many of their SDs are moved to it, so that dropouts and
# outliers do not make a component.
_CLIP = 4.0
_MAD = 1.4826
# Normals behind the noise of a bin are few: its variance is drawn to the median bin's, which counts
# as so many normals.
_PRIOR_NORMALS = 4.0
# Tukey's bisquare at 95 % efficiency.
_BISQUARE, _ITERATIONS = 4.685, 6
_LEAST_WEIGHT = 0.05
_FOLDS = 8


@dataclass(frozen=True)
class Middle:
    """Centre, noise and components of the bins of n normals.

    Attributes
    ----------
    centre
        (B,) log2.
    sd
        (B,) noise of each bin in a sample of usual noise, log2.
    components
        (k, B) log2 per unit of loading, which has SD 1 between normals.
    """

    centre: np.ndarray
    sd: np.ndarray
    components: np.ndarray

    def weight(self) -> np.ndarray:
        """Return the inverse variance of each bin relative to the median bin, .05 to 20."""
        relative = np.median(self.sd) / self.sd
        return np.clip(relative**2, _LEAST_WEIGHT, 1 / _LEAST_WEIGHT)


def learn(log2: np.ndarray, grouped: Blocks, autosome: np.ndarray, count: int) -> Middle:
    """Return the middle of normals.

    Parameters
    ----------
    log2
        (n, B) centred log2 ratios; NaN where a normal has no coverage.
    grouped
        Blocks of the bins.
    autosome
        (B,) bins that shape the components: X differs between the sexes.
    count
        Components wanted; fewer are returned where there are fewer normals.
    """
    centre, row_sd, relative = _centre(log2)
    rest = np.clip(np.nan_to_num((log2 - centre) / row_sd[:, None]), *_bounds(relative))
    rest = rest * row_sd[:, None]
    sd = relative * np.median(row_sd)
    middle = Middle(centre, sd, np.zeros((0, len(centre))))
    count = min(count, len(log2) - 2)
    if count < 1:
        return middle
    used = np.where(autosome, middle.weight(), 0.0)
    means, weight = grouped.means(rest, used)
    # Small n: the vectors of the samples from their (n, n) products.
    products = (means * weight) @ means.T
    values, vectors = np.linalg.eigh(products)
    order = np.argsort(-values)[:count]
    scores = vectors[:, order] * np.sqrt(np.maximum(values[order], 1e-12))
    scores *= _signs(scores)
    components = np.linalg.lstsq(scores, rest, rcond=None)[0]
    _, _, relative = _centre(rest - scores @ components, centre=np.zeros_like(centre))
    unit = scores.std(axis=0)[:, None]
    return Middle(centre, relative * np.median(row_sd), components * unit)


def _signs(scores: np.ndarray) -> np.ndarray:
    """Return the sign of each column that makes its largest score positive."""
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    return np.where(largest < 0, -1.0, 1.0)


def _bounds(relative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -_CLIP * relative, _CLIP * relative


def _centre(
    log2: np.ndarray, *, centre: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (B,) robust centre, (n,) SD of each normal, (B,) SD relative to the normal's."""
    if centre is None:
        centre = np.nan_to_num(np.nanmedian(log2, axis=0))
    deviation = log2 - centre
    row_sd = np.array([spread(row) for row in deviation])
    row_sd = np.where(np.isfinite(row_sd) & (row_sd > 0), row_sd, 1e-3)
    scaled = deviation / row_sd[:, None]
    variance = (_MAD * np.nan_to_num(np.nanmedian(np.abs(scaled), axis=0))) ** 2
    usual = float(np.median(variance))
    seen = np.isfinite(scaled).sum(axis=0) - 1
    relative = np.sqrt((_PRIOR_NORMALS * usual + seen * variance) / (_PRIOR_NORMALS + seen))
    relative = np.maximum(relative, 1e-3)
    if len(log2) > 2:
        step = np.clip(scaled, *_bounds(relative * 0.5)) * row_sd[:, None]
        centre = centre + np.nan_to_num(np.nanmean(step, axis=0))
    return centre, row_sd, relative


def loadings(log2: np.ndarray, middle: Middle, grouped: Blocks, use: np.ndarray) -> np.ndarray:
    """Return (n, k) loadings of samples.

    Parameters
    ----------
    log2
        (n, B) log2 ratios; a constant per sample changes nothing.
    middle
        Components.
    grouped
        Blocks of the same bins.
    use
        (M,) blocks that may shape the loadings: never chromosome 17, X or Y.
    """
    means, total = grouped.means(log2 - middle.centre, middle.weight())
    shape, _ = grouped.means(middle.components, middle.weight())
    return _block_loadings(means, total, shape, grouped, use)


def _block_loadings(
    means: np.ndarray, total: np.ndarray, shape: np.ndarray, grouped: Blocks, use: np.ndarray
) -> np.ndarray:
    """Return (n, k) loadings from (n, M) blocks, their weights, and (k, M) components."""
    count = len(shape)
    out = np.zeros((len(means), count))
    left, right = grouped.neighbours(_LAG)
    kept = use[left] & use[right]
    left, right = left[kept], right[kept]
    design = (shape[:, right] - shape[:, left]).T
    for row in range(len(means)):
        with np.errstate(divide="ignore"):
            precision = 1 / (1 / total[row, left] + 1 / total[row, right])
        known = np.flatnonzero(precision > 0)
        if count and len(known) > 2 * count:
            difference = (means[row, right] - means[row, left])[known]
            out[row] = _robust(design[known], difference, precision[known])
    return out


def _robust(design: np.ndarray, value: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return bisquare coefficients with a standard normal prior."""
    root = np.sqrt(precision)
    design, value = design * root[:, None], value * root
    trust = np.ones(len(value))
    coefficient = np.zeros(design.shape[1])
    for _ in range(_ITERATIONS):
        rest = value - design @ coefficient
        sd = max(spread(rest), 1e-6)
        trust = np.clip(1 - (rest / (_BISQUARE * sd)) ** 2, 0, None) ** 2
        weighted = design * trust[:, None]
        prior = sd**2 * np.eye(len(coefficient))
        coefficient = np.linalg.solve(weighted.T @ design + prior, weighted.T @ value)
    return coefficient


def held_out(
    normals: Stack, *, counts: tuple[int, ...], use: np.ndarray, autosome: np.ndarray
) -> tuple[int, np.ndarray]:
    """Return the number of components that explains normals best which it was not learnt from.

    Parameters
    ----------
    normals
        The normals.
    counts
        Numbers to try.
    use
        (M,) blocks that may shape the loadings of a sample.
    autosome
        (B,) bins that shape components.

    Returns
    -------
    count
        The number with the least mean square of the blocks of held-out normals, the loadings of
        which come from the other half of the chromosomes.
    corrected
        (n, B) log2 ratios of the held-out normals, corrected with so many components as a
        patient's sample would be.
    """
    grouped, total = blocks(normals.bins), len(normals.names)
    halves = [np.isin(grouped.chromosome, [str(c) for c in range(k, 23, 2)]) for k in (1, 2)]
    fold = np.arange(total) % min(_FOLDS, total)
    squares = np.zeros(len(counts))
    learnt = []
    for part in range(fold.max() + 1):
        whole = learn(normals.log2[fold != part], grouped, autosome, max(counts))
        learnt.append(whole)
        if len(counts) == 1:
            continue
        means, weight = grouped.means(normals.log2[fold == part] - whole.centre, whole.weight())
        shape, _ = grouped.means(whole.components, whole.weight())
        for place, count in enumerate(counts):
            for half, other in (halves, halves[::-1]):
                own = _block_loadings(means, weight, shape[:count], grouped, half)
                rest = (means - own @ shape[:count])[:, other]
                rest -= np.average(rest, axis=1)[:, None]
                squares[place] += (weight[:, other] * rest**2).sum()
    best = counts[int(np.argmin(squares))]
    corrected = np.zeros_like(normals.log2)
    for part, whole in enumerate(learnt):
        middle = Middle(whole.centre, whole.sd, whole.components[:best])
        log2 = normals.log2[fold == part]
        own = loadings(log2, middle, grouped, use)
        corrected[fold == part] = log2 - middle.centre - own @ middle.components
    return best, corrected
