"""What must hold between the rows of samples.tsv, beyond each cell's own rule."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from her2omics.errors import Problem
from her2omics.sheets import clinical


def row_problems(samples: pd.DataFrame, *, file: str) -> list[Problem]:
    """Return what is wrong between rows.

    Parameters
    ----------
    samples
        Typed sheet with a ``line`` column; excluded rows count for duplicates only.
    file
        Name for messages.
    """
    used = samples[samples["exclude"].isna()]
    return [
        *_duplicates(samples, file),
        *_misplaced_settings(used, file),
        *_lone_followups(samples, file),
        *_dates(used, file),
        *_fractions(used, file),
        *_nothing_to_do(samples, file),
    ]


def row_warnings(samples: pd.DataFrame, *, file: str) -> list[Problem]:
    """Return what looks wrong but does not stop a run."""
    used = samples[samples["exclude"].isna()].reset_index(drop=True)
    warnings = []
    inconsistent = clinical.ish_inconsistent(used).to_numpy()
    for row in used[inconsistent].to_dict("records"):
        message = (
            f"ISH values do not fit together (ratio {_shown(row['her2_ish_ratio'])}, copies "
            f"{_shown(row['her2_ish_copies'])}, CEP17 {_shown(row['cep17_copies'])}): means per "
            "cell are expected; if these are totals, divide both by the cells counted; the ISH is "
            "not used"
        )
        warnings.append(_problem(message, row, "her2_ish_copies", file))
    ihc_says = used["her2_ihc"].map({"0": "negative", "0+": "negative", "1+": "negative"})
    ihc_says = ihc_says.mask(used["her2_ihc"] == "3+", "positive")
    differs = (
        ihc_says.notna()
        & used["her2_status"].isin(("positive", "negative"))
        & (ihc_says != used["her2_status"])
    )
    for row in used[differs].to_dict("records"):
        message = (
            f"'{row['her2_status']}' although IHC is {row['her2_ihc']}: the reported status is used"
        )
        warnings.append(_problem(message, row, "her2_status", file))
    for patient, mine in used.groupby("patient", sort=False):
        status = mine.groupby("timepoint")["her2_status"].agg(set)
        before, after = (status.get(time, set()) for time in ("baseline", "followup"))
        if before == {"negative"} and "positive" in after:
            message = (
                f"patient {patient} is negative at baseline and positive at follow-up: are the "
                "timepoints swapped?"
            )
            warnings.append(_problem(message, mine.iloc[0], "timepoint", file))
    therapy = used["therapy_since_baseline"].notna() & (used["timepoint"] != "followup")
    for row in used[therapy].to_dict("records"):
        message = f"belongs to follow-ups, not used in a {row['timepoint']} row"
        warnings.append(_problem(message, row, "therapy_since_baseline", file))
    return warnings


def _problem(message: str, row: Mapping, column: str | None, file: str) -> Problem:
    return Problem(message, file, row["line"], row["sample"], column)


def _shown(value: float) -> str:
    return "empty" if pd.isna(value) else f"{value:g}"


def _duplicates(samples: pd.DataFrame, file: str) -> list[Problem]:
    first = samples.groupby("sample")["line"].transform("first")
    return [
        _problem(
            f"the sample is already on line {first[row['index']]}: every specimen has one row",
            row,
            "sample",
            file,
        )
        for row in samples[samples["sample"].duplicated()].reset_index().to_dict("records")
    ]


def _misplaced_settings(used: pd.DataFrame, file: str) -> list[Problem]:
    wrong = used[used["setting"].notna() & used["timepoint"].ne("followup")]
    return [
        _problem(
            f"'{row['setting']}' in a {row['timepoint']} row: the setting describes a follow-up, "
            "leave it empty elsewhere",
            row,
            "setting",
            file,
        )
        for row in wrong.to_dict("records")
    ]


def _lone_followups(samples: pd.DataFrame, file: str) -> list[Problem]:
    kept = samples["exclude"].isna()
    baselines = samples[samples["timepoint"] == "baseline"]
    excluded = dict(zip(baselines["patient"], baselines["line"], strict=True))
    usable = set(samples.loc[kept & samples["timepoint"].eq("baseline"), "patient"])
    alone = samples[kept & samples["timepoint"].eq("followup") & ~samples["patient"].isin(usable)]
    problems = []
    for row in alone.to_dict("records"):
        message = f"follow-up of patient {row['patient']}, who has no baseline row"
        if row["patient"] in excluded:
            message = (
                f"the baseline of patient {row['patient']} is excluded "
                f"(line {excluded[row['patient']]}): exclude this row too"
            )
        problems.append(_problem(message, row, "timepoint", file))
    return problems


def _dates(used: pd.DataFrame, file: str) -> list[Problem]:
    """Return follow-ups collected before the last baseline of their patient."""
    dated = used[used["collected_days"].notna()]
    baselines = dated[dated["timepoint"] == "baseline"]
    last = baselines.sort_values("collected_days", kind="stable").groupby("patient").tail(1)
    latest = last.set_index("patient")[["collected_days", "sample", "line"]].to_dict("index")
    problems = []
    for row in dated[dated["timepoint"] == "followup"].to_dict("records"):
        before = latest.get(row["patient"])
        if before and row["collected_days"] < before["collected_days"]:
            message = (
                f"day {row['collected_days']:g} is before the baseline {before['sample']} "
                f"(line {before['line']}, day {before['collected_days']:g})"
            )
            problems.append(_problem(message, row, "collected_days", file))
    return problems


def _fractions(used: pd.DataFrame, file: str) -> list[Problem]:
    """Percentages that are all at most 1 were written as fractions."""
    given = used[used["ish_amplified_percent"] > 0]
    if len(given) < 2 or (given["ish_amplified_percent"] > 1).any():
        return []
    row = given.iloc[0]
    value = row["ish_amplified_percent"]
    message = (
        f"{_shown(value)} in percent of cells, and no row has more than 1: write "
        f"{_shown(100 * value)} for a share of {_shown(value)}"
    )
    return [_problem(message, row, "ish_amplified_percent", file)]


def _nothing_to_do(samples: pd.DataFrame, file: str) -> list[Problem]:
    if (samples["timepoint"] == "baseline").any():
        if samples.loc[samples["timepoint"] == "baseline", "exclude"].notna().all():
            return [Problem("every baseline is excluded: no case is left", file)]
        return []
    return [Problem("no row with timepoint baseline: there is no case to judge", file)]
