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
    "exclude",
)


def case_id(baseline: str | None, followup: str | None) -> str:
    """Return the id of a case: ``<baseline>__<followup>``, ``none`` for a missing one."""
    return f"{baseline or _NONE}__{followup or _NONE}"


def cases_of(samples: pd.DataFrame, units: pd.DataFrame, *, ascertained: bool) -> pd.DataFrame:
    """Return the cases.

    Parameters
    ----------
    samples
        The sample sheet, excluded rows included.
    units
        The unit sheet.
    ascertained
        Config key: the cohort was collected because HER2 was lost.

    Returns
    -------
    DataFrame
        Table ``pairs``: patients, then baselines, then follow-ups in sheet order. A patient
        without a follow-up has one case per baseline, its ``followup`` missing. Excluded samples
        form cases too, so that every patient with a tumour ends in the final table; ``excluded``
        tells these cases apart, and no arm uses them. An excluded follow-up without any baseline
        stands alone, its ``baseline`` missing.
    """
    rows: dict[tuple[str, str], list[dict]] = {}
    for row in samples[list(_USED)].to_dict("records"):
        rows.setdefault((row["patient"], row["timepoint"]), []).append(row)
    mutations = units[units["filetype"] == "mutations"]
    assays = mutations.groupby("sample")["assay"].agg(set).to_dict()
    cases = []
    for patient in samples["patient"].unique():
        before, after = rows.get((patient, "baseline")), rows.get((patient, "followup"))
        if before or after:
            cases += [
                _case(baseline or {}, followup or {}, assays)
                for baseline in before or [None]
                for followup in after or [None]
            ]
    frame = pd.DataFrame(cases)
    frame["ascertained"] = "yes" if ascertained else "no"
    return tables.typed(frame, "pairs")


def _case(baseline: dict, after: dict, assays: dict[str, set[str]]) -> dict:
    names = [baseline.get("sample"), after.get("sample")]
    found = set().union(*(assays.get(name, set()) for name in names))
    return {
        "case": case_id(*names),
        "patient": (baseline or after)["patient"],
        "baseline": names[0],
        "followup": names[1],
        "setting": after.get("setting"),
        "assay": next((assay for assay in _NARROWEST_FIRST if assay in found), None),
        "therapy_since_baseline": after.get("therapy_since_baseline"),
        "days_since_anti_her2": after.get("days_since_anti_her2"),
        "central_review": _central(baseline.get("central_review"), after.get("central_review")),
        "excluded": _excluded(baseline, after),
    }


def _excluded(*rows: dict) -> str | None:
    """Return the user's reasons, each with its sample."""
    reasons = [f"{row['sample']}: {row['exclude']}" for row in rows if row.get("exclude")]
    return "; ".join(reasons) or None


def _central(baseline: str | None, followup: str | None) -> str | None:
    """Return which tests were read centrally; unknown unless both rows say."""
    return {
        ("yes", "yes"): "both",
        ("yes", "no"): "baseline",
        ("no", "yes"): "followup",
        ("no", "no"): "neither",
    }.get((baseline, followup))
