"""One threshold: value, unit, why, source."""

from __future__ import annotations

from dataclasses import dataclass

ASSUMED = "assumption of the project"


@dataclass(frozen=True)
class Threshold:
    """One threshold with its reason and source."""

    value: float
    unit: str
    why: str
    source: str
    user: bool = False
