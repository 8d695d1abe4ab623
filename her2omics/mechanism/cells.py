"""The density of what single cells say of the amplified share.

Cells are read from RNA: the dose of ERBB2's neighbours (:mod:`her2omics.single_cell`). Whether the
neighbours follow a repression of ERBB2 is the same in bulk RNA and in cells, so the density belongs
to the factor of all RNA (:mod:`her2omics.mechanism.rna`), which sums over both readings.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from scipy import special

from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, CaseEvidence
from her2omics.mechanism.student import t6_logpdf

# Dose of RNA that counts as amplified (three times the diploid level), log2.
DOSE_AMPLIFIED, DOSE_AMPLIFIED_SD = np.log2(3.0), 0.4
SHARE_SD = 0.05  # default scale of amplified_share

Particles = SimpleNamespace


def dosed_amplified(x: Particles, time: int, *, follow: float) -> np.ndarray:
    """Return the probability that the RNA of a cell of the lineage shows its amplification.

    A repression that the neighbours ``follow`` silences the amplicon, and the cells pass for cells
    that have lost it.
    """
    dose = x.b[1] * np.log2(np.maximum(x.C_A[time], 0.1) / x.psi[time])
    if time == FOLLOWUP:
        dose = dose - follow * x.d
    return special.ndtr((dose - DOSE_AMPLIFIED) / DOSE_AMPLIFIED_SD)


def amplified_share(x: Particles, evidence: CaseEvidence, *, follow: float) -> np.ndarray | float:
    """Return the log density of the shares of amplified cells, 0 without any.

    The cells are another piece of the lesion than the bulk. ``follow`` is the share of the
    repression d that the neighbours follow by.
    """
    density: np.ndarray | float = 0.0
    for time in (BASELINE, FOLLOWUP):
        datum = evidence.get("amplified_share", time)
        if datum is None:
            continue
        f, seen = x.f[time], dosed_amplified(x, time, follow=follow)
        scale = np.sqrt(datum.scale(SHARE_SD) ** 2 + seen**2 * x.spread * f * (1 - f))
        density = density + t6_logpdf(datum.value - seen * f, scale)
    return density
