"""Groups of cells placed anew along the axes that part them best (linear discriminants).

By turns: the axes from the groups, the groups from a mixture of normals in the space of the axes.
States that move many bins in all groups alike weigh little there, and most in principal components.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

_MOST_CELLS = 6_000
_LEAST_CELLS = 8.0  # of a group
_ROUNDS, _DONE = 15, 1e-3
_SHRINK = 0.5  # of the covariance within the groups, towards the same variance in all bins
_CLIP = 5.0  # noise SDs of a bin


def refined(profile: np.ndarray, *, spread: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return (cells,) groups after turns; those given where there is one, or one is lost.

    Parameters
    ----------
    profile
        (cells, bins) :func:`~her2omics.single_cell.bins.profiles`.
    spread
        (bins,) SD of one cell's value by sampling.
    groups
        (cells,) codes from 0.
    """
    number = int(groups.max(initial=0)) + 1
    if number < 2:
        return groups
    scaled = np.clip(profile / spread, -_CLIP, _CLIP).astype(float)
    picked = np.unique(np.linspace(0, len(scaled) - 1, min(len(scaled), _MOST_CELLS)).astype(int))
    part = scaled[picked]
    total = np.cov(part, rowvar=False, bias=True)
    weight = np.eye(number)[groups[picked]]
    for _ in range(_ROUNDS):
        if weight.sum(axis=0).min() < _LEAST_CELLS:
            return groups
        along = axes(part, weight, total=total)
        model = _normals(part @ along, weight)
        new = model.predict_proba(part @ along)
        moved = np.abs(new - weight).mean()
        weight = new
        if moved < _DONE:
            break
    if weight.sum(axis=0).min() < _LEAST_CELLS:
        return groups
    return model.predict(scaled @ along)


def axes(scaled: np.ndarray, weight: np.ndarray, *, total: np.ndarray) -> np.ndarray:
    """Return (bins, groups - 1) axes of length 1 that part the groups best, the first the origin.

    Parameters
    ----------
    scaled
        (cells, bins) values of about the same noise.
    weight
        (cells, groups) memberships.
    total
        (bins, bins) covariance of all cells.

    Notes
    -----
    Differences of the means over the covariance within the groups (Fisher), which is shrunk by half
    towards the same variance in all bins: cell states move many bins together.
    """
    size = weight.sum(axis=0)
    means = (weight.T @ scaled) / size[:, None]
    apart = means - scaled.mean(axis=0)
    within = total - (apart.T * (size / size.sum())) @ apart
    level = np.trace(within) / len(within)
    within = (1 - _SHRINK) * within + _SHRINK * level * np.eye(len(within))
    found = np.linalg.solve(within, (means[1:] - means[0]).T)
    return found / np.maximum(np.linalg.norm(found, axis=0), 1e-300)


def _normals(place: np.ndarray, weight: np.ndarray) -> GaussianMixture:
    """Return a mixture of normals that began at these memberships (cells, groups)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    size = weight.sum(axis=0)
    floor = 1e-3 * float(place.var(axis=0).mean())
    inverse = [
        np.linalg.inv(
            np.atleast_2d(np.cov(place, rowvar=False, aweights=own)) + floor * np.eye(len(place.T))
        )
        for own in weight.T
    ]
    model = GaussianMixture(
        len(size),
        weights_init=size / size.sum(),
        means_init=(weight.T @ place) / size[:, None],
        precisions_init=np.array(inverse),
        reg_covar=floor,
        max_iter=50,
        tol=1e-4,
        random_state=0,
    )
    with warnings.catch_warnings():
        # The next turn goes on from there.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(place)
