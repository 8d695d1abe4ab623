"""Bins corrected by what the normals of their assay and design have in common."""

from __future__ import annotations

import pandas as pd

from her2omics.cohort import normal_reference
from her2omics.cohort.normals import References
from her2omics.copy_number.arm import Correct, correct_bins
from her2omics.errors import InputError, Problem
from her2omics.genome import Genome
from her2omics.readers.dna import SampleDna


def by_references(
    references: References, *, genome: Genome, warnings: list[Problem] | None = None
) -> Correct:
    """Return the correction of a sample's bins by the reference of its assay and design.

    Parameters
    ----------
    references
        References of the cohort folder.
    genome
        Build of the coordinates.
    warnings
        Takes one warning for each sample whose bins the reference does not have.

    Returns
    -------
    callable
        From a sample's DNA to its bins and the locus' tau, log2, as
        :func:`her2omics.copy_number.arm.correct_bins`, which is what is done where there is no
        reference, or none that fits.

    Raises
    ------
    InputError
        When called, if the file of a reference is missing or damaged.
    """

    def correct(dna: SampleDna) -> tuple[pd.DataFrame, float]:
        reference = references.reference_for(dna.assay, dna.targets)
        if reference is None:
            return correct_bins(dna, genome=genome)
        try:
            corrected = normal_reference.apply(dna.bins.frame, reference, genome=genome)
        except InputError as error:
            if warnings is not None:
                warnings.extend(
                    Problem(f"normals not used: {p.message}", file=dna.bins.file, sample=dna.sample)
                    for p in error.problems
                )
            return correct_bins(dna, genome=genome)
        return corrected.bins, corrected.tau

    return correct
