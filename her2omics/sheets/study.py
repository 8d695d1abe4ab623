"""The study: both sheets read, checked as a whole and typed, with the cases they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.sheets import specimens, unit_rows
from her2omics.sheets.cases import cases_of
from her2omics.sheets.schema import column_problems, is_number, parse, schema, value_problems
from her2omics.sheets.sheet import Sheet, read_sheet

_PATHS = ("path", "path2", "targets")


@dataclass(frozen=True)
class Study:
    """What the user knows.

    Attributes
    ----------
    samples
        One row per specimen in sheet order, excluded ones included: every declared column (text
        ``object`` with ``None``, numbers ``float64``), the user's ``x_*`` columns, and ``line``.
    units
        One row per file in sheet order: every declared column, ``path``, ``path2`` and ``targets``
        absolute, and ``line``. Units of excluded samples are left out.
    cases
        Table ``pairs``.
    config
        Complete config.
    warnings
        What looks wrong but does not stop a run.
    samples_file, units_file
        Names of the sheets for messages.
    """

    samples: pd.DataFrame
    units: pd.DataFrame
    cases: pd.DataFrame
    config: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()
    samples_file: str = "samples.tsv"
    units_file: str = "units.tsv"

    def patients(self) -> list[str]:
        """Return the patients that have a case, in sheet order; excluded ones have one too."""
        return list(dict.fromkeys(self.cases["patient"]))


def read_study(samples: Path, units: Path, *, config: Mapping[str, Any]) -> Study:
    """Read and check both sheets.

    Parameters
    ----------
    samples, units
        The two sheets.
    config
        Complete config (:func:`her2omics.sheets.config.read_config`).

    Raises
    ------
    InputError
        With all problems of both sheets at once. What needs sound rows (duplicates, cases, files)
        is looked for once columns and cells are sound.
    """
    sheets, problems = {}, []
    for name, path in (("samples", Path(samples)), ("units", Path(units))):
        try:
            sheets[name] = read_sheet(path)
        except InputError as error:
            problems += error.problems
            continue
        problems += column_problems(sheets[name], name) + value_problems(sheets[name], name)
    raise_all(problems)
    samples_file, units_file = sheets["samples"].name, sheets["units"].name
    specimen_rows = _typed(sheets["samples"], "samples")
    file_rows = _with_paths(_typed(sheets["units"], "units"), Path(units).absolute().parent)
    excluded = specimen_rows.loc[specimen_rows["exclude"].notna(), "sample"]
    # Files of excluded rows may be gone: often that is why the row is excluded.
    file_rows = file_rows[~file_rows["sample"].isin(excluded)].reset_index(drop=True)
    problems = specimens.row_problems(specimen_rows, file=samples_file)
    problems += unit_rows.row_problems(file_rows, specimen_rows["sample"], file=units_file)
    raise_all(problems)
    warnings = specimens.row_warnings(specimen_rows, file=samples_file)
    warnings += unit_rows.row_warnings(file_rows, file=units_file)
    file_rows = file_rows.drop(columns=[f"shown_{column}" for column in _PATHS])
    return Study(
        samples=specimen_rows,
        units=file_rows,
        cases=cases_of(specimen_rows, file_rows, ascertained=config["ascertained"]),
        config=config,
        warnings=tuple(warnings),
        samples_file=samples_file,
        units_file=units_file,
    )


def _typed(sheet: Sheet, name: str) -> pd.DataFrame:
    """Return the sheet with all declared columns in their types, then ``x_*``, then ``line``."""
    columns = {}
    for column, rule in schema(name)["properties"].items():
        values = sheet.cells.get(column, pd.Series("", index=sheet.cells.index, dtype=object))
        if is_number(rule):
            columns[column] = values.map(lambda text, rule=rule: _number(text, rule)).astype(float)
        else:
            columns[column] = values.map(lambda text, rule=rule: _text(text, rule)).astype(object)
    for column in sheet.cells.columns:
        if column not in columns:
            columns[column] = sheet.cells[column].map(lambda text: text or None).astype(object)
    frame = pd.DataFrame(columns, index=sheet.cells.index)
    frame = (
        frame.astype(object)
        .where(frame.notna(), None)
        .astype(
            {
                column: float
                for column, rule in schema(name)["properties"].items()
                if is_number(rule)
            }
        )
    )
    frame["line"] = np.asarray(sheet.lines, dtype=np.int64)
    return frame


def _number(text: str, rule: Mapping[str, Any]) -> float:
    return parse(text, rule) if text else np.nan


def _text(text: str, rule: Mapping[str, Any]) -> str | None:
    if not text:
        return None
    if rule.get("type") == "array":
        return rule["separator"].join(parse(text, rule))
    return text.removesuffix("%") if "anyOf" in rule else text


def _with_paths(units: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return the units with absolute paths; as written they stay in ``shown_<column>``."""
    units = units.copy()
    for column in _PATHS:
        units[f"shown_{column}"] = units[column]
        absolute = [str((folder / path).absolute()) if path else None for path in units[column]]
        units[column] = pd.Series(absolute, index=units.index, dtype=object)
    return units
