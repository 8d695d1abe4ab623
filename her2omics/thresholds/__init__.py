"""Every threshold of her2omics: value, unit, why, source.

Those a user may want to change carry ``user=True`` and are config keys ``thresholds.<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from her2omics.thresholds.samples import SAMPLES
from her2omics.thresholds.single_cell import SINGLE_CELL
from her2omics.thresholds.threshold import Threshold

__all__ = ["THRESHOLDS", "Threshold", "limits"]

THRESHOLDS: dict[str, Threshold] = SAMPLES | SINGLE_CELL


def limits(overrides: Mapping[str, float] | None = None) -> SimpleNamespace:
    """Return the thresholds as attributes, with the user's values in place.

    Raises
    ------
    KeyError
        If an override names no threshold (the config schema refuses it before).
    """
    values = {name: threshold.value for name, threshold in THRESHOLDS.items()}
    for name, value in (overrides or {}).items():
        if name not in values:
            raise KeyError(name)
        values[name] = value
    return SimpleNamespace(**values)
