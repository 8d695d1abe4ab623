"""What the gates of kind F do to the evidence of a case: drop a factor, or widen it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from her2omics.mechanism.evidence import Case
from her2omics.mechanism.gates import ISH
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence, Measurement
from her2omics.mechanism.model import without
from her2omics.quality.gates import Gate
from her2omics.thresholds import limits

ABSENT = 0.1  # CCF below which a biopsy has next to none of a cluster's cells


def apply(case: Case, gates: Iterable[Gate]) -> Case:
    """Return the case with what the F gates say dropped or widened.

    Parameters
    ----------
    case
        The case.
    gates
        Gates that fired; only those of kind F change anything, both biopsies where they name none.
    """
    limit, evidence, baseline = limits(), case.evidence, case.baseline
    for gate in gates:
        if gate.kind != "F":
            continue
        times = (BASELINE, FOLLOWUP)
        if gate.sample is not None:
            times = (BASELINE,) if gate.sample == baseline else (FOLLOWUP,)
        if gate.code == "LOW_PURITY":
            evidence = _dropped(evidence, ("erbb2_mrna", "neighbours_mrna"), times)
            evidence = without(evidence, "programme_delta")
        elif gate.code == "ISH_INCONSISTENT":
            evidence = _dropped(evidence, ISH, times)
        elif gate.code == "NO_NORMAL":
            evidence = replace(evidence, clusters=_private_widened(evidence.clusters))
        elif gate.code == "UNDERPOWERED_CN":
            evidence = _dropped(evidence, ("erbb2_log2",), times)
        elif gate.code == "FEW_GENES":
            evidence = without(evidence, "programme_delta")
        elif gate.code == "FEW_CELLS":
            evidence = without(_dropped(evidence, ("amplified_share",), times), "erbb2_output")
        elif gate.code == "NO_NORMAL_CELLS":
            # Normal epithelium counts as malignant: a share of the epithelium, not of the tumour.
            evidence = _dropped(evidence, ("amplified_share",), times)
        elif gate.code == "PREANALYTIC":
            status = tuple(None if t in times else evidence.status[t] for t in (0, 1))
            classes = tuple("unknown" if t in times else case.her2_class[t] for t in (0, 1))
            evidence = replace(evidence, status=status)
            case = replace(case, her2_class=classes)
        elif gate.code == "DECALCIFIED":
            evidence = _scaled(evidence, "erbb2_log2", times, factor=2.0, default=0.10)
            evidence = _fewer_cells(evidence, times)
        elif gate.code == "LOW_LIBRARY":
            evidence = _scaled(evidence, "erbb2_mrna", times, factor=2.0, default=0.25)
            evidence = _scaled(evidence, "neighbours_mrna", times, factor=2.0, default=0.25)
        elif gate.code == "MIXED_PROTOCOL":
            # One offset per pair: put on the follow-up, so that the change carries it once.
            evidence = _offset(evidence, "erbb2_mrna", FOLLOWUP, limit.protocol_offset_sd)
            evidence = _offset(evidence, "neighbours_mrna", FOLLOWUP, limit.protocol_offset_sd / 2)
            evidence = _offset(
                evidence, "programme_delta", PAIR, limit.protocol_delta_sd, default=0.0
            )
    return replace(case, evidence=evidence)


def _dropped(
    evidence: CaseEvidence, variables: tuple[str, ...], times: tuple[int, ...]
) -> CaseEvidence:
    kept = {
        key: value
        for key, value in evidence.single.items()
        if not (key[0] in variables and key[1] in times)
    }
    return replace(evidence, single=kept)


def _private_widened(clusters: np.ndarray) -> np.ndarray:
    """Return clusters (k, 4) with twice the error where a biopsy has none of their mutations."""
    private = (clusters[:, [0, 2]] < ABSENT).any(axis=1)
    return clusters * np.where(private[:, None], [1, 2, 1, 2], 1)


def _changed(evidence: CaseEvidence, changes: dict) -> CaseEvidence:
    return replace(evidence, single={**evidence.single, **changes})


def _scaled(
    evidence: CaseEvidence, variable: str, times: tuple[int, ...], *, factor: float, default: float
) -> CaseEvidence:
    """Return the evidence with the scale of one variable multiplied."""
    changes = {
        (variable, time): replace(datum, sd=factor * datum.scale(default))
        for time in times
        if (datum := evidence.get(variable, time)) is not None
    }
    return _changed(evidence, changes)


def _offset(
    evidence: CaseEvidence, variable: str, time: int, sd: float, *, default: float = 0.25
) -> CaseEvidence:
    """Return the evidence with an independent error added to one measurement."""
    datum = evidence.get(variable, time)
    if datum is None:
        return evidence
    wider = replace(datum, sd=float(np.hypot(datum.scale(default), sd)))
    return _changed(evidence, {(variable, time): wider})


def _fewer_cells(evidence: CaseEvidence, times: tuple[int, ...]) -> CaseEvidence:
    """Return the evidence with ISH counts worth a quarter of their cells: twice the error."""
    changes: dict[tuple[str, int], Measurement] = {}
    for time in times:
        datum = evidence.get("ish_amplified_cells", time)
        if datum is not None:
            changes["ish_amplified_cells", time] = replace(
                datum, value=datum.value / 4, n=datum.n / 4
            )
    return _changed(evidence, changes)
