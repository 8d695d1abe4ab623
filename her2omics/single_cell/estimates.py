"""What the single-cell arm says of one sample and of one pair: posterior draws with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from her2omics.tables import CELL_STATES

#: States of the ERBB2 locus in one cell, the columns of :attr:`Dosage.probability`.
STATES = CELL_STATES
NEUTRAL, GAIN, AMPLIFIED = range(3)


#: A share whose 90 % interval is wider has no value: often it is of one of two modes, 0 or 1.
WIDEST_SHARE = 0.5


class Interval(NamedTuple):
    """Posterior median with its central 90 % interval; all NaN where nothing is known."""

    value: float
    low: float
    high: float


def interval(draws: np.ndarray) -> Interval:
    """Return median, 5th and 95th percentile of posterior draws; draws of NaN are left out."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return Interval(np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    return Interval(float(middle), float(low), float(high))


def unclear(share: np.ndarray) -> bool:
    """Return whether draws of a share are so far apart that it has no value."""
    found = interval(share)
    return found.high - found.low > WIDEST_SHARE


@dataclass(frozen=True)
class SampleDosage:
    """Posterior of one sample; draw k of all samples of one fit belongs together.

    Attributes
    ----------
    sample
        Code of the sample.
    malignant_cells
        Cells behind it.
    clones
        (clones,) codes of the clones with malignant cells in the sample; -1 = cells of no clone.
    share_draws
        (draws,) share of the malignant cells of this biopsy that are amplified, 0-1.
    tumour_share_draws
        (draws,) the same of the tumour that the biopsy is a piece of (sites vary).
    dose_draws
        (draws,) dose of the amplified cells: expression of the amplicon over its diploid level.
    clone_share_draws, clone_dose_draws
        (clones, draws).
    gain_fraction
        Expected share of the malignant cells with a gain: more than neutral, not amplified.
    identifiable
        Whether the data can tell amplified from neutral; False: claim nothing.
    reason
        Why not identifiable, one sentence; empty otherwise.
    """

    sample: int
    malignant_cells: int
    clones: np.ndarray
    share_draws: np.ndarray
    tumour_share_draws: np.ndarray
    dose_draws: np.ndarray
    clone_share_draws: np.ndarray
    clone_dose_draws: np.ndarray
    gain_fraction: float
    identifiable: bool
    reason: str

    @property
    def amplified_fraction(self) -> Interval:
        """Share of amplified malignant cells, interval of this biopsy; value NaN if unclear."""
        return self._share(self.share_draws)

    @property
    def tumour_fraction(self) -> Interval:
        """Share of amplified malignant cells, interval of the tumour; value NaN likewise."""
        return self._share(self.tumour_share_draws)

    def _share(self, draws: np.ndarray) -> Interval:
        found = interval(draws)
        return found._replace(value=np.nan) if unclear(self.share_draws) else found

    @property
    def dosage(self) -> Interval:
        """Dose of the amplified cells; NaN where there are practically none."""
        return interval(self.dose_draws)


@dataclass(frozen=True)
class Dosage:
    """Posterior of all cells and samples of one patient.

    Attributes
    ----------
    probability
        (cells, 3) of :data:`STATES`; NaN in cells that are not malignant.
    dose
        (cells,) posterior mean dose, 1 = diploid; NaN in cells that are not malignant.
    genes_used
        (genes,) dosage genes that passed the screen.
    log_level
        (genes,) log diploid level of each gene, share of a cell's UMIs; NaN where not used.
    dispersion
        (genes,) negative-binomial overdispersion; NaN where not used.
    samples
        One per sample code, in order.
    """

    probability: np.ndarray
    dose: np.ndarray
    genes_used: np.ndarray
    log_level: np.ndarray
    dispersion: np.ndarray
    samples: tuple[SampleDosage, ...]


@dataclass(frozen=True)
class SampleOutput:
    """ERBB2 output per dose in the amplified cells of one sample.

    Attributes
    ----------
    draws
        (draws,) ERBB2 UMIs per UMI and dose, over bootstrap samples of the cells; NaN without
        amplified cells. Draw k belongs to draw k of the dosage.
    amplified_cells
        Expected number of amplified cells behind it.
    clone_draws
        (clones, draws), clones as in :attr:`SampleDosage.clones`.
    """

    draws: np.ndarray
    amplified_cells: float
    clone_draws: np.ndarray

    @property
    def output(self) -> Interval:
        """ERBB2 output per dose."""
        return interval(self.draws)


@dataclass(frozen=True)
class PairStatement:
    """What a baseline and a follow-up say together.

    Attributes
    ----------
    share_change
        Amplified share of the tumour, follow-up minus baseline.
    output_ratio
        ERBB2 output per dose of amplified cells, follow-up over baseline.
    dosage_ratio
        Dose of amplified cells, follow-up over baseline.
    p_share_falls
        P(the share falls by more than .2).
    p_output_falls
        P(the output ratio is below .5); NaN where amplified cells are too few.
    p_dosage_falls
        P(the dosage ratio is below .5); NaN likewise.
    detectable_change
        Smallest fall of the share that the 90 % interval excludes 0 for in four of five pairs.
    call
        ``retained``, ``lost``, ``silenced``, ``mixed``, ``undetermined``.
    reason
        Why undetermined, or what a retained share hides; one sentence, may be empty.
    """

    share_change: Interval
    output_ratio: Interval
    dosage_ratio: Interval
    p_share_falls: float
    p_output_falls: float
    p_dosage_falls: float
    detectable_change: float
    call: str
    reason: str
