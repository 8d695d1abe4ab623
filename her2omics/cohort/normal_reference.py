"""What the normals of one assay and design have in common, and a sample corrected by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from her2omics.cohort import bias, components
from her2omics.cohort.bin_blocks import LEAST_SHARED, bin_numbers, blocks, shaping
from her2omics.cohort.components import Middle
from her2omics.errors import InputError, Problem
from her2omics.genome import Genome

PLACE = ("chromosome", "start", "end")


@dataclass(frozen=True)
class NormalReference:
    """What normals of one assay and design have in common.

    Attributes
    ----------
    assay
        ``wgs``, ``wes`` or ``panel``.
    targets
        Name of the design's BED file; ``None`` where none was named.
    digest
        sha256 of the BED file, by which the design is known again; ``None`` without one.
    build
        Genome build of the coordinates.
    bins
        B rows in genome order: chromosome, start, end (0-based, half-open).
    middle
        Centre, noise and components of these bins.
    tau
        Between-sample SD at ERBB2 beyond the noise of its bins, log2, from held-out normals.
    gc
        Whether GC was corrected in all normals.
    normals
        Samples it was learnt from.
    left_out
        Sample -> why it was not used.
    found
        Bins of the normal that had most, of which ``bins`` are those that all have.
    """

    assay: str
    targets: str | None
    digest: str | None
    build: str
    bins: pd.DataFrame
    middle: Middle
    tau: float
    gc: bool
    normals: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    found: int = 0


@dataclass(frozen=True)
class Corrected:
    """Bins of a sample without what normals have in common.

    Attributes
    ----------
    bins
        The bins that the reference has, as read but for ``log2`` (corrected) and ``weight``
        (inverse variance of the bin relative to the median one).
    tau
        Between-sample SD at ERBB2 that is left, log2.
    shared
        Share of the sample's bins that the reference has.
    loadings
        (k,) of the components.
    """

    bins: pd.DataFrame
    tau: float
    shared: float
    loadings: np.ndarray


def apply(bins: pd.DataFrame, reference: NormalReference, *, genome: Genome) -> Corrected:
    """Return the bins of a sample without what normals have in common.

    GC and mappability are corrected first, as in the normals; then the centre is taken off, and the
    components with loadings fitted outside chromosome 17.

    Parameters
    ----------
    bins
        Bins as read; bins that the reference does not have are left out.
    reference
        Reference of the sample's assay and design.
    genome
        Build of the coordinates.

    Raises
    ------
    InputError
        If the reference has fewer than four fifths of the usual bins in common with the sample, or
        is of another build.
    """
    if reference.build != genome.build:
        message = (
            f"the reference of normals is of {reference.build}, this study of {genome.build}: make "
            "one with bins of the same build"
        )
        raise InputError(Problem(message, column="copy_number.reference"))
    corrected, _ = bias.correct(bins.reset_index(drop=True), genome=genome)
    here, there = bin_numbers(corrected), bin_numbers(reference.bins)
    rows = np.minimum(np.searchsorted(there, here), len(there) - 1)
    known = np.flatnonzero(there[rows] == here)
    rows = rows[known]
    if len(known) < LEAST_SHARED * min(len(there), max(len(here), 1)):
        design = reference.targets or reference.assay
        message = (
            f"{len(known):,} of its {len(here):,} bins are among the {len(there):,} of the "
            f"reference of normals ({design}): make the bins of tumours and normals with one design"
        )
        raise InputError(Problem(message))
    both = corrected.iloc[known].reset_index(drop=True)
    part = Middle(
        reference.middle.centre[rows],
        reference.middle.sd[rows],
        reference.middle.components[:, rows],
    )
    log2 = both["log2"].to_numpy(dtype=float)
    grouped = blocks(both)
    use = shaping(grouped)
    loading = components.loadings(log2[None], part, grouped, use)[0]
    log2 = log2 - part.centre - loading @ part.components
    # Bins without coverage stay without a ratio.
    return Corrected(
        both.assign(log2=log2, weight=part.weight()),
        reference.tau,
        len(known) / max(len(here), 1),
        loading,
    )
