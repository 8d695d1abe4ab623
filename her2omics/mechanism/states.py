"""The partition of a pair's latent state, and the label of each part.

It assigns the state of simulated truth and of the model's particles; it is never applied to
posteriors or to measurements.
"""

from __future__ import annotations

import numpy as np

from her2omics.thresholds import limits

STATES = ("R", "D", "CS", "DA", "SS-ret", "SS-lost", "MIX", "PR")

LABEL_OF = {
    "R": "not_lost",
    "D": "downregulation",
    "CS": "clonal_selection",
    "DA": "clonal_selection",
    "SS-ret": "subtype_switch",
    "SS-lost": "subtype_switch",
    "MIX": "mixed",
    "PR": "mixed",
}

SUBLABEL_OF = {
    "R": "",
    "D": "",
    "CS": "selection_or_sampling",
    "DA": "deamplification",
    "SS-ret": "switch_with_retention",
    "SS-lost": "switch_with_loss",
    "MIX": "partial_loss_with_repression",
    "PR": "partial_loss",
}

LOCUS_OF = {
    "R": "retained",
    "D": "retained",
    "CS": "replaced",
    "DA": "lost_in_lineage",
    "SS-ret": "retained",
    "SS-lost": "lost_in_lineage",
    "MIX": "partial",
    "PR": "partial",
}

_LIMITS = limits()  # the partition is no setting: truth and particles must share it
_CODE = {state: index for index, state in enumerate(STATES)}


def copies_ratio(
    amplified_baseline: np.ndarray,
    amplified_followup: np.ndarray,
    other_baseline: np.ndarray,
    other_followup: np.ndarray,
) -> np.ndarray:
    """Return r = (C_A2 - C_N2) / max(C_A1 - C_N1, 1): the share of the gained copies that is kept.

    Parameters
    ----------
    amplified_baseline, amplified_followup
        ERBB2 copies per cell of the amplified lineage, any common shape.
    other_baseline, other_followup
        ERBB2 copies per cell of the other cancer cells at the same time point.
    """
    gained = np.maximum(np.subtract(amplified_baseline, other_baseline), 1.0)
    return np.subtract(amplified_followup, other_followup) / gained


def state_codes(
    f1: np.ndarray, f2: np.ndarray, r: np.ndarray, d: np.ndarray, m: np.ndarray
) -> np.ndarray:
    """Return the index into :data:`STATES` of each latent case.

    Parameters
    ----------
    f1, f2
        Share of cancer cells of the amplified lineage at baseline and follow-up.
    r
        Share of the gained copies kept (:func:`copies_ratio`).
    d
        Repression of ERBB2 mRNA per copy at follow-up, log2.
    m
        Shift of the intrinsic programme, Spearman rho.
    """
    limit = _LIMITS
    f1, f2, r, d, m = np.broadcast_arrays(f1, f2, r, d, m)
    replaced = (f2 < limit.lineage_replaced_share) & (f2 < limit.lineage_replaced_ratio * f1)
    kept = ~replaced & (f2 >= limit.lineage_kept_ratio * f1)
    shifted = m >= limit.programme_shift
    repressed = d >= limit.repression
    lost = kept & (r < limit.copies_lost_ratio)
    retained = kept & (r >= limit.copies_kept_ratio)
    return np.select(
        [
            replaced,
            lost & ~shifted,
            lost & shifted,
            retained & shifted,
            retained & repressed,
            retained,
            repressed,
        ],
        [_CODE[state] for state in ("CS", "DA", "SS-lost", "SS-ret", "D", "R", "MIX")],
        default=_CODE["PR"],
    )


def state_of(
    f1: np.ndarray, f2: np.ndarray, r: np.ndarray, d: np.ndarray, m: np.ndarray
) -> np.ndarray:
    """Return the name of the state of each latent case; arguments as :func:`state_codes`."""
    return np.asarray(STATES, dtype=object)[state_codes(f1, f2, r, d, m)]
