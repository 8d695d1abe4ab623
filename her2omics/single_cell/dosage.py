"""Dose of the ERBB2 amplicon in every malignant cell, and the share of amplified cells."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from her2omics.single_cell.estimates import Dosage

#: Neighbours of ERBB2 that tell its dose; ERBB2 itself is kept apart: its output per dose tells
#: silencing from loss. Not PPP1R1B (overdispersed, differs between unamplified subclones), not
#: IKZF3 (lymphoid).
GENES = (
    "MIEN1", "GRB7", "STARD3", "PGAP3", "TCAP", "PNMT", "CDK12", "ORMDL3", "PSMD3", "MED24", "MED1",
)  # fmt: skip
#: GRCh38 stretch of chromosome 17 left out of the size factor, or an amplicon normalises itself
#: away: 0-based, half-open.
OUTSIDE_SIZE = (37_500_000, 42_000_000)


def fit(
    counts: sparse.csr_matrix,
    *,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    malignant: np.ndarray,
    normal_epithelium: np.ndarray,
    ambient_share: np.ndarray,
    ambient_profile: np.ndarray,
    panel: np.ndarray,
    seed: int,
) -> Dosage:
    """Fit the dose of the ERBB2 amplicon in the cells of one patient, all samples together.

    Parameters
    ----------
    counts
        (cells, genes) raw UMIs of :data:`GENES`, in this order; a gene that was not measured is
        a column of zeros with NaN in ``panel``.
    size
        (cells,) UMIs of the cell outside :data:`OUTSIDE_SIZE`.
    sample
        (cells,) codes 0, 1, ... of the samples.
    clone
        (cells,) codes of the clones, shared by the samples; -1 = none.
    malignant
        (cells,) probability 0-1 of being malignant; NaN = unknown, not used.
    normal_epithelium
        (cells,) cells known to be normal epithelium: the diploid level.
    ambient_share
        (samples,) share of a cell's UMIs that is ambient.
    ambient_profile
        (samples, genes) share of each gene in the ambient UMIs; (genes,) = the same in all samples.
    panel
        (genes,) log share of a diploid cell's UMIs: :func:`reference_panel`.
    seed
        Seed of the patient.
    """
    raise NotImplementedError
