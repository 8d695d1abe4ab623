"""Expression of the cancer cells from that of the biopsy, on the linear scale."""

from __future__ import annotations

import numpy as np

# What remains of a gene in cancer cells cannot be told below this share of the HER2-negative level:
# the biopsy then holds little else than normal tissue.
FLOOR = 0.25


def correct(above: np.ndarray, purity: np.ndarray, normal: np.ndarray | float = 0.0) -> np.ndarray:
    """Return the level of the cancer cells, log2 above the HER2-negative reference.

    Parameters
    ----------
    above
        Level of the biopsy, log2 above the HER2-negative median.
    purity
        Share of cancer cells, 0-1.
    normal
        Level of the other cells, log2 above the HER2-negative median.

    Returns
    -------
    ndarray
        ``t = (x - (1 - p) n) / p`` on the linear scale, at least a quarter of the HER2-negative
        level; missing where level or purity is.
    """
    share = np.asarray(purity, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        cancer = (np.exp2(above) - (1.0 - share) * np.exp2(normal)) / share
    return np.log2(np.maximum(cancer, FLOOR))
