"""How noisy the measurements of a cohort are, as weights over fixed grids.

A case alone cannot say whether its RNA is noisier than stated; a cohort can. The weights are learnt
by expectation-maximisation from the evidence of the whole sheet
(:mod:`her2omics.mechanism.calibrate`), start at the assumed ones and stay near them in small
cohorts.
"""

from __future__ import annotations

from dataclasses import dataclass

RNA_INFLATIONS = (1.0, 1.6, 3.0)  # of all RNA noise: t6 tails, and unknown quality
PROGRAMME_INFLATIONS = (1.0, 2.2)  # of programme_delta alone
SPREADS = (0.10, 0.25)  # intraclass correlation of the amplified share between pieces


@dataclass(frozen=True)
class ModelNoise:
    """Weights over :data:`RNA_INFLATIONS`, :data:`PROGRAMME_INFLATIONS` and :data:`SPREADS`."""

    rna: tuple[float, ...] = (0.65, 0.28, 0.07)
    programme: tuple[float, ...] = (0.85, 0.15)
    spread: tuple[float, ...] = (0.60, 0.40)


DEFAULT = ModelNoise()
