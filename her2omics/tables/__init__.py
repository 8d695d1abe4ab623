"""Every table that passes between two stages, declared once and written and read only here.

A table is tab-separated text, one header line, missing values empty, numbers as ``%.6g``, rows in
the order of the sheet. The declarations stand in the modules of this package, by what they are
about; ``docs/outputs.md`` is generated from them.
"""

from __future__ import annotations

import gzip
import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all, suggestion
from her2omics.tables import clones, copy_number, expression, simulated, single_cell, study, verdict
from her2omics.tables.columns import (
    CELL_STATES,
    CELL_SUBTYPES,
    LABELS,
    SETTINGS,
    SUBTYPES,
    TIMES,
    Column,
    Table,
)

__all__ = [
    "CELL_STATES",
    "CELL_SUBTYPES",
    "LABELS",
    "SETTINGS",
    "SUBTYPES",
    "TABLES",
    "TIMES",
    "Column",
    "Table",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        study.PAIRS,
        *copy_number.TABLES,
        *clones.TABLES,
        *expression.TABLES,
        *single_cell.TABLES,
        *verdict.TABLES,
        *simulated.TABLES,
        *study.TABLES,
    )
}


def empty(name: str) -> pd.DataFrame:
    """Return a table without rows, all declared columns in place."""
    return typed(pd.DataFrame({column: [] for column in TABLES[name].names}, dtype=str), name)


def typed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the frame with declared columns first, in order and in their types.

    Text columns are ``object`` with ``None`` for missing, numbers ``float64``, integers ``Int64``.
    Missing declared columns are added as missing values; undeclared ones follow.
    """
    table = TABLES[name]
    extra = [column for column in frame.columns if column not in table.names]
    out = frame.reindex(columns=[*table.names, *extra])
    for column in table.columns:
        values = out[column.name]
        if column.kind == "text":
            values = values.astype(object)
            missing = values.isna() | values.eq("")
            out[column.name] = values.where(~missing, None)
        elif column.kind == "integer":
            out[column.name] = pd.to_numeric(values).astype("Int64")
        else:
            out[column.name] = pd.to_numeric(values).astype("float64")
    return out


def error_rows(lost: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    """Return sample, file and message of each problem, once each: rows of the tables of errors."""
    return pd.DataFrame(list(dict.fromkeys(lost)), columns=["sample", "file", "message"])


def write(frame: pd.DataFrame, name: str, path: Path | str) -> Path:
    """Write a declared table.

    Parameters
    ----------
    frame
        Rows in their final order.
    name
        Key of :data:`TABLES`.
    path
        A folder (the file is named after the table) or a file; ``.gz`` is written without a time.

    Returns
    -------
    Path
        The file written: to a temporary name first, then renamed.

    Raises
    ------
    ValueError
        If the frame contradicts the declaration (a defect of the program, not of the input).
    """
    table = TABLES[name]
    out = typed(frame, name)
    extra = [column for column in out.columns if column not in table.names]
    if extra and not table.open_columns:
        raise ValueError(f"table {name}: undeclared columns {extra}")
    for column in table.columns:
        if column.allowed:
            found = out[column.name].dropna()
            wrong = sorted(set(found[~found.isin(column.allowed)].astype(str)))
            if wrong:
                raise ValueError(f"table {name}: column {column.name}: {wrong} not allowed")
    path = Path(path)
    if path.suffix not in (".tsv", ".gz"):
        path = path / table.filename
    text = out.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n", na_rep="")
    write_text(text, path)
    return path


def write_text(text: str, path: Path) -> None:
    """Write a text file whole: to a temporary name beside it, then renamed; gzip without time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    data = text.encode("utf-8")
    if path.suffix == ".gz":
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as handle:
            handle.write(data)
        data = buffer.getvalue()
    temporary.write_bytes(data)
    temporary.replace(path)


def read(path: Path | str, name: str, *, required: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a declared table, made here or by the user.

    Parameters
    ----------
    path
        The file, or the folder that holds ``<name>.tsv``.
    name
        Key of :data:`TABLES`.
    required
        Columns that must be present; default: all declared ones. Others may be absent.

    Returns
    -------
    DataFrame
        Declared columns in order and in their types. Undeclared columns are kept where the table
        allows them, else dropped with one warning.

    Raises
    ------
    InputError
        With every problem: missing columns, values of the wrong type or outside the allowed list.
    """
    path = Path(path)
    if path.is_dir():
        path = path / TABLES[name].filename
    table = TABLES[name]
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise InputError(Problem("no such file", file=str(path))) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            Problem(f"not a tab-separated UTF-8 table ({error})", file=str(path))
        ) from None
    wanted = table.names if required is None else tuple(required)
    problems = [
        Problem(f"column is missing{suggestion(column, frame.columns)}", str(path), 1, None, column)
        for column in wanted
        if column not in frame.columns
    ]
    raise_all(problems)
    problems = _value_problems(frame, table, str(path))
    raise_all(problems)
    extra = [column for column in frame.columns if column not in table.names]
    if extra and not table.open_columns:
        warnings.warn(f"{path}: columns ignored: {', '.join(extra)}", stacklevel=2)
        frame = frame.drop(columns=extra)
    return typed(frame.replace("", None), name)


def read_or_empty(folder: Path | str, name: str) -> pd.DataFrame:
    """Read a declared table of a folder; without the file, return the table without rows."""
    path = Path(folder) / TABLES[name].filename
    return read(path, name) if path.is_file() else empty(name)


def _value_problems(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    problems = []
    for column in table.columns:
        if column.name not in frame:
            continue
        values = frame[column.name]
        filled = values[values != ""]
        if column.kind == "text":
            wrong = filled[~filled.isin(column.allowed)] if column.allowed else filled.iloc[:0]
            expected = ", ".join(column.allowed)
        else:
            numbers = pd.to_numeric(filled, errors="coerce")
            bad = numbers.isna() | ((numbers % 1 != 0) if column.kind == "integer" else False)
            wrong, expected = filled[bad], f"a {column.kind}"
        for row, value in wrong.items():
            hint = suggestion(value, column.allowed)
            message = f"'{value}' is not one of {expected}{hint}"
            if not column.allowed:
                message = f"'{value}' is not {expected}"
            problems.append(Problem(message, file, int(row) + 2, None, column.name))
    return problems


def in_order(frame: pd.DataFrame, column: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by the position of ``column`` in ``order`` (stable)."""
    rank: Mapping[str, int] = {value: index for index, value in enumerate(order)}
    return frame.sort_values(column, key=lambda values: values.map(rank), kind="stable")
