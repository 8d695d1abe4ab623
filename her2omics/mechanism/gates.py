"""Gates that can be read from evidence and context alone.

Kinds: S stops the verdict, C caps it at ``probable``, F drops or widens the factor concerned, N is
shown. The gates that need the sheets or the arms' tables are in ``her2omics.quality.gates``; what
gates do to the evidence is in ``her2omics.mechanism.gate_effects``.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from her2omics.mechanism.estimates import (
    copies_estimate,
    copies_interval,
    min_detectable_copies,
    neighbours_sd,
    purity_estimate,
    reference_sd,
    rna_would_show,
)
from her2omics.mechanism.evidence import Case
from her2omics.mechanism.likelihood import CENTRING_SD, ISH_COUNT_SD
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP
from her2omics.quality.gates import Gate
from her2omics.sheets import clinical

RNA = ("erbb2_mrna", "neighbours_mrna", "programme_delta")
ISH = ("ish_amplified_cells", "ish_copies")
_LOCUS = ("erbb2_log2", "erbb2_mrna", "neighbours_mrna", "amplified_share", *ISH)
_BULK = ("erbb2_log2", "cluster_ccf", *RNA)
_TIME_NAMES = ("baseline", "follow-up")
_ISH_POSITIVE = (1, 3)
_Z95 = 1.96  # two-sided 95 %
# Codes that are fired here or by the sampler; all others come with the quality table.
CODES = (
    "EXCLUDED",
    "NO_FOLLOWUP",
    "BASELINE_NOT_POSITIVE",
    "BASELINE_UNCONFIRMED",
    "BASELINE_UNCERTAIN",
    "BASELINE_NOT_FOCAL",
    "NO_LOCUS_EVIDENCE",
    "LOW_PURITY",
    "PURITY_UNKNOWN",
    "ISH_INCONSISTENT",
    "CN_CONFLICT",
    "UNDERPOWERED_CN",
    "ON_TREATMENT",
    "SETTING_UNKNOWN",
    "LOW_ESS",
)
AMPLIFIED_COPIES = 6.0  # mean copies: amplified whatever the ratio (ASCO/CAP)
NOT_AMPLIFIED_COPIES = 4.0  # mean copies: not amplified unless the ratio says so (ASCO/CAP)
AMPLIFIED_CELLS = 0.10  # lower bound of counted amplified cells that confirms a baseline
POLYSOMY_COPIES = 3.0  # of CEP17 or of 17q beside the amplicon: polysomy


def from_context(case: Case, limit: SimpleNamespace) -> list[Gate]:
    """Return the gates that context, purity and ISH fire: those that change what is used first.

    Parameters
    ----------
    case
        The case.
    limit
        Thresholds, the user's in place (:func:`her2omics.thresholds.limits`).
    """
    if case.excluded is not None:
        note = f"Excluded by the sheet: {case.excluded}"
        return [Gate("EXCLUDED", "S", None, case.excluded, None, note)]
    if case.followup is None:
        note = "There is no follow-up biopsy to compare."
        return [Gate("NO_FOLLOWUP", "S", case.baseline, None, "a follow-up", note)]
    return [
        *_purity(case, limit),
        *_ish(case),
        *_underpowered(case),
        *_context(case, limit),
    ]


def from_evidence(case: Case, limit: SimpleNamespace, *, underpowered: bool = False) -> list[Gate]:
    """Return the gates of the baseline and the locus, judged on the evidence that is used.

    Parameters
    ----------
    case
        The case with its evidence after :mod:`her2omics.mechanism.gate_effects`.
    limit
        Thresholds.
    underpowered
        The copy number was dropped for want of power (UNDERPOWERED_CN).
    """
    if case.followup is None or case.excluded is not None:
        return []
    return [*_baseline(case, limit), *_conflict(case), *locus(case, underpowered=underpowered)]


def _sample(case: Case, time: int) -> str | None:
    return (case.baseline, case.followup)[time]


def _baseline(case: Case, limit: SimpleNamespace) -> list[Gate]:
    """Whether there was a HER2-positive tumour to begin with."""
    evidence = case.evidence
    status, her2 = evidence.status[BASELINE], case.her2_class[BASELINE]
    if status is False or (status is None and her2 in ("0", "ultralow", "low")):
        return [
            Gate(
                "BASELINE_NOT_POSITIVE",
                "S",
                case.baseline,
                "negative" if status is False else f"HER2 {her2}",
                "positive",
                "The baseline was not HER2-positive: there was nothing to lose.",
            )
        ]
    confirmed = case.ish_group[BASELINE] in _ISH_POSITIVE
    share = evidence.get("amplified_share", BASELINE)
    if share is not None:
        confirmed |= share.value - 1.645 * share.scale(0.05) > 0.05
    counted = evidence.get("ish_amplified_cells", BASELINE)
    if counted is not None:
        part = counted.value / counted.n
        confirmed |= part - 1.645 * np.sqrt(part * (1 - part) / counted.n) > AMPLIFIED_CELLS
    copies = copies_interval(evidence, BASELINE)
    if copies is not None:
        confirmed |= copies[0] >= 4
    mrna, around = evidence.get("erbb2_mrna", BASELINE), evidence.get("neighbours_mrna", BASELINE)
    erbb2_z = None if mrna is None else mrna.value / reference_sd("ERBB2")
    neighbours_z = None if around is None else around.value / neighbours_sd()
    if erbb2_z is not None:
        confirmed |= erbb2_z >= limit.erbb2_high_z or mrna.value >= limit.erbb2_high_log2
    focal = _not_focal(case, copies, erbb2_z, limit)
    if focal:
        return focal
    if confirmed:
        return []
    quiet = erbb2_z is not None and erbb2_z < limit.erbb2_intermediate_z
    unconfirmed = False
    if copies is not None:
        unconfirmed = copies[1] < 4 and (erbb2_z is None or quiet)
    elif quiet and rna_would_show(evidence, BASELINE, limit):
        unconfirmed = neighbours_z is None or neighbours_z < limit.erbb2_intermediate_z
    found = _found(copies, erbb2_z, neighbours_z)
    if unconfirmed:
        return [
            Gate(
                "BASELINE_UNCONFIRMED",
                "S",
                case.baseline,
                found,
                "copies < 4, mRNA z < 1.5",
                "The baseline looks HER2-negative in everything that was sequenced: repeat its "
                "IHC and ISH.",
            )
        ]
    return [
        Gate(
            "BASELINE_UNCERTAIN",
            "C",
            case.baseline,
            found,
            "copies >= 4, or mRNA z >= 3, or ISH group 1 or 3",
            "Nothing but the reported status shows that the baseline was HER2-positive.",
        )
    ]


def _not_focal(
    case: Case,
    copies: tuple[float, float] | None,
    erbb2_z: float | None,
    limit: SimpleNamespace,
) -> list[Gate]:
    """BASELINE_NOT_FOCAL: many copies of the whole of 17q, or of its centromere, and no more.

    Polysomy raises mRNA too: high mRNA speaks against it only where the copies leave it open.
    """
    evidence = case.evidence
    high = erbb2_z is not None and erbb2_z >= limit.erbb2_high_z
    other = evidence.get("other_copies", BASELINE)
    found = None
    if copies is not None and other is not None and other.value >= POLYSOMY_COPIES:
        if (copies[1] if high else np.mean(copies)) < 2 * other.value:
            found = f"copies {copies[0]:.1f}-{copies[1]:.1f}, 17q beside it {other.value:.1f}"
    elif copies is None and not high:
        counted, centromere = (
            evidence.get(name, BASELINE) for name in ("ish_copies", "cep17_copies")
        )
        known = counted is not None and centromere is not None
        raised = known and centromere.value >= POLYSOMY_COPIES
        if raised and 4 <= counted.value < 2 * centromere.value:
            found = f"ISH copies {counted.value:.1f}, CEP17 {centromere.value:.1f}"
    if found is None:
        return []
    note = "More copies of all of chromosome 17q, not of ERBB2 alone: polysomy, no amplification."
    return [Gate("BASELINE_NOT_FOCAL", "C", case.baseline, found, "ratio >= 2", note)]


def _found(
    copies: tuple[float, float] | None, erbb2_z: float | None, neighbours_z: float | None
) -> str:
    parts = [
        "" if copies is None else f"copies {copies[0]:.1f}-{copies[1]:.1f}",
        "" if erbb2_z is None else f"ERBB2 z {erbb2_z:.1f}",
        "" if neighbours_z is None else f"neighbours z {neighbours_z:.1f}",
    ]
    return ", ".join(part for part in parts if part) or "no confirmation"


def _underpowered(case: Case) -> list[Gate]:
    """UNDERPOWERED_CN: the baseline's copies would not have been seen in the follow-up's DNA."""
    evidence = case.evidence
    ratio, purity = evidence.get("erbb2_log2", FOLLOWUP), purity_estimate(evidence, FOLLOWUP)
    before = copies_estimate(evidence, BASELINE)
    if ratio is None or purity is None or before is None or before < NOT_AMPLIFIED_COPIES:
        return []
    other = evidence.get("other_copies", FOLLOWUP)
    background = 2.0 if other is None else max(other.value, 1.0)
    sd = float(np.hypot(ratio.scale(0.10), CENTRING_SD))
    needed = min_detectable_copies(max(purity, 0.01), sd=sd, background=background)
    if needed <= before:
        return []
    note = "Too few cancer cells to see the baseline's ERBB2 copies in DNA: its DNA is not used."
    value = f"{needed:.1f} copies detectable at purity {purity:.2f}"
    return [Gate("UNDERPOWERED_CN", "F", case.followup, value, f"{before:.1f} copies", note)]


def _conflict(case: Case) -> list[Gate]:
    """CN_CONFLICT: one arm shows an amplification of a biopsy, another shows none (95 % each)."""
    evidence = case.evidence
    gates = []
    for time in (BASELINE, FOLLOWUP):
        intervals = {"sequencing": copies_interval(evidence, time)}
        counted = evidence.get("ish_copies", time)
        if counted is not None:
            width = np.exp(_Z95 * ISH_COUNT_SD)
            intervals["ISH"] = (counted.value / width, counted.value * width)
        known = {arm: found for arm, found in intervals.items() if found is not None}
        high = [arm for arm, (low, _) in known.items() if low >= AMPLIFIED_COPIES]
        low = [arm for arm, (_, top) in known.items() if top < NOT_AMPLIFIED_COPIES]
        if high and low:
            value = ", ".join(f"{arm} {a:.1f}-{b:.1f} copies" for arm, (a, b) in known.items())
            where = f"in the {_TIME_NAMES[time]} biopsy"
            note = f"ERBB2 is amplified {where} by {high[0]}, and not by {low[0]}."
            gates.append(Gate("CN_CONFLICT", "C", _sample(case, time), value, "agreement", note))
    return gates


def locus(case: Case, *, underpowered: bool = False) -> list[Gate]:
    """Return NO_LOCUS_EVIDENCE unless both biopsies have a measurement of ERBB2 or its mRNA.

    Where DNA had no power, mRNA of ERBB2 alone does not carry the locus: its neighbours do.
    """
    evidence = case.evidence
    carriers = [name for name in _LOCUS if not (underpowered and name == "erbb2_mrna")]
    missing = [
        time
        for time in (BASELINE, FOLLOWUP)
        if not any(evidence.get(variable, time) is not None for variable in carriers)
    ]
    if not missing:
        return []
    where = " and ".join(_TIME_NAMES[time] for time in missing)
    return [
        Gate(
            "NO_LOCUS_EVIDENCE",
            "S",
            _sample(case, missing[0]) if len(missing) == 1 else None,
            f"nothing at {where}",
            "both biopsies",
            "Nothing measures the ERBB2 locus or its mRNA in both biopsies.",
        )
    ]


def _purity(case: Case, limit: SimpleNamespace) -> list[Gate]:
    evidence = case.evidence
    if not any(name in _BULK for name, _ in evidence.single) and not len(evidence.clusters):
        return []
    gates = []
    for time in (BASELINE, FOLLOWUP):
        purity = purity_estimate(evidence, time)
        sample = _sample(case, time)
        if purity is None:
            gates.append(
                Gate(
                    "PURITY_UNKNOWN",
                    "C",
                    sample,
                    None,
                    "an estimate",
                    f"Tumour content of the {_TIME_NAMES[time]} biopsy is unknown.",
                )
            )
            continue
        if purity < limit.low_purity:
            gates.append(
                Gate(
                    "LOW_PURITY",
                    "C",
                    sample,
                    f"{purity:.2f}",
                    f"{limit.low_purity:g}",
                    f"Few cancer cells in the {_TIME_NAMES[time]} biopsy.",
                )
            )
        if purity < limit.very_low_purity:
            gates.append(
                Gate(
                    "LOW_PURITY",
                    "F",
                    sample,
                    f"{purity:.2f}",
                    f"{limit.very_low_purity:g}",
                    "RNA of this biopsy shows the normal tissue: not used.",
                )
            )
    return gates


def _ish(case: Case) -> list[Gate]:
    return [
        Gate(
            "ISH_INCONSISTENT",
            "F",
            _sample(case, time),
            None,
            "means per cell, ratio = copies / CEP17",
            f"ISH of the {_TIME_NAMES[time]} biopsy contradicts itself (totals over all cells?): "
            "not used.",
        )
        for time in (BASELINE, FOLLOWUP)
        if case.ish_inconsistent[time]
    ]


def on_treatment(case: Case, limit: SimpleNamespace) -> bool:
    """Return whether the follow-up was taken on an anti-HER2 drug or soon after."""
    days = case.days_since_anti_her2
    return clinical.on_treatment(case.setting, days, limit_days=limit.on_treatment_days)


def _context(case: Case, limit: SimpleNamespace) -> list[Gate]:
    gates, days = [], case.days_since_anti_her2
    if on_treatment(case, limit):
        gates.append(
            Gate(
                "ON_TREATMENT",
                "C",
                case.followup,
                case.setting if days is None else f"{days:g} days",
                f"{limit.on_treatment_days:g} days",
                "Taken on or soon after an anti-HER2 drug: the programme moves under treatment.",
            )
        )
    if case.setting is None:
        gates.append(
            Gate(
                "SETTING_UNKNOWN",
                "N",
                case.followup,
                None,
                "setting",
                "Averaged over relapse and treatment settings.",
            )
        )
    return gates
