"""One case's measurements in the form the model reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from her2omics.mechanism.noise import DEFAULT, ModelNoise

BASELINE, FOLLOWUP, PAIR = 0, 1, 2


@dataclass(frozen=True)
class Measurement:
    """One number with the scale of its error and the count behind it (NaN where not given)."""

    value: float
    sd: float = np.nan
    n: float = np.nan

    def scale(self, default: float) -> float:
        """Return sd, or the default where it is missing."""
        return self.sd if np.isfinite(self.sd) else default


@dataclass(frozen=True)
class CaseEvidence:
    """The evidence of one case in the form the factors read.

    Attributes
    ----------
    single
        (variable, time) -> measurement; time is 0 baseline, 1 follow-up, 2 pair.
    purity, ploidy
        For each time the modes as (estimate, sd, weight).
    clusters
        (k, 4): CCF and sd at baseline and follow-up, NaN where not covered.
    status
        Reported HER2 status of both times: True positive, False negative, None unknown.
    status_by_ish
        IHC was 2+ and ISH is in the evidence: it decided the status, which is no datum of its own.
    setting
        Setting of the follow-up; None = unknown.
    false_negative_factor
        Multiplies P(reported negative | not lost), by where the tests were read.
    assay
        Assay of the mutations; None = unknown.
    noise
        Noise of the cohort.
    """

    case: str
    single: Mapping[tuple[str, int], Measurement] = field(default_factory=dict)
    purity: tuple[tuple, tuple] = ((), ())
    ploidy: tuple[tuple, tuple] = ((), ())
    clusters: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))
    status: tuple[bool | None, bool | None] = (None, None)
    status_by_ish: tuple[bool, bool] = (False, False)
    setting: str | None = None
    assay: str | None = None
    false_negative_factor: float = 1.0
    noise: ModelNoise = DEFAULT

    def get(self, variable: str, time: int) -> Measurement | None:
        """Return a measurement, or None."""
        return self.single.get((variable, time))
