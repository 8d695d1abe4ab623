"""Table ``evidence``, made from the arms' tables and the sheet: one row per measurement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort.protocol import like_reference
from her2omics.mechanism.cell_evidence import output_rows, share_rows
from her2omics.mechanism.clone_evidence import branch_rows, cluster_rows
from her2omics.mechanism.evidence import (
    BIOPSY,
    DEFAULT_PLOIDY_SD,
    PERCENT_CELLS,
    TIMES,
    VARIABLES,
)
from her2omics.sheets import clinical
from her2omics.thresholds import limits

_Z90 = 1.6448536269514722
MIN_GENE_SD = 0.25  # scale of a gene's mRNA error between pieces of a tumour, log2


def _rows(frame: pd.DataFrame, cases: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame's columns of each case's two samples: case, time, then the columns."""
    parts = []
    keyed = frame.drop_duplicates("sample").set_index("sample")
    for time in BIOPSY:
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
    branches: pd.DataFrame | None = None,
    single_cell: pd.DataFrame | None = None,
    single_cell_pairs: pd.DataFrame | None = None,
    reference_is_cohort: bool = False,
) -> pd.DataFrame:
    """Return table ``evidence`` from the sheet and the arms' tables.

    Parameters
    ----------
    samples
        The sample sheet.
    cases
        Table ``pairs``; rows of other cases are left out.
    purity, copy_number, expression, switches, clusters, branches, single_cell, single_cell_pairs
        Tables of the arms, branches being ``amplicon_branch``; may be empty.
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
    if branches is not None:
        parts.append(branch_rows(branches, cases))
    if single_cell is not None:
        parts.append(share_rows(single_cell, cases))
    if single_cell_pairs is not None:
        parts.append(output_rows(single_cell_pairs, cases))
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
    # An interval without width lies at the floor of the estimate: no measurement.
    spread = ~width.le(0)
    return [
        _long(rows, "erbb2_log2", "log2", sd=rows["sd"], source=source),
        _long(rows[spread], "other_copies", "other", sd=width[spread], source=source),
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
    shifted = cases[list(BIOPSY)].isin(other).any(axis=1)
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
