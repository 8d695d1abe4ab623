"""The two sheets of a simulated cohort: specimens with their pathology, files with their unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from her2omics.simulate import dna_files, measure
from her2omics.simulate.tables import Group

SAMPLE_COLUMNS = (
    "patient",
    "sample",
    "timepoint",
    "setting",
    "her2_status",
    "her2_ihc",
    "her2_ish_ratio",
    "her2_ish_copies",
    "cep17_copies",
    "ish_cells",
    "ish_amplified_percent",
    "er",
    "tumour_content",
    "purity",
    "ploidy",
    "preservation",
    "rna_protocol",
    "therapy_since_baseline",
    "days_since_anti_her2",
)
UNIT_COLUMNS = ("sample", "assay", "filetype", "unit", "path", "targets")
MATRIX = "expression.tsv"


def evidence_kinds(group: Group, modalities: Collection[str]) -> pd.DataFrame:
    """Return which kinds of data each case has, as columns of booleans.

    ``rna``, ``ish``, ``cells``; ``cn`` (files of bins and SNPs), ``clusters`` (mutations),
    ``segments``; and ``dna`` (purity and ploidy of a DNA fit in the sheet, in place of files).
    ``mixed`` among the modalities takes what was drawn for the case, a case with copy number but no
    mutations having segments only; else every case has every kind that is named.
    """
    cases = group.cases
    bins = cases["has_cn"] & cases["has_clusters"]
    drawn = {
        "rna": cases["has_rna"],
        "ish": cases["has_ish"],
        "cn": bins,
        "clusters": cases["has_clusters"],
        "segments": cases["has_cn"] & ~bins,
        "dna": np.zeros(len(cases), dtype=bool),
        "cells": cases["has_cells"],
    }
    given = pd.DataFrame(
        {
            kind: flag if "mixed" in modalities else np.full(len(cases), kind in modalities)
            for kind, flag in drawn.items()
        },
        index=cases.index,
    )
    for need in group.scenario.needs:
        given[need] = True
    if "mixed" in modalities:
        given.loc[given["cn"], "segments"] = False
    given.loc[given[list(dna_files.KINDS)].any(axis=1), "dna"] = False
    return given


def samples(groups: Sequence[Group], modalities: Collection[str], *, seed: int) -> pd.DataFrame:
    """Return the sample sheet, patients in order, each baseline before its follow-ups.

    Parameters
    ----------
    groups
        The cohort.
    modalities
        Any of ``mixed`` and the kinds of :func:`evidence_kinds`. The purity of a DNA fit is in
        the sheet only where there are no DNA files to fit it from.
    seed
        Seed of the estimates' errors.

    Returns
    -------
    DataFrame
        Columns :data:`SAMPLE_COLUMNS`, missing values as missing.
    """
    parts = []
    for group in groups:
        given = evidence_kinds(group, modalities)
        first = ~group.cases["patient"].duplicated()
        before = _rows(group, given, "baseline", seed=seed)[first.to_numpy()]
        after = _rows(group, given, "followup", seed=seed)
        both = pd.concat([before, after[after["sample"].notna()], _normals(group, given)])
        parts.append(both.sort_values(["patient", "timepoint"], kind="stable"))
    return pd.concat(parts, ignore_index=True)[list(SAMPLE_COLUMNS)]


def _rows(group: Group, given: pd.DataFrame, time: str, *, seed: int) -> pd.DataFrame:
    cases, scenario = group.cases, group.scenario
    late = time == "followup"
    estimate = measure.estimates(cases, scenario, seed=seed, time=time)
    source = measure.purity_source(cases, scenario, given["dna"].to_numpy())
    files = given[list(dna_files.KINDS)].any(axis=1).to_numpy()
    source = np.where(files & (source == "dna"), "pathologist", source)
    ish = measure.ish(cases, scenario, time).where(given["ish"])
    out = pd.DataFrame(
        {
            "patient": cases["patient_id"],
            "sample": cases["followup_id" if late else "baseline"],
            "timepoint": time,
            "her2_status": cases[f"status_{time}"],
            "her2_ihc": cases[f"ihc_{time}"],
            "her2_ish_ratio": ish["ratio"].round(2),
            "her2_ish_copies": ish["copies"].round(2),
            "cep17_copies": ish["cep17"].round(2),
            "ish_cells": ish["cells"],
            "ish_amplified_percent": (100 * ish["amplified"] / ish["cells"]).round(1),
            "er": cases[f"er_{time}"],
            "tumour_content": estimate["tumour_content"].where(source != "none").round(2),
            "purity": estimate["purity"].where(source == "dna").round(3),
            "ploidy": estimate["ploidy"].where(source == "dna").round(2),
            "preservation": scenario.preservation or "frozen",
            "rna_protocol": _protocol(scenario.protocol_shift and late, given["rna"]),
        },
        index=cases.index,
    )
    if late:
        out["setting"] = measure.stated_setting(cases, scenario)
        out["therapy_since_baseline"] = cases["therapy"]
        out["days_since_anti_her2"] = cases["days_since_anti_her2"]
    return out.reindex(columns=list(SAMPLE_COLUMNS))


def _normals(group: Group, given: pd.DataFrame) -> pd.DataFrame:
    """Return the matched normals of the patients with DNA files."""
    cases = group.cases
    wanted = given[list(dna_files.KINDS)].any(axis=1) & ~cases["patient"].duplicated()
    wanted &= group.scenario.normal in ("sample", "row")
    patient = cases.loc[wanted, "patient_id"]
    rows = {"patient": patient, "sample": patient + "-N", "timepoint": "normal"}
    return pd.DataFrame(rows, index=patient.index).reindex(columns=list(SAMPLE_COLUMNS))


def _protocol(shifted: bool, has_rna: pd.Series) -> pd.Series:
    name = "capture" if shifted else "polya"
    return pd.Series(np.where(has_rna, name, None), index=has_rna.index, dtype=object)


def rna_samples(groups: Sequence[Group], modalities: Collection[str]) -> list[pd.DataFrame]:
    """Return for each group its RNA samples: ``sample``, ``row`` of its cases, ``followup``."""
    out = []
    for group in groups:
        cases, missing = group.cases, group.scenario.missing
        has = evidence_kinds(group, modalities)["rna"].to_numpy()
        row = np.arange(len(cases))
        first = ~cases["patient"].duplicated().to_numpy()
        before = has & first & ("rna:baseline" not in missing)
        after = has & cases["followup_id"].notna().to_numpy() & ("rna:followup" not in missing)
        out.append(
            pd.concat(
                [
                    pd.DataFrame(
                        {"sample": cases[column].to_numpy(), "row": row, "followup": late}
                    )[keep]
                    for column, late, keep in (
                        ("baseline", False, before),
                        ("followup_id", True, after),
                    )
                ]
            ).sort_values(["row", "followup"], kind="stable", ignore_index=True)
        )
    return out


def units(
    samples_with_rna: Sequence[str],
    files: Sequence[pd.DataFrame] = (),
    matrix: str = MATRIX,
) -> pd.DataFrame:
    """Return the unit sheet: every RNA sample a column of one matrix of counts, then the files."""
    rna = pd.DataFrame(
        {
            "sample": list(samples_with_rna),
            "assay": "rna",
            "filetype": "matrix",
            "unit": "counts",
            "path": matrix,
        }
    )
    parts = [rna, *(part for part in files if len(part))]
    return pd.concat(parts, ignore_index=True).reindex(columns=list(UNIT_COLUMNS))
