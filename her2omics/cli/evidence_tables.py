"""What ``calibrate`` and ``classify`` both start from: the evidence of a study's cases."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.copy_number.purity import from_sheet
from her2omics.errors import Problem, raise_all
from her2omics.sheets.study import Study
from her2omics.sheets.unit_rows import LEVEL_TABLES


def evidence_of(
    study: Study, cases: pd.DataFrame, *, folders: list[Path], cohort: Path
) -> pd.DataFrame:
    """Return table ``evidence`` of some cases.

    Parameters
    ----------
    study
        The study.
    cases
        Rows of its table ``pairs``.
    folders
        Folders with the arms' tables (purity, copy_number, expression, switches,
        clusters, amplicon_branch, single_cell, single_cell_pairs); purity falls back on the sheet.
    cohort
        The cohort folder.
    """
    from her2omics.mechanism.evidence_table import build

    purity = _joined(folders, "purity")
    reference = tables.read_or_empty(cohort, "reference")
    return build(
        samples=study.samples,
        cases=cases,
        purity=purity if len(purity) else from_sheet(study.samples),
        copy_number=_joined(folders, "copy_number"),
        expression=_joined(folders, "expression"),
        switches=_joined(folders, "switches"),
        clusters=_joined(folders, "clusters"),
        branches=_joined(folders, "amplicon_branch"),
        single_cell=_joined(folders, "single_cell"),
        single_cell_pairs=_joined(folders, "single_cell_pairs"),
        reference_is_cohort=bool(reference["source"].ne("bundled").any()),
    )


def require_tables(study: Study, patients: set[str], *, folder: Path) -> None:
    """Refuse a folder without the tables of data that the sheets name.

    Raises
    ------
    InputError
        If these patients have RNA, copy-number tables, mutations or single cells, and the arm's
        tables are not in the folder: the data would be left out silently.
    """
    samples = study.samples.loc[study.samples["patient"].isin(patients), "sample"]
    units = study.units[study.units["sample"].isin(samples)]
    needed = []
    if units["assay"].eq("rna").any():
        needed += [("expression", "expression", "RNA"), ("switches", "subtype", "RNA")]
    if units["filetype"].isin(LEVEL_TABLES).any():
        needed.append(("copy_number", "copy-number", "copy-number tables"))
    if units["filetype"].eq("mutations").any():
        needed.append(("clusters", "clones", "mutations"))
    if units["assay"].eq("scrna").any():
        needed.append(("single_cell", "single-cell", "single cells"))
    raise_all(
        [
            Problem(
                f"holds no {name}.tsv, but {study.units_file} names {what}: run `her2omics {verb}` "
                "first",
                file=str(folder),
            )
            for name, verb, what in needed
            if not (folder / f"{name}.tsv").is_file()
        ]
    )


def quality_of(folders: list[Path]) -> pd.DataFrame:
    """Return the gates that ``quality`` wrote below these folders (``gates/quality.tsv``)."""
    return _joined([folder / "gates" for folder in folders], "quality")


def _joined(folders: list[Path], name: str) -> pd.DataFrame:
    parts = [tables.read_or_empty(folder, name) for folder in folders]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else tables.empty(name)
