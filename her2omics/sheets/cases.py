"""The cases of a cohort: every (baseline, follow-up) of a patient, as the sheets give them."""

from __future__ import annotations

import pandas as pd

from her2omics import tables

_NONE = "none"  # the follow-up's place in the id of a case that has none; no sample may be so named
# Where the mutations of the two samples come from different assays, the narrower decides what can
# be seen in both.
_NARROWEST_FIRST = ("panel", "wes", "wgs")
_USED = (
    "patient",
    "sample",
    "timepoint",
    "setting",
    "therapy_since_baseline",
    "days_since_anti_her2",
    "central_review",
)


def case_id(baseline: str, followup: str | None) -> str:
    """Return the id of a case: ``<baseline>__<followup>`` or ``<baseline>__none``."""
    return f"{baseline}__{followup or _NONE}"


def cases_of(samples: pd.DataFrame, units: pd.DataFrame, *, ascertained: bool) -> pd.DataFrame:
    """Return the cases.

    Parameters
    ----------
    samples
        The sample sheet, excluded rows included (they form no case).
    units
        The unit sheet.
    ascertained
        Config key: the cohort was collected because HER2 was lost.

    Returns
    -------
    DataFrame
        Table ``pairs``: patients, then baselines, then follow-ups in sheet order. A patient
        without a follow-up has one case per baseline, its ``followup`` missing.
    """
    used = samples[samples["exclude"].isna()]
    rows: dict[tuple[str, str], list[dict]] = {}
    for row in used[list(_USED)].to_dict("records"):
        rows.setdefault((row["patient"], row["timepoint"]), []).append(row)
    mutations = units[units["filetype"] == "mutations"]
    assays = mutations.groupby("sample")["assay"].agg(set).to_dict()
    cases = []
    for patient in used["patient"].unique():
        for baseline in rows.get((patient, "baseline"), []):
            after = rows.get((patient, "followup"), [None])
            cases += [_case(baseline, followup, assays) for followup in after]
    frame = pd.DataFrame(cases)
    frame["ascertained"] = "yes" if ascertained else "no"
    return tables.typed(frame, "pairs")


def _case(baseline: dict, followup: dict | None, assays: dict[str, set[str]]) -> dict:
    after = followup or {}
    names = [baseline["sample"], after.get("sample")]
    found = set().union(*(assays.get(name, set()) for name in names))
    return {
        "case": case_id(*names),
        "patient": baseline["patient"],
        "baseline": names[0],
        "followup": names[1],
        "setting": after.get("setting"),
        "assay": next((assay for assay in _NARROWEST_FIRST if assay in found), None),
        "therapy_since_baseline": after.get("therapy_since_baseline"),
        "days_since_anti_her2": after.get("days_since_anti_her2"),
        "central_review": _central(baseline["central_review"], after.get("central_review")),
    }


def _central(baseline: str | None, followup: str | None) -> str | None:
    """Return which tests were read centrally; unknown unless both rows say."""
    return {
        ("yes", "yes"): "both",
        ("yes", "no"): "baseline",
        ("no", "yes"): "followup",
        ("no", "no"): "neither",
    }.get((baseline, followup))
