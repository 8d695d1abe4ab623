"""Counts of the dosage genes given a cell's dose: negative binomial on a grid of doses.

``y_ij ~ NB( s_i [ (1 - rho) b_j e^u_i + rho a_j ], phi_j )``, u being the log dose over the panel's
diploid level. The tumour's own diploid level is a shift of u, so that levels ``b_j`` (relative to
each other) and dispersions ``phi_j`` are estimated before any state is named: doses get a free
density per clone and sample, which leaves no wrong mode to fall into.
"""

from __future__ import annotations

from collections.abc import Iterable
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

    def genes(self, keep: np.ndarray) -> Levels:
        """Return those of some of the genes."""
        return replace(self, log_level=self.log_level[keep], dispersion=self.dispersion[keep])


def dense(counts: sparse.csr_matrix) -> np.ndarray:
    """Return (cells, genes) counts of the few dosage genes as floats."""
    return np.asarray(counts.todense(), dtype=np.float32)


def log_likelihood(cells: Cells, levels: Levels) -> np.ndarray:
    """Return (cells, 64) log likelihood of each dose of :data:`GRID`, the highest of a cell 0."""
    places = enumerate(zip(levels.log_level, levels.dispersion, strict=True))
    return _together(cells, (_gene(cells, j, *at) for j, at in places))


@dataclass(frozen=True)
class _Gene:
    """One gene at one level and dispersion: (cells,) counts and (cells, 64) terms of them.

    ``signal`` is the part of the expected UMIs ``mean`` that follows the dose, ``log_above`` is
    ``log(1 + mean dispersion)``.
    """

    count: np.ndarray
    mean: np.ndarray
    signal: np.ndarray
    log_above: np.ndarray
    dispersion: float


def _gene(cells: Cells, j: int, log_level: float, dispersion: float) -> _Gene:
    rate = np.exp(log_level + GRID).astype(np.float32)
    signal = (cells.size * cells.own).astype(np.float32)[:, None] * rate
    mean = signal + (cells.size * cells.ambient[:, j]).astype(np.float32)[:, None]
    above = np.log1p(mean * np.float32(dispersion))
    return _Gene(cells.counts[:, j], mean, signal, above, dispersion)


def _together(cells: Cells, genes: Iterable[_Gene]) -> np.ndarray:
    """Return the (cells, 64) log likelihoods of independent genes, the highest of a cell 0."""
    out = np.zeros((len(cells.size), len(GRID)), dtype=np.float32)
    for gene in genes:
        out -= (gene.count[:, None] + np.float32(1 / gene.dispersion)) * gene.log_above
        some = gene.count > 0
        out[some] += gene.count[some, None] * np.log(gene.mean[some])
    return out - out.max(axis=1, keepdims=True)


def fit_levels(cells: Cells, panel: np.ndarray, *, start: Levels | None = None) -> Levels:
    """Return levels and dispersions of the genes, doses having a free density in each group.

    Parameters
    ----------
    cells
        Cells of all groups; their weights count.
    panel
        (genes,) log level expected beforehand.
    start
        Levels of the same genes to start from; else those that the sums over the cells show.
    """
    level, dispersion = (start.log_level, start.dispersion) if start else _from_sums(cells, panel)
    density = np.full((cells.group.max() + 1, len(GRID)), 1 / len(GRID))
    for _ in range(_ITERATIONS):
        before = np.r_[level, np.log(dispersion)]
        at = zip(level, dispersion, strict=True)
        genes = [_gene(cells, j, *place) for j, place in enumerate(at)]
        posterior = np.exp(_together(cells, genes)) * density[cells.group]
        posterior *= (cells.weight / posterior.sum(axis=1))[:, None]
        density = _densities(posterior, cells.group, len(density))
        moved = [
            (*_level_step(gene, posterior, *place), _dispersion_step(cells.weight, gene, posterior))
            for gene, place in zip(genes, zip(level, panel, strict=True), strict=True)
        ]
        level, information, dispersion = np.array(moved).T
        precision = 1 / (LEVEL_SD**2 + 1 / information)
        level = level - np.average(level - panel, weights=precision)
        if np.abs(np.r_[level, np.log(dispersion)] - before).max() < _TOLERANCE:
            break
    return Levels(level, dispersion, float(np.sqrt(1 / precision.sum())))


def _from_sums(cells: Cells, panel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return levels that the sums over all cells show, and dispersions of the prior."""
    share = cells.weight / cells.weight.sum()
    observed = share @ np.maximum(cells.counts - cells.size[:, None] * cells.ambient, 0)
    seen = np.log(np.maximum(observed, 1e-6) / (share @ (cells.size * cells.own)))
    total = cells.weight @ cells.counts
    trust = total / (total + 1 / LEVEL_SD**2)
    middle = np.average(seen - panel, weights=trust + 1e-9)
    level = panel + trust * (seen - panel - middle)
    return level, np.full(len(panel), np.exp(_DISPERSION_PRIOR[0]))


def _densities(posterior: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return (groups, 64) densities of doses, slightly smoothed."""
    onehot = sparse.csr_matrix(
        (np.ones(len(group), dtype=np.float32), (group, np.arange(len(group)))),
        shape=(groups, len(group)),
    )
    total = onehot @ posterior + 1e-3 / len(GRID)
    smooth = np.apply_along_axis(np.convolve, 1, np.pad(total, ((0, 0), (2, 2))), _SMOOTH, "valid")
    return smooth / smooth.sum(axis=1, keepdims=True)


def _level_step(
    gene: _Gene, posterior: np.ndarray, level: float, panel: float
) -> tuple[float, float]:
    """Return the level after one Newton step, and what the cells tell of it (information)."""
    # d log mean / d level, over the variance
    slope = posterior * gene.signal / (gene.mean * (1 + gene.mean * np.float32(gene.dispersion)))
    information = max(float(np.sum(slope * gene.signal)), 1e-6)
    gradient = float(np.sum(slope * (gene.count[:, None] - gene.mean)))
    gradient -= (level - panel) / LEVEL_SD**2
    return level + np.clip(gradient / (information + 1 / LEVEL_SD**2), -0.5, 0.5), information


def _dispersion_step(weight: np.ndarray, gene: _Gene, posterior: np.ndarray) -> float:
    """Return the dispersion after one Newton step of its log, doses as in the posterior."""
    shape, count = 1 / gene.dispersion, gene.count
    above = gene.mean / (gene.mean + np.float32(shape))
    first = np.einsum("cd,cd->c", posterior, above)
    second = np.einsum("cd,cd,cd->c", posterior, above, above)
    # Derivatives by the shape, 1 / dispersion.
    slope = weight @ (special.digamma(count + shape) - special.digamma(shape) - count / shape)
    slope += np.sum((count + shape) * first) / shape - np.einsum("cd,cd", posterior, gene.log_above)
    bend = weight @ (
        special.polygamma(1, count + shape) - special.polygamma(1, shape) + count / shape**2
    )
    bend += np.sum(2 * first * shape - (count + shape) * (2 * first - second)) / shape**2
    centre, sd = _DISPERSION_PRIOR
    log_phi = np.log(gene.dispersion)
    gradient = -shape * slope - (log_phi - centre) / sd**2
    curvature = shape**2 * bend + shape * slope - 1 / sd**2
    step = -gradient / curvature if curvature < 0 else 0.4 * np.sign(gradient)
    log_phi += np.clip(step, -0.6, 0.6)
    return float(np.exp(np.clip(log_phi, *np.log(_DISPERSION_RANGE))))
