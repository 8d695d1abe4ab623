"""Groups of cells by their copy-number bins: principal components and a mixture chosen by BIC."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

_COMPONENTS = 10
_MOST_CELLS = 6_000
_MOST_GROUPS = 8
_STARTS = 2
# A group of the mixture has at least so many cells of those it is fitted to.
_LEAST_CELLS = 15


@dataclass(frozen=True)
class Groups:
    """Groups of cells.

    Attributes
    ----------
    scores
        (cells, components) principal components of the bins, noise of each 1 or less.
    probability
        (cells, groups) of each group.
    """

    scores: np.ndarray
    probability: np.ndarray

    @property
    def group(self) -> np.ndarray:
        """(cells,) most likely group."""
        return self.probability.argmax(axis=1)


def fit(profile: np.ndarray, *, spread: np.ndarray, seed: int, groups: bool = True) -> Groups:
    """Return groups of cells.

    Parameters
    ----------
    profile
        (cells, bins) :func:`~her2omics.single_cell.bins.profiles`.
    spread
        (bins,) SD of one cell's value by sampling.
    seed
        Of the starts.
    groups
        Whether groups are wanted, or the components alone.

    Notes
    -----
    Components and mixture come from at most 6,000 cells, every k-th of those given, and hold for
    all. Diagonal covariances: components are uncorrelated over all cells, and BIC then does not
    pay for correlations that a few dozen cells cannot tell.
    """
    cells = len(profile)
    picked = np.unique(np.linspace(0, cells - 1, min(cells, _MOST_CELLS)).astype(int))
    scaled = np.clip(profile[picked] / spread, -5.0, 5.0)
    centre = scaled.mean(axis=0)
    components = min(_COMPONENTS, len(picked) - 1, profile.shape[1])
    if components < 1 or len(picked) < 2 * _LEAST_CELLS:
        return Groups(np.zeros((cells, max(components, 1))), np.ones((cells, 1)))
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(scaled, rowvar=False)))
    axes = vectors[:, np.argsort(-values)[:components]]
    # The sign of an axis is of no meaning: the largest part is made positive.
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(components)])
    scores = (np.clip(profile / spread, -5.0, 5.0) - centre) @ axes
    if not groups:
        return Groups(scores, np.ones((cells, 1)))
    return Groups(scores, _mixture(scores[picked], scores, seed))


def _mixture(part: np.ndarray, scores: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    best, lowest = None, np.inf
    worse = 0
    for number in range(1, min(_MOST_GROUPS, len(part) // _LEAST_CELLS) + 1):
        model = GaussianMixture(
            number,
            covariance_type="diag",
            n_init=_STARTS,
            reg_covar=1e-2,
            tol=1e-2,
            random_state=seed % 2**32,
        )
        with warnings.catch_warnings():
            # Of models that have not converged another has the better BIC.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(part)
        score = model.bic(part)
        if score < lowest:
            best, lowest, worse = model, score, 0
        else:
            worse += 1
        if worse == 2:
            break
    return best.predict_proba(scores)
