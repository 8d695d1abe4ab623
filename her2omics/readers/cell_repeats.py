"""The same cells in two places: one matrix under two names, or one joined with itself.

A pair of one file has lost nothing, whatever the tumour did; cells that stand twice make every
interval too narrow. Two cells may share a barcode, but not its number of molecules as well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.thresholds import limits


def in_both(first: np.ndarray, second: np.ndarray, *, umis: tuple[np.ndarray, np.ndarray]) -> bool:
    """Return whether two samples have cells in common.

    Parameters
    ----------
    first, second
        Barcodes of each, unique within it.
    umis
        Molecules of each cell of either.
    """
    shared = np.intersect1d(_named(first, umis[0]), _named(second, umis[1]))
    return len(shared) > limits().cell_repeats * min(len(first), len(second))


def twice(barcodes: np.ndarray, *, umis: np.ndarray) -> int:
    """Return how many cells of a file repeat another one; 0 if they are few enough for chance."""
    again = len(barcodes) - len(np.unique(_named(barcodes, umis)))
    return again if again > limits().cell_repeats * len(barcodes) else 0


def _named(barcodes: np.ndarray, umis: np.ndarray) -> np.ndarray:
    """Return barcode and number of molecules as one text."""
    text = pd.Series(barcodes, dtype=object).astype(str)
    return (text + " " + pd.Series(umis).astype(np.int64).astype(str)).to_numpy(dtype=str)
