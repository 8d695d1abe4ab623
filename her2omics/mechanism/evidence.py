"""The joint between the arms and the model: evidence.tsv, one row per measurement.

:func:`~her2omics.mechanism.evidence_table.build` makes the table from those of the arms,
:func:`parse` turns it (made here or by the user) into what the model reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.errors import Problem, one_of, raise_all
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence, Measurement
from her2omics.sheets import clinical

TIMES = {"baseline": BASELINE, "followup": FOLLOWUP, "pair": PAIR}
BIOPSY, _PAIR = ("baseline", "followup"), ("pair",)

# Variables, the times they exist for, and whether their value is a number.
VARIABLES: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "erbb2_log2": (BIOPSY, True),
    "purity": (BIOPSY, True),
    "ploidy": (BIOPSY, True),
    "other_copies": (BIOPSY, True),
    "cluster_ccf": (BIOPSY, True),
    "amplicon_branch_loglr": (_PAIR, True),
    "erbb2_mrna": (BIOPSY, True),
    "neighbours_mrna": (BIOPSY, True),
    "rna_sample_sd": (BIOPSY, True),
    "rna_reference_sd": (_PAIR, True),
    "programme_delta": (_PAIR, True),
    "amplified_share": (BIOPSY, True),
    "erbb2_output": (_PAIR, True),
    "ish_amplified_cells": (BIOPSY, True),
    "ish_copies": (BIOPSY, True),
    "ish_ratio": (BIOPSY, True),
    "cep17_copies": (BIOPSY, True),
    "ihc": (BIOPSY, False),
    "her2_status": (BIOPSY, False),
}
WORDS = {
    "ihc": ("0", "0+", "1+", "2+", "3+"),
    "her2_status": ("positive", "negative", "equivocal"),
}
DEFAULT_PURITY_SD = 0.06
DEFAULT_PLOIDY_SD = 0.15
DEFAULT_CCF_SD = 0.05
PERCENT_CELLS = 20.0  # cells taken to be behind an amplified percentage without a count


@dataclass(frozen=True)
class Case:
    """One case as the verdict reads it: its context, evidence and pathology."""

    case: str
    patient: str
    baseline: str | None
    followup: str | None
    setting: str | None
    therapy: str | None
    days_since_anti_her2: float | None
    central_review: str | None
    ascertained: bool
    evidence: CaseEvidence
    her2_class: tuple[str, str]
    ish_group: tuple[int | None, int | None]
    ish_inconsistent: tuple[bool, bool]
    excluded: str | None = None


def check(evidence: pd.DataFrame, pairs: pd.DataFrame, *, file: str) -> None:
    """Raise one error with everything that is wrong with an evidence table.

    Raises
    ------
    InputError
        Unknown variables or cases, times that a variable does not have, values that are no
        numbers or no known words, scales that are not positive, cells without their number.
    """
    known = set(pairs["case"])
    problems = []
    seen: dict[tuple, int] = {}
    columns = ("case", "variable", "item", "time", "value", "sd", "n")
    for line, (case, variable, item, time, value, sd, n) in enumerate(
        zip(*(evidence[column] for column in columns), strict=True), start=2
    ):

        def report(message: str, column: str, line: int = line, case: str | None = case) -> None:
            problems.append(Problem(message, file, line, case, column))

        first = seen.setdefault((case, variable, time, item), line)
        if first != line:
            report(f"{variable} at {time} was given before, in line {first}", "variable")
        if case not in known:
            report(f"case '{case}' is not in the pairs table", "case")
        if variable not in VARIABLES:
            report(one_of(str(variable), list(VARIABLES)), "variable")
            continue
        times, numeric = VARIABLES[variable]
        if time not in times:
            report(f"'{time}' does not go with {variable}: expected {' or '.join(times)}", "time")
        if not numeric:
            if value not in WORDS[variable]:
                report(one_of(str(value), WORDS[variable]), "value")
            continue
        number = pd.to_numeric(value, errors="coerce")
        if not np.isfinite(number):
            report(f"'{value}' is not a number", "value")
        if np.isfinite(sd) and sd <= 0 and variable != "programme_delta":
            report(f"{sd:g} is no scale: it must be above 0, or empty", "sd")
        if variable == "ish_amplified_cells" and not (n >= 1 and 0 <= number <= n):
            report("needs n, the cells counted, and a value between 0 and n", "n")
        if variable in ("purity", "cluster_ccf", "amplified_share") and not 0 <= number <= 1:
            report(f"{value} is outside 0-1", "value")
    raise_all(problems)


def parse(evidence: pd.DataFrame, pairs: pd.DataFrame, *, multipliers: Mapping) -> list[Case]:
    """Return the cases in the order of the pairs table.

    Parameters
    ----------
    evidence
        Table ``evidence``, checked.
    pairs
        Table ``pairs``.
    multipliers
        Config keys ``priors.multipliers``: where the tests were read changes how often a tumour
        that is still positive is reported negative.
    """
    grouped: dict[str, list[tuple]] = {case: [] for case in pairs["case"]}
    columns = ("case", "variable", "item", "time", "value", "sd", "n")
    for case, *row in zip(*(evidence[column] for column in columns), strict=True):
        if case in grouped:
            grouped[case].append(tuple(row))
    pathology = _pathology(evidence, pairs)
    contexts = pairs.astype(object).where(pairs.notna(), None)
    return [
        _case(row, grouped[row["case"]], pathology[row["case"]], multipliers)
        for row in contexts.to_dict("records")
    ]


def _pathology(evidence: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, dict[str, tuple]]:
    """Return HER2 class, ISH group and ISH consistency of both biopsies of each case."""
    wanted = {
        "ihc": "her2_ihc",
        "ish_copies": "her2_ish_copies",
        "ish_ratio": "her2_ish_ratio",
        "cep17_copies": "cep17_copies",
    }
    index = pd.MultiIndex.from_product([pairs["case"], BIOPSY], names=["case", "time"])
    rows = evidence[evidence["variable"].isin(wanted)]
    frame = (
        rows.drop_duplicates(["case", "time", "variable"])
        .set_index(["case", "time", "variable"])["value"]
        .unstack("variable")
        .reindex(index)
        .reindex(columns=list(wanted))
        .rename(columns=wanted)
    )
    for column in ("her2_ish_copies", "her2_ish_ratio", "cep17_copies"):
        frame[column] = pd.to_numeric(frame[column]).astype(float)
    frame["her2_ihc"] = frame["her2_ihc"].astype(object).where(frame["her2_ihc"].notna(), None)
    frame["sample"] = [f"{case}\t{time}" for case, time in index]
    classes = clinical.her2_class(frame).to_numpy()
    groups = clinical.ish_groups(frame)
    groups = [None if pd.isna(group) else int(group) for group in groups]
    odd = clinical.ish_inconsistent(frame).to_numpy(dtype=bool)
    return {
        case: {
            "her2_class": (classes[2 * i], classes[2 * i + 1]),
            "ish_group": (groups[2 * i], groups[2 * i + 1]),
            "ish_inconsistent": (bool(odd[2 * i]), bool(odd[2 * i + 1])),
        }
        for i, case in enumerate(pairs["case"])
    }


def _case(context: dict, rows: list[tuple], pathology: dict, multipliers: Mapping) -> Case:
    single: dict[tuple[str, int], Measurement] = {}
    modes: dict[str, tuple[list, list]] = {"purity": ([], []), "ploidy": ([], [])}
    ccf: dict[str, list[float]] = {}
    status: list[bool | None] = [None, None]
    equivocal_stain = [False, False]
    for variable, item, time_name, value, sd, n in rows:
        time = TIMES[time_name]
        if variable == "her2_status":
            status[time] = {"positive": True, "negative": False}.get(value)
        elif variable == "ihc":
            equivocal_stain[time] = value == "2+"
        elif variable in modes:
            default = DEFAULT_PURITY_SD if variable == "purity" else DEFAULT_PLOIDY_SD
            scale = sd if np.isfinite(sd) else default
            modes[variable][time].append((float(value), scale, n if np.isfinite(n) else 1.0))
        elif variable == "cluster_ccf":
            row = ccf.setdefault(item, [np.nan, DEFAULT_CCF_SD, np.nan, DEFAULT_CCF_SD])
            row[2 * time] = float(value)
            row[2 * time + 1] = sd if np.isfinite(sd) else DEFAULT_CCF_SD
        else:
            single[variable, time] = Measurement(float(value), float(sd), float(n))
    factor = {
        "both": multipliers["central_negative_not_lost"],
        "followup": multipliers["outside_baseline_not_lost"],
        "neither": multipliers["outside_baseline_not_lost"],
    }.get(context["central_review"], 1.0)
    days = context["days_since_anti_her2"]
    return Case(
        case=context["case"],
        patient=context["patient"],
        baseline=context["baseline"],
        followup=context["followup"],
        setting=context["setting"],
        therapy=context["therapy_since_baseline"],
        days_since_anti_her2=None if days is None else float(days),
        central_review=context["central_review"],
        ascertained=context["ascertained"] == "yes",
        excluded=context.get("excluded"),
        evidence=CaseEvidence(
            case=context["case"],
            single=single,
            purity=(tuple(modes["purity"][0]), tuple(modes["purity"][1])),
            ploidy=(tuple(modes["ploidy"][0]), tuple(modes["ploidy"][1])),
            clusters=np.array(list(ccf.values()), dtype=float).reshape(-1, 4),
            status=(status[0], status[1]),
            status_by_ish=tuple(
                equivocal_stain[time] and ("ish_copies", time) in single for time in (0, 1)
            ),
            setting=context["setting"],
            assay=context["assay"],
            false_negative_factor=factor,
        ),
        **pathology,
    )
