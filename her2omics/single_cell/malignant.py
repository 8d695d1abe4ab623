"""Malignant cells: groups of epithelial cells whose copy numbers differ from normal cells'.

Never cell by cell. A programme of expression moves bins here and there; copies move neighbouring
bins together. The covariance of neighbours is the burden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from her2omics.single_cell import mixture
from her2omics.single_cell.bins import Bins, spread
from her2omics.thresholds import limits

_LAGS = (1, 2)


@dataclass(frozen=True)
class Malignant:
    """How likely each cell is malignant.

    Attributes
    ----------
    probability
        (cells,) 0-1; NaN = unknown lineage, or unsound.
    source
        ``annotation``, ``copy_number``, or ``lineage`` (no normal cells to compare with).
    burden
        Burden of each group of epithelial cells, in the order of ``group``; empty without them.
    """

    probability: np.ndarray
    source: str
    burden: tuple[float, ...] = ()


def from_annotation(labels: np.ndarray) -> Malignant:
    """Return the user's word: 1 for ``malignant``, 0 for ``normal``, NaN where empty."""
    known = {"malignant": 1.0, "normal": 0.0}
    return Malignant(np.array([known.get(label, np.nan) for label in labels]), "annotation")


def from_copy_number(
    profile: np.ndarray | None,
    *,
    lineage: np.ndarray,
    bins: Bins | None,
    umis: np.ndarray,
    kept: np.ndarray,
    seed: int,
) -> Malignant:
    """Return the probability from copy-number burden.

    Parameters
    ----------
    profile
        (cells, bins) relative to the normal cells; ``None`` where there are too few of them.
    lineage
        (cells,) of each cell.
    bins
        Of the profile.
    umis
        (cells,) molecules.
    kept
        (cells,) sound cells.
    seed
        Of the mixture.

    Notes
    -----
    A group's probability is logistic in its burden around ``malignant_burden``, .5 there; a cell's
    is the mean over groups by its own membership. Without normal cells all epithelial cells are
    malignant with ``malignant_prior``: gate NO_NORMAL_CELLS says so.
    """
    found = np.full(len(lineage), np.nan)
    other = kept & np.isin(lineage, ("immune", "stromal", "endothelial"))
    found[other] = 0.0
    epithelial = np.flatnonzero(kept & (lineage == "epithelial"))
    if profile is None or bins is None or not len(bins.arm):
        found[epithelial] = limits().malignant_prior
        return Malignant(found, "lineage")
    if not len(epithelial):
        return Malignant(found, "copy_number")
    groups = mixture.fit(profile[epithelial], spread=spread(umis[epithelial], bins), seed=seed)
    burdens = tuple(
        burden(weight @ profile[epithelial] / weight.sum(), bins) for weight in groups.probability.T
    )
    limit = limits()
    steps = (np.array(burdens) - limit.malignant_burden) / limit.malignant_burden_step
    found[epithelial] = groups.probability @ expit(steps)
    return Malignant(found, "copy_number", burdens)


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
        Square root of the mean product of a bin and its next two neighbours on the arm; 0 where
        they are not alike. Half of the genome gained or lost by one copy in four is about .2.
    """
    products = []
    for lag in _LAGS:
        same = bins.arm[lag:] == bins.arm[:-lag]
        products.append((profile[lag:] * profile[:-lag])[same])
    together = np.concatenate(products)
    return float(np.sqrt(max(together.mean(), 0.0))) if len(together) else 0.0
