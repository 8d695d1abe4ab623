"""What two samples say together: share of amplified cells, and output of those that are left."""

from __future__ import annotations

from her2omics.single_cell.estimates import PairStatement, SampleDosage, SampleOutput


def compare(
    baseline: SampleDosage,
    followup: SampleDosage,
    *,
    output_baseline: SampleOutput,
    output_followup: SampleOutput,
) -> PairStatement:
    """Return the statement on a pair of samples of one fit."""
    raise NotImplementedError
