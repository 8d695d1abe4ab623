"""The clinical block of a case: lines of evidence for the tumour board, never advice."""

from __future__ import annotations

from collections.abc import Sequence

from her2omics.mechanism.next_test import TESTS
from her2omics.report import words
from her2omics.report.results import Record

LOSSES = ("downregulation", "clonal_selection", "subtype_switch", "mixed")

Line = tuple[str, str]


def lines(
    case: Record,
    *,
    baseline: Record | None,
    followup: Record | None,
    others: Sequence[Record],
    gates: Sequence[str],
    reported_negative: bool | None,
) -> list[Line]:
    """Return question and answer of every line.

    Parameters
    ----------
    case
        Row of ``cases``.
    baseline, followup
        Rows of the sample sheet, None where there is no such biopsy.
    others
        The other cases of this patient.
    gates
        Codes that fired.
    reported_negative
        Whether the follow-up was reported HER2-negative; None if unknown.
    """
    block = [
        ("Would repeating IHC/ISH on this block change the answer?", repeat_test(case, gates)),
        ("Would a second region change the answer?", second_region(case, gates)),
        ("Do other lesions agree?", other_lesions(case, others)),
        ("ER and PR", receptors(baseline, followup)),
        ("Measurement that would reduce the uncertainty most", next_test(case)),
    ]
    if case["label"] == "not_lost" and (reported_negative or words.kept_by(case)):
        block[0] = (block[0][0], repeat_of_kept(case))
    return block


def repeat_test(case: Record, gates: Sequence[str]) -> str:
    """Return whether a second IHC/ISH of the follow-up bears on the label."""
    reasons = {
        "PREANALYTIC": "fixation can have mimicked the loss",
        "DECALCIFIED": "decalcification can have mimicked the loss",
        "ISH_INCONSISTENT": "the reported ISH values contradict each other",
        "ASSAY_CHANGED": "the two tests used different assays",
    }
    found = [reason for code, reason in reasons.items() if code in gates]
    because = f" Also: {'; '.join(found)}." if found else ""
    label = case["label"]
    if label == "not_assessable":
        known = "Not judged: the case stopped at a gate (see above)."
    elif label == "downregulation":
        known = (
            "An ISH with the gene still amplified is expected; a non-amplified result would speak "
            "against downregulation. A repeated IHC is expected to stay negative."
        )
    elif label == "clonal_selection":
        known = (
            "A non-amplified ISH is expected; amplified cells in it would speak for a sampling "
            "difference or another explanation."
        )
    elif label == "subtype_switch":
        known = (
            "ISH says whether the amplification was kept through the switch; the label itself "
            "rests on the programme."
        )
    elif label == "mixed":
        known = "ISH with cells counted tells fewer amplified cells from fewer copies per cell."
    elif label == "not_lost":
        known = "No loss to explain at this level; the reported status agrees or is not given."
    else:
        known = "It could: the leading explanations differ in the amplification that ISH shows."
    return known + because


def repeat_of_kept(case: Record) -> str:
    """Return why to repeat IHC/ISH where a follow-up reported negative is judged not lost."""
    kept = words.kept_by(case)
    if kept is None:
        return (
            "Yes, it could. The follow-up was reported negative while the evidence at hand leans "
            "to a kept amplification; a repeat of IHC/ISH can tell which is right."
        )
    which = "RNA" if kept.startswith("RNA") else "Sequencing"
    return (
        f"Yes, it could. The follow-up was reported negative, but {kept}. {which} cannot tell a "
        "loss of the protein from a false-negative stain; a repeat of IHC/ISH can."
    )


def second_region(case: Record, gates: Sequence[str]) -> str:
    """Return whether more tissue bears on the label."""
    if case["label"] == "not_assessable":
        return "Not judged: the case stopped at a gate (see above)."
    parts = []
    if case["sublabel"] == "selection_or_sampling":
        parts.append(
            "Yes, it could: from one region, a replaced clone and an unevenly sampled mosaic "
            "look alike."
        )
    if case["heterogeneity_baseline"] in ("cap_5_50", "two_clones"):
        parts.append(
            "The baseline was a mosaic of amplified and other cells, so regions may differ."
        )
    if {"LOW_PURITY", "NORMAL_LIKE", "UNDERPOWERED_CN"} & set(gates):
        parts.append("A region with more tumour cells would carry a firmer answer.")
    if not parts:
        parts.append("Nothing in these data points to it; only what was sampled has been seen.")
    return " ".join(parts)


def other_lesions(case: Record, others: Sequence[Record]) -> str:
    """Return whether the patient's other cases carry the same label."""
    judged = [row for row in others if row["label"] not in ("not_assessable", "uncertain")]
    if not others:
        return "This is the only case of the patient; another lesion may differ."
    if not judged:
        return "The patient's other cases carry no verdict."
    named = ", ".join(f"{row['case']} ({words.LABELS[row['label']].lower()})" for row in judged)
    if case["label"] in ("not_assessable", "uncertain"):
        return f"This case carries no verdict; the other ones: {named}."
    agree = all(row["label"] == case["label"] for row in judged)
    return f"{'Lesions agree' if agree else 'Lesions disagree'}: {named}."


def receptors(baseline: Record | None, followup: Record | None) -> str:
    """Return the change of ER and PR in words."""
    parts = []
    for key, name in (("er", "ER"), ("pr", "PR")):
        before, after = (row.get(key) if row else None for row in (baseline, followup))
        if before is None and after is None:
            parts.append(f"{name} not given")
            continue
        change = ""
        if before is not None and after is not None:
            signs = [receptor_positive(before), receptor_positive(after)]
            if None not in signs:
                change = " (unchanged)" if signs[0] == signs[1] else " (changed)"
        shown = [receptor_text(value) for value in (before, after)]
        parts.append(f"{name} {shown[0]} \N{RIGHTWARDS ARROW} {shown[1]}{change}")
    return "; ".join(parts) + "."


def receptor_positive(value: object) -> bool | None:
    """Return the receptor status; a percentage is positive from 1 % (ASCO/CAP 2020)."""
    text = str(value).strip().lower().rstrip("%").strip()
    if text in ("positive", "negative"):
        return text == "positive"
    try:
        return float(text) >= 1
    except ValueError:
        return None


def receptor_text(value: object) -> str:
    """Return a receptor status as written, a bare number as a percentage."""
    if value is None:
        return "not given"
    text = str(value).strip()
    return f"{text} %" if text.replace(".", "", 1).isdigit() else text


def next_test(case: Record) -> str:
    """Return the next test of the case in words."""
    if case["next_test"] is None:
        return "None was singled out."
    return words.listed(dict(TESTS), case["next_test"]) + "."
