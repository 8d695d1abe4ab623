"""From the piece that was read to the tumour: sites of one tumour differ.

The amplified share of a piece is beta-distributed around the tumour's, with an intraclass
correlation between sites: cells of one piece are no replicates (docs/single_cell_dose.md).
"""

from __future__ import annotations

import numpy as np
from scipy import special

#: Between-site intraclass correlation of the share [assume].
SITE_ICC = 0.03
#: Others that are shown beside it, by the name that they have in columns.
SHOWN_ICC = {"01": 0.01, "10": 0.10}
#: Beta prior of the tumour's share: that of the amplified state among neutral, gain, amplified.
_PRIOR = (0.6, 0.8)
_GRID = special.ndtr(np.linspace(-4.5, 4.5, 241))  # fine at both ends


def tumour_share(
    piece: np.ndarray, *, rng: np.random.Generator, icc: float = SITE_ICC
) -> np.ndarray:
    """Return draws of the tumour's share, one for each draw of the piece's.

    Parameters
    ----------
    piece
        (draws,) posterior draws of the amplified share of one biopsy, 0-1.
    rng
        Generator of this sample alone.
    icc
        Intraclass correlation between sites, 0-1; 0 returns the draws.
    """
    if icc <= 0:
        return piece.copy()
    mass = _cumulative(piece, icc)
    chance = rng.random(len(piece))[:, None]
    return _GRID[np.minimum((mass < chance).sum(axis=1), len(_GRID) - 1)]


def tumour_ends(piece: np.ndarray, *, icc: float) -> tuple[float, float]:
    """Return the ends of the central 90 % interval of the tumour's share; NaN without a piece's.

    Parameters
    ----------
    piece
        (draws,) posterior draws of the amplified share of one biopsy, 0-1.
    icc
        Intraclass correlation between sites, above 0.
    """
    if not np.isfinite(piece).all():
        return np.nan, np.nan
    mass = _cumulative(piece, icc).mean(axis=0)
    low, high = (_GRID[min(int(np.searchsorted(mass, q)), len(_GRID) - 1)] for q in (0.05, 0.95))
    return float(low), float(high)


def _cumulative(piece: np.ndarray, icc: float) -> np.ndarray:
    """Return (draws, grid) cumulative probability of the tumour's share given each draw."""
    size = 1 / icc - 1
    a, b = _GRID * size, (1 - _GRID) * size
    seen = np.clip(piece, 1e-4, 1 - 1e-4)[:, None]
    log_density = (a - 1) * np.log(seen) + (b - 1) * np.log1p(-seen) - special.betaln(a, b)
    low, high = _PRIOR
    log_density += (low - 1) * np.log(_GRID) + (high - 1) * np.log1p(-_GRID)
    log_density += np.log(np.gradient(_GRID))
    return np.cumsum(special.softmax(log_density, axis=1), axis=1)
