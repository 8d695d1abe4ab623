"""The joint between the arms and the model: evidence.tsv, made from the arms' tables or given.

One row is one measurement. :func:`build` makes the table, :func:`parse` turns it (made here or by
the user) into what the model reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort.protocol import like_reference
from her2omics.errors import Problem, one_of, raise_all
from her2omics.mechanism.clone_evidence import cluster_rows
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence, Measurement
from her2omics.sheets import clinical
from her2omics.thresholds import limits

TIMES = {"baseline": BASELINE, "followup": FOLLOWUP, "pair": PAIR}
_BIOPSY, _PAIR = ("baseline", "followup"), ("pair",)

# Variables, the times they exist for, and whether their value is a number.
VARIABLES: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "erbb2_log2": (_BIOPSY, True),
    "purity": (_BIOPSY, True),
    "ploidy": (_BIOPSY, True),
    "other_copies": (_BIOPSY, True),
    "cluster_ccf": (_BIOPSY, True),
    "amplicon_branch_loglr": (_PAIR, True),
    "erbb2_mrna": (_BIOPSY, True),
    "neighbours_mrna": (_BIOPSY, True),
    "rna_sample_sd": (_BIOPSY, True),
    "rna_reference_sd": (_PAIR, True),
    "programme_delta": (_PAIR, True),
    "amplified_share": (_BIOPSY, True),
    "erbb2_output": (_PAIR, True),
    "ish_amplified_cells": (_BIOPSY, True),
    "ish_copies": (_BIOPSY, True),
    "ish_ratio": (_BIOPSY, True),
    "cep17_copies": (_BIOPSY, True),
    "ihc": (_BIOPSY, False),
    "her2_status": (_BIOPSY, False),
}
WORDS = {
    "ihc": ("0", "0+", "1+", "2+", "3+"),
    "her2_status": ("positive", "negative", "equivocal"),
}
DEFAULT_PURITY_SD = 0.06
DEFAULT_PLOIDY_SD = 0.15
DEFAULT_CCF_SD = 0.05
PERCENT_CELLS = 20.0  # cells taken to be behind an amplified percentage without a count
MIN_GENE_SD = 0.25  # scale of a gene's mRNA error between pieces of a tumour, log2
_Z90 = 1.6448536269514722


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


def _rows(frame: pd.DataFrame, cases: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame's columns of each case's two samples: case, time, then the columns."""
    parts = []
    keyed = frame.drop_duplicates("sample").set_index("sample")
    for time in _BIOPSY:
        part = keyed.reindex(cases[time])[list(columns)].rename(columns=columns)
        part.insert(0, "case", cases["case"].to_numpy())
        part.insert(1, "time", time)
        parts.append(part.reset_index(drop=True))
    return pd.concat(parts, ignore_index=True)


def _long(
    rows: pd.DataFrame,
    variable: str,
    value: str,
    *,
    sd: pd.Series | float = np.nan,
    n: pd.Series | float = np.nan,
    item: pd.Series | str | None = None,
    source: pd.Series | str = "",
) -> pd.DataFrame:
    out = pd.DataFrame(
        {
            "case": rows["case"],
            "variable": variable,
            "item": item,
            "time": rows["time"],
            "value": rows[value],
            "sd": sd,
            "n": n,
            "source": source,
        }
    )
    return out[out["value"].notna()]


def build(
    *,
    samples: pd.DataFrame,
    cases: pd.DataFrame,
    purity: pd.DataFrame,
    copy_number: pd.DataFrame,
    expression: pd.DataFrame,
    switches: pd.DataFrame,
    clusters: pd.DataFrame | None = None,
    reference_is_cohort: bool = False,
) -> pd.DataFrame:
    """Return table ``evidence`` from the sheet and the arms' tables.

    Parameters
    ----------
    samples
        The sample sheet.
    cases
        Table ``pairs``; rows of other cases are left out.
    purity, copy_number, expression, switches, clusters
        Tables of the arms; may be empty.
    reference_is_cohort
        The HER2-negative reference was learnt from this cohort, on its own protocol.

    Returns
    -------
    DataFrame
        Rows in the order of the cases, then of the variables.
    """
    ascertained = bool(cases["ascertained"].eq("yes").any())
    parts = [
        *_purity_rows(purity, cases),
        *_copy_number_rows(copy_number, cases),
        *_rna_rows(samples, cases, expression, reference_is_cohort=reference_is_cohort),
        *_pathology_rows(samples, cases, ascertained=ascertained),
    ]
    delta = switches[switches["case"].isin(cases["case"])].assign(time="pair")
    parts.append(
        _long(
            delta,
            "programme_delta",
            "programme_delta",
            sd=delta["programme_delta_sd"],
            source="switches.tsv",
        )
    )
    if clusters is not None:
        parts.append(cluster_rows(clusters, cases))
    parts = [part for part in parts if len(part)]
    if not parts:
        return tables.empty("evidence")
    out = pd.concat(parts, ignore_index=True)
    out["value"] = [
        value if isinstance(value, str) else f"{value:.6g}" for value in out["value"].tolist()
    ]
    variable = {name: rank for rank, name in enumerate(VARIABLES)}
    case = {name: rank for rank, name in enumerate(cases["case"])}
    order = pd.DataFrame(
        {
            "case": out["case"].map(case),
            "variable": out["variable"].map(variable),
            "time": out["time"].map(TIMES),
        }
    )
    order = order.sort_values(["case", "variable", "time"], kind="stable").index
    return tables.typed(out.loc[order].reset_index(drop=True), "evidence")


def _purity_rows(purity: pd.DataFrame, cases: pd.DataFrame) -> list[pd.DataFrame]:
    limit = limits()
    parts = []
    for mode, part in purity.groupby("mode", dropna=False):
        rows = _rows(
            part,
            cases,
            {
                "purity": "purity",
                "purity_low": "low",
                "purity_high": "high",
                "ploidy": "ploidy",
                "source": "source",
                "weight": "weight",
            },
        )
        sd = (
            rows["source"]
            .map({"sheet": limit.sheet_purity_sd, "pathologist": limit.pathologist_purity_sd})
            .fillna((rows["high"] - rows["low"]) / (2 * _Z90))
        )
        item = "" if pd.isna(mode) else str(mode)
        parts.append(
            _long(
                rows, "purity", "purity", sd=sd, n=rows["weight"], item=item, source=rows["source"]
            )
        )
        parts.append(
            _long(
                rows,
                "ploidy",
                "ploidy",
                sd=DEFAULT_PLOIDY_SD,
                n=rows["weight"],
                item=item,
                source=rows["source"],
            )
        )
    return parts


def _copy_number_rows(copy_number: pd.DataFrame, cases: pd.DataFrame) -> list[pd.DataFrame]:
    """Return log ratio of the locus and 17q copies beside it.

    A sample in which an amplicon could hide says nothing, unless it shows one.
    """
    if not len(copy_number):
        return []
    rows = _rows(
        copy_number,
        cases,
        {
            "erbb2_log2": "log2",
            "erbb2_log2_sd": "sd",
            "resolved": "resolved",
            "ish_group": "group",
            "other_copies": "other",
            "other_copies_low": "low",
            "other_copies_high": "high",
        },
    )
    rows = rows[rows["resolved"].eq("yes") | rows["group"].notna()]
    width = (rows["high"] - rows["low"]) / (2 * _Z90)
    source = "copy_number.tsv"
    return [
        _long(rows, "erbb2_log2", "log2", sd=rows["sd"], source=source),
        _long(rows, "other_copies", "other", sd=width, source=source),
    ]


def _rna_rows(
    samples: pd.DataFrame,
    cases: pd.DataFrame,
    expression: pd.DataFrame,
    *,
    reference_is_cohort: bool,
) -> list[pd.DataFrame]:
    if not len(expression):
        return []
    rows = _rows(
        expression,
        cases,
        {
            "erbb2_above_reference": "erbb2",
            "erbb2_log2_low": "low",
            "erbb2_log2_high": "high",
            "neighbours_log2": "neighbours",
            "sample_sd": "sample_sd",
        },
    )
    sd = ((rows["high"] - rows["low"]) / (2 * _Z90)).clip(lower=MIN_GENE_SD).fillna(MIN_GENE_SD)
    source = "expression.tsv"
    parts = [
        _long(rows, "erbb2_mrna", "erbb2", sd=sd, source=source),
        _long(rows, "neighbours_mrna", "neighbours", sd=sd, source=source),
        _long(rows, "rna_sample_sd", "sample_sd", source="cohort/noise.tsv"),
    ]
    if reference_is_cohort:
        return parts
    specimens = samples.set_index("sample").reindex(expression["sample"])
    alike = like_reference(
        specimens["rna_protocol"], specimens["preservation"], expression.set_index("sample")["unit"]
    )
    other = set(alike.index[~alike])
    shifted = cases[list(_BIOPSY)].isin(other).any(axis=1)
    pairs = pd.DataFrame({"case": cases["case"], "time": "pair", "sd": np.nan})
    pairs.loc[shifted, "sd"] = limits().protocol_offset_sd
    parts.append(_long(pairs, "rna_reference_sd", "sd", source="samples.tsv:rna_protocol"))
    return parts


def _pathology_rows(
    samples: pd.DataFrame, cases: pd.DataFrame, *, ascertained: bool
) -> list[pd.DataFrame]:
    frame = samples.assign(
        her2_status_used=clinical.reported_status(samples, ascertained=ascertained).to_numpy(),
        counted=samples["ish_cells"].fillna(PERCENT_CELLS),
    )
    frame["amplified"] = frame["ish_amplified_percent"] / 100 * frame["counted"]
    rows = _rows(
        frame,
        cases,
        {
            "amplified": "amplified",
            "counted": "counted",
            "her2_ish_copies": "copies",
            "her2_ish_ratio": "ratio",
            "cep17_copies": "cep17",
            "her2_ihc": "ihc",
            "her2_status_used": "status",
            "her2_status": "reported",
        },
    )
    derived = np.where(
        rows["reported"].notna(), "samples.tsv:her2_status", "derived from IHC and ISH"
    )
    return [
        _long(
            rows,
            "ish_amplified_cells",
            "amplified",
            n=rows["counted"],
            source="samples.tsv:ish_amplified_percent",
        ),
        _long(rows, "ish_copies", "copies", source="samples.tsv:her2_ish_copies"),
        _long(rows, "ish_ratio", "ratio", source="samples.tsv:her2_ish_ratio"),
        _long(rows, "cep17_copies", "cep17", source="samples.tsv:cep17_copies"),
        _long(rows, "ihc", "ihc", source="samples.tsv:her2_ihc"),
        _long(rows, "her2_status", "status", source=pd.Series(derived, rows.index)),
    ]


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
    index = pd.MultiIndex.from_product([pairs["case"], _BIOPSY], names=["case", "time"])
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
