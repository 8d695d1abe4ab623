"""Are these log2 ratios? Values without coverage set to missing, linear values refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.errors import Problem
from her2omics.readers.table_text import TableText

# CNVkit writes -20 for a bin without a read and takes nothing below -15 for a measurement
# (its `params.py`: NULL_LOG2_COVERAGE - MIN_REF_COVERAGE).
LEAST_LOG2 = -15.0
# 2^15 times the genome's mean: no amplicon, whatever the unit.
LARGEST_LOG2 = 15.0
# Ratios of whole profiles have values on both sides of 0; linear ratios and copies have none below.
_MIN_VALUES = 20
# The median of a profile in log2 lies near 0 (hypotriploid lines: -.5 to .6); of ratios at 1.
_LEAST_LINEAR_MEDIAN = 0.7


def measured(log2: np.ndarray) -> tuple[np.ndarray, int]:
    """Return log2 ratios with those of no coverage as missing, and how many these are.

    No coverage is minus infinity or at most -15.
    """
    uncovered = log2 <= LEAST_LOG2
    return np.where(uncovered, np.nan, log2), int(uncovered.sum())


def refusal(log2: np.ndarray, *, enough: int = _MIN_VALUES) -> str | None:
    """Return why values cannot be log2 ratios, or ``None``.

    Parameters
    ----------
    log2
        Values of one sample's profile; missing ones and minus infinity are left out.
    enough
        Values from which on a profile must have some below 0.
    """
    values = log2[~(np.isnan(log2) | np.isneginf(log2))]
    if values.size == 0:
        return "no value at all"
    if values.max() > LARGEST_LOG2:
        return f"the largest is {values.max():.4g}, no possible log2 ratio"
    median = float(np.median(values))
    if values.size >= enough and values.min() >= 0 and median > _LEAST_LINEAR_MEDIAN:
        return f"no value is negative and the median is {median:.3g}, as in linear ratios or copies"
    return None


def problems(log2: pd.Series, table: TableText) -> list[Problem]:
    """Return the problem of a table whose column ``log2`` holds something else."""
    found = refusal(log2.to_numpy())
    if found is None:
        return []
    return [Problem(f"{found}: give log2 ratios", table.shown, column="log2")]
