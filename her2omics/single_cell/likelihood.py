"""Counts of the dosage genes given a cell's dose: negative binomial on a grid of doses.

``y_ij ~ NB( s_i [ (1 - rho) b_j e^u_i + rho a_j ], phi_j )``, u being the log dose over the panel's
diploid level. The tumour's own diploid level is a shift of u, so that levels ``b_j`` (relative to
each other) and dispersions ``phi_j`` are estimated before any state is named: doses get a free
density per clone and sample, which leaves no wrong mode to fall into.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse, special

#: Log dose over the panel's level; spacing .13, well below the least spread of a state.
GRID = np.linspace(-2.6, 5.6, 64)
#: Prior SD of a gene's log level around the panel [assume], and of the log dispersion.
LEVEL_SD = 0.5
_DISPERSION_PRIOR = (np.log(0.2), 0.7)
_DISPERSION_RANGE = (0.01, 3.0)
_ITERATIONS = 40
_TOLERANCE = 0.003  # natural log of levels and dispersions
_SMOOTH = np.array([0.05, 0.25, 0.4, 0.25, 0.05])  # of the free densities, SD one grid step


@dataclass(frozen=True)
class Cells:
    """Counts of cells with what is known beforehand.

    Attributes
    ----------
    counts
        (cells, genes) raw UMIs, dense.
    size
        (cells,) UMIs outside the amplicon.
    own
        (cells,) 1 - ambient share.
    ambient
        (cells, genes) expected ambient UMIs per UMI of the cell, ``rho a_j``.
    weight
        (cells,) 0-1, probability of being what the fit takes the cell for.
    group
        (cells,) codes of groups with a density of doses each.
    """

    counts: np.ndarray
    size: np.ndarray
    own: np.ndarray
    ambient: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    def rows(self, keep: np.ndarray) -> Cells:
        """Return some of the cells."""
        return Cells(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    def genes(self, keep: np.ndarray) -> Cells:
        """Return some of the genes."""
        return replace(self, counts=self.counts[:, keep], ambient=self.ambient[:, keep])


@dataclass(frozen=True)
class Levels:
    """Log diploid level and dispersion of each gene.

    ``prior_sd`` is what the genes' spread around the panel leaves open in their mean.
    """

    log_level: np.ndarray
    dispersion: np.ndarray
    prior_sd: float


def dense(counts: sparse.csr_matrix) -> np.ndarray:
    """Return (cells, genes) counts of the few dosage genes as floats."""
    return np.asarray(counts.todense(), dtype=np.float32)


def log_likelihood(cells: Cells, levels: Levels) -> np.ndarray:
    """Return (cells, 64) log likelihood of each dose of :data:`GRID`, the highest of a cell 0."""
    out = np.zeros((len(cells.size), len(GRID)), dtype=np.float32)
    for j in range(cells.counts.shape[1]):
        out += _gene(cells, j, levels.log_level[j], levels.dispersion[j])
    return out - out.max(axis=1, keepdims=True)


def _means(cells: Cells, j: int, log_level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (cells, 64) expected UMIs of a gene, and the part that follows the dose."""
    rate = np.exp(log_level + GRID).astype(np.float32)
    signal = (cells.size * cells.own).astype(np.float32)[:, None] * rate
    return signal + (cells.size * cells.ambient[:, j]).astype(np.float32)[:, None], signal


def _gene(cells: Cells, j: int, log_level: float, dispersion: float) -> np.ndarray:
    mean, _ = _means(cells, j, log_level)
    return _dose_terms(cells.counts[:, j], mean, dispersion)


def _dose_terms(count: np.ndarray, mean: np.ndarray, dispersion: float) -> np.ndarray:
    """Return the terms of the log likelihood that depend on the mean."""
    shape = np.float32(1 / dispersion)
    out = -(count[:, None] + shape) * np.log1p(mean / shape)
    some = count > 0
    out[some] += count[some, None] * np.log(mean[some])
    return out


def fit_levels(cells: Cells, panel: np.ndarray) -> Levels:
    """Return levels and dispersions of the genes, doses having a free density in each group.

    Parameters
    ----------
    cells
        Cells of all groups; their weights count.
    panel
        (genes,) log level expected beforehand.
    """
    genes = len(panel)
    share = cells.weight / cells.weight.sum()
    observed = share @ np.maximum(cells.counts - cells.size[:, None] * cells.ambient, 0)
    seen = np.log(np.maximum(observed, 1e-6) / (share @ (cells.size * cells.own)))
    total = cells.weight @ cells.counts
    trust = total / (total + 1 / LEVEL_SD**2)
    middle = np.average(seen - panel, weights=trust + 1e-9)
    level = panel + trust * (seen - panel - middle)
    dispersion = np.full(genes, np.exp(_DISPERSION_PRIOR[0]))
    density = np.full((cells.group.max() + 1, len(GRID)), 1 / len(GRID))
    information = np.ones(genes)
    for _ in range(_ITERATIONS):
        before = np.r_[level, np.log(dispersion)]
        likelihood = np.exp(log_likelihood(cells, Levels(level, dispersion, 0.0)))
        likelihood *= density[cells.group]
        likelihood *= (cells.weight / likelihood.sum(axis=1))[:, None]
        density = _densities(likelihood, cells.group, len(density))
        level, information, dispersion = _step(cells, likelihood, level, dispersion, panel)
        precision = 1 / (LEVEL_SD**2 + 1 / information)
        level -= np.average(level - panel, weights=precision)
        if np.abs(np.r_[level, np.log(dispersion)] - before).max() < _TOLERANCE:
            break
    precision = 1 / (LEVEL_SD**2 + 1 / information)
    return Levels(level, dispersion, float(np.sqrt(1 / precision.sum())))


def _densities(posterior: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return (groups, 64) densities of doses, slightly smoothed."""
    onehot = sparse.csr_matrix(
        (np.ones(len(group), dtype=np.float32), (group, np.arange(len(group)))),
        shape=(groups, len(group)),
    )
    total = onehot @ posterior + 1e-3 / len(GRID)
    smooth = np.apply_along_axis(np.convolve, 1, np.pad(total, ((0, 0), (2, 2))), _SMOOTH, "valid")
    return smooth / smooth.sum(axis=1, keepdims=True)


def _step(
    cells: Cells,
    posterior: np.ndarray,
    level: np.ndarray,
    dispersion: np.ndarray,
    panel: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return levels, their information and dispersions after one Newton step for each gene."""
    new, information, spread = np.empty(len(level)), np.empty(len(level)), np.empty(len(level))
    for j in range(len(level)):
        count = cells.counts[:, j, None]
        mean, signal = _means(cells, j, level[j])
        shape = 1 / dispersion[j]
        slope = signal * shape / (mean * (mean + shape))  # d log mean / d level, over variance
        gradient = float(np.sum(posterior * slope * (count - mean)))
        information[j] = max(float(np.sum(posterior * slope * signal)), 1e-6)
        gradient -= (level[j] - panel[j]) / LEVEL_SD**2
        step = gradient / (information[j] + 1 / LEVEL_SD**2)
        new[j] = level[j] + np.clip(step, -0.5, 0.5)
        spread[j] = _dispersion_step(cells, posterior, cells.counts[:, j], mean, dispersion[j])
    return new, information, spread


def _dispersion_step(
    cells: Cells, posterior: np.ndarray, count: np.ndarray, mean: np.ndarray, now: float
) -> float:
    """Return the dispersion at the top of a parabola through three values (log scale)."""
    centre, sd = _DISPERSION_PRIOR
    width = 0.4
    values = []
    for log_phi in np.log(now) + width * np.array([-1.0, 0.0, 1.0]):
        shape = float(np.exp(-log_phi))
        alone = special.gammaln(count + shape) - special.gammaln(shape)
        alone -= count * np.log(shape)
        terms = np.sum(posterior * _dose_terms(count, mean, float(np.exp(log_phi))))
        full = float(terms) + float(cells.weight @ alone)
        values.append(full - 0.5 * ((log_phi - centre) / sd) ** 2)
    low, middle, high = values
    bend = low - 2 * middle + high
    step = width * 0.5 * (low - high) / bend if bend < 0 else width * np.sign(high - low)
    log_phi = np.log(now) + np.clip(step, -0.6, 0.6)
    return float(np.exp(np.clip(log_phi, *np.log(_DISPERSION_RANGE))))
