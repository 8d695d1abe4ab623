"""Whether anything tells the tumour's diploid level, without which a share is a guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from her2omics.single_cell.estimates import SampleDosage
from her2omics.thresholds import limits

UNANCHORED = (
    "neither normal epithelium nor cells without the gain tell the tumour's diploid level, and "
    "the dose alone does not"
)


def anchored(samples: Sequence[SampleDosage], *, normal_cells: int) -> bool:
    """Return whether the tumour's diploid level is known well enough for the samples' shares.

    Where all cells are amplified the fit knows the product of level and dose alone. What tells the
    level: normal epithelium, cells without the gain beside amplified ones, or a dose that no level
    explains away. Where nothing does, two samples may still say that nothing changed: the same
    level holds for both.

    Parameters
    ----------
    samples
        Of one patient.
    normal_cells
        Normal epithelium.
    """
    limit = limits()
    seen = [one for one in samples if np.isfinite(one.dose_draws).all()]
    if not seen:
        return False
    doses = np.array([np.median(one.dose_draws) for one in seen])
    shares = np.array([np.median(one.share_draws) for one in seen])
    clear = doses >= limit.single_cell_dose_anchored
    if normal_cells >= limit.single_cell_anchor_cells and clear.any():
        return True
    neutral = 1 - shares - np.array([one.gain_fraction for one in seen])
    beside = np.minimum(shares, neutral) >= limit.single_cell_anchor_share
    if (beside & clear).any() or (doses >= limit.single_cell_dose_free).all():
        return True
    both = len(seen) == len(samples) == 2 and (doses >= limit.single_cell_dose_same).all()
    return bool(both and np.ptp(np.log(doses)) <= np.log(limit.single_cell_same_dose))
