"""mRNA of the 17q12 genes from copies, repression, programme and normal tissue."""

from __future__ import annotations

import numpy as np
import pandas as pd

_TIMES = ("baseline", "followup")


def locus_level(
    cases: pd.DataFrame,
    time: str,
    *,
    exponent: np.ndarray,
    level: np.ndarray,
    repression_share: np.ndarray | float,
    programme_share: float,
    amplified: np.ndarray | bool = True,
) -> np.ndarray:
    """Return log2 mRNA of one gene above the HER2-negative median, without gene noise.

    ``x = E0 + g m + u + log2[ q (f (C_A/psi)^b 2^-d + (1-f) (C_N/psi)^b) + (1-q) 2^n ]``, the
    repression and the programme acting at follow-up only, f being that of the bulk piece.

    Parameters
    ----------
    cases
        Latent cases (:func:`her2omics.simulate.case.draw`), n rows.
    time
        ``baseline`` or ``followup``.
    exponent, level
        b and E0 of the gene, n values.
    repression_share
        Share of the repression d that acts on this gene.
    programme_share
        1 if the gene moves with the programme (ERBB2), else 0.
    amplified
        Whether the amplicon holds the gene; elsewhere the lineage has C_N copies of it.

    Returns
    -------
    ndarray
        n values, log2.
    """
    if time not in _TIMES:
        raise ValueError(f"time {time!r} is not one of {_TIMES}")
    f, other, ploidy, q, normal, effect, carried = (
        cases[f"{key}_{time}"].to_numpy(dtype=float)
        for key in (
            "f_bulk",
            "copies_other",
            "ploidy",
            "rna_share",
            "normal_level",
            "sample_effect",
            "copies_amplified",
        )
    )
    late = time == "followup"
    copies = np.where(amplified, carried, other)
    d = cases["repression_log2"].to_numpy() * repression_share if late else 0.0
    shift = cases["programme_shift"].to_numpy() if late else 0.0
    moved = programme_share * cases["programme_effect"].to_numpy() * shift
    tumour = f * (copies / ploidy) ** exponent * 2.0**-d
    tumour = tumour + (1 - f) * (other / ploidy) ** exponent
    return level + moved + effect + np.log2(q * tumour + (1 - q) * 2.0**normal)


def erbb2_level(cases: pd.DataFrame, time: str) -> np.ndarray:
    """Return log2 ERBB2 mRNA above the HER2-negative median, without gene noise."""
    return locus_level(
        cases,
        time,
        exponent=cases["exponent_erbb2"].to_numpy(),
        level=cases["level_erbb2"].to_numpy(),
        repression_share=1.0,
        programme_share=1.0,
    )


def neighbours_level(
    cases: pd.DataFrame,
    time: str,
    *,
    amplified: np.ndarray | bool = True,
    level: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return log2 mRNA of a 17q12 neighbour above the HER2-negative median, without gene noise.

    ``level`` is the gene's own deviation from the neighbours' E0.
    """
    return locus_level(
        cases,
        time,
        exponent=cases["exponent_neighbours"].to_numpy(),
        level=cases["level_neighbours"].to_numpy() + level,
        repression_share=cases["neighbours_share"].to_numpy(),
        programme_share=0.0,
        amplified=amplified,
    )
