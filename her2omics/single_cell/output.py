"""ERBB2 output per dose of the amplified cells: what tells a silenced gene from a lost one."""

from __future__ import annotations

import numpy as np

from her2omics.single_cell.estimates import Dosage, SampleOutput


def measure(
    erbb2: np.ndarray,
    dosage: Dosage,
    *,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    ambient_share: np.ndarray,
    ambient_erbb2: np.ndarray,
    seed: int,
) -> tuple[SampleOutput, ...]:
    """Return the ERBB2 output per dose of each sample.

    Parameters
    ----------
    erbb2
        (cells,) raw ERBB2 UMIs.
    dosage
        :func:`her2omics.single_cell.dosage.fit` of the same cells.
    size, sample, clone, ambient_share
        As given there.
    ambient_erbb2
        (samples,) share of ERBB2 in the ambient UMIs.
    seed
        Seed of the patient.
    """
    raise NotImplementedError
