"""Whether anything tells the tumour's diploid level, without which a share is a guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from her2omics.single_cell.estimates import SampleDosage
from her2omics.thresholds import limits

_NOBODY = "next to no amplified cells, and no sample of the patient with a clear dose beside it"
_UNKNOWN_LEVEL = (
    "the dose is too low to call without knowing the tumour's diploid level, which normal "
    "epithelium or cells without the gain would tell, or too low even so (below {least:g}-fold)"
)
_TOO_FEW = "too few amplified cells, if any, to tell their dose: more cells, or DNA, would"
_TOO_LOW = "the dose is below {least:g}-fold, too low to call by RNA: DNA would tell"


def anchored(samples: Sequence[SampleDosage], *, normal_cells: int) -> list[bool]:
    """Return for each sample whether the tumour's diploid level is known well enough for its share.

    Where all cells are amplified the fit knows the product of level and dose alone. What tells the
    level: normal epithelium, cells without the gain beside amplified ones (in a sample, or in all
    together), or a dose that no level explains away. Where nothing does, two samples may still say
    that nothing changed: the same level holds for both.

    Parameters
    ----------
    samples
        Of one patient.
    normal_cells
        Normal epithelium.

    Notes
    -----
    The level is the patient's, but a dose near three is amplified or not by a little of it: a
    sample speaks if its own dose is clear, or beside one whose dose is, if it has next to no
    amplified cells or a dose that is only a little lower.
    """
    limit = limits()
    shares = np.array([np.median(one.share_draws) for one in samples])
    highest = np.array([np.quantile(one.share_draws, 0.95) for one in samples])
    gains = np.array([one.gain_fraction for one in samples])
    doses = np.array([_dose(one) for one in samples])
    doses = np.where(shares >= limit.single_cell_some_share, doses, 0.0)
    clear = doses >= limit.single_cell_dose_anchored
    none = highest <= limit.single_cell_none_share
    near = none | (doses >= limit.single_cell_dose_beside)
    spoken = clear | (near & clear.any())
    if normal_cells >= limit.single_cell_anchor_cells:
        return spoken.tolist()
    cells = np.array([one.malignant_cells for one in samples], dtype=float)
    both = np.array([shares, 1 - shares - gains])  # amplified, neutral
    least = both.min(axis=0)
    beside = (clear & (least >= limit.single_cell_anchor_share)).any()
    read = np.isfinite(shares) & (cells > 0)
    if read.any():
        together = np.average(both[:, read], axis=1, weights=cells[read]).min()
        beside |= clear.any() and together >= limit.single_cell_anchor_share
    if beside:
        return spoken.tolist()
    free = doses >= limit.single_cell_dose_free
    if free.any():
        return (free | (none & free.any())).tolist()
    same = len(samples) == 2 and (doses >= limit.single_cell_dose_same).all()
    same = same and np.ptp(np.log(doses)) <= np.log(limit.single_cell_same_dose)
    return [bool(same)] * len(samples)


def why_not(sample: SampleDosage, *, normal_cells: int) -> str:
    """Return why a sample that :func:`anchored` refuses tells no share, one sentence.

    Parameters
    ----------
    sample, normal_cells
        As there.
    """
    limit = limits()
    if np.quantile(sample.share_draws, 0.95) <= limit.single_cell_none_share:
        return _NOBODY
    least = limit.single_cell_dose_anchored
    if normal_cells < limit.single_cell_anchor_cells:
        return _UNKNOWN_LEVEL.format(least=least)
    if _dose(sample) == 0 or np.median(sample.share_draws) < limit.single_cell_some_share:
        return _TOO_FEW
    return _TOO_LOW.format(least=least)


def _dose(sample: SampleDosage) -> float:
    """Return the median dose; 0 where too few amplified cells have one."""
    return float(np.median(sample.dose_draws)) if np.isfinite(sample.dose_draws).all() else 0.0
