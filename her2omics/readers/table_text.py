"""The text of a table with a header as typed columns; faults by line and column.

Tables of other programs name the same thing in many ways: names are compared without case, dots,
underscores and brackets (``Start_Position(bp)`` = ``start.position.bp``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all, suggestion
from her2omics.files import read_text

# Columns that name the sample of a row; readers add what their programs call it.
SAMPLE_NAMES = ("sample", "sample_id")
MAX_LISTED = 5
_MAX_NAMES = 8
_COMMENT = "#"
# Missing beside what pandas knows (empty, NA, NaN, null ...): the VCF way.
_MISSING = ["."]
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_NOT_WORD = re.compile(r"[^a-z0-9]")
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class TableText:
    """The text of a table, split into header and body.

    ``first_line`` is the 1-based line of the first row below the header.
    """

    body: str
    header: tuple[str, ...]
    separator: str
    first_line: int
    shown: str

    def find(self, *names: str) -> str | None:
        """Return the column that bears one of the names, the first of them that is there."""
        present = {_key(column): column for column in reversed(self.header)}
        return next((present[_key(name)] for name in names if _key(name) in present), None)

    def find_all(self, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        """Return our name -> column for those that are there."""
        found = {name: self.find(*names) for name, names in wanted.items()}
        return {name: column for name, column in found.items() if column}

    def line(self, row: int) -> int:
        """Return the line of a row in the file."""
        return self.first_line + int(row)

    def missing(self, columns: Iterable[str], *, what: str) -> InputError:
        """Return the error for columns that are not there; ``what`` says what a table needs."""
        message = f"no column {' and '.join(columns)}: {what} (found {listed(self.header)})"
        return InputError(Problem(message, self.shown, self.first_line - 1))

    def without_body(self) -> TableText:
        """Return what messages need, without the text."""
        return replace(self, body="")


def _key(name: str) -> str:
    """Return a column name as it is compared."""
    return _NOT_WORD.sub("", name.lower())


def listed(names: Iterable[str], most: int = _MAX_NAMES) -> str:
    """Return the first names in words."""
    names = list(names)
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")


def split(path: Path, *, shown: str, what: str) -> TableText:
    """Read a file and find header and separator; every row must have as many cells.

    Parameters
    ----------
    path
        Plain or gzip-compressed text, separated by tabs or commas. Comment lines (``#``) before
        the header are skipped; a header that itself starts with ``#`` is understood, and so is
        the header of R that lacks the name of the row names.
    shown
        Name of the file in messages.
    what
        What is expected, for messages ("copy-number bins").

    Raises
    ------
    InputError
        If the file is no text, has no rows, or rows differ in length.
    """
    text = read_text(Path(path), shown=shown)
    start, comments = _after_comments(text)
    head, below = _peek(text, start)
    body = text[below:].rstrip("\n")
    separator = "\t" if "\t" in head else ","
    if separator not in head:
        message = f"the header has one column only: {what} are separated by tabs or commas"
        raise InputError(Problem(message, shown, comments + 1))
    if not body.strip():
        raise InputError(Problem("no rows below the header", shown))
    header = [cell.strip().strip('"') for cell in head.lstrip(_COMMENT).split(separator)]
    cells = _cells(body, separator)
    if cells[0] == len(header) + 1:
        header = ["row", *header]
    table = TableText(body, tuple(header), separator, comments + 2, shown)
    raise_all(_ragged(cells, table))
    return table


def _after_comments(text: str) -> tuple[int, int]:
    """Return where the header starts and how many comment lines lie before it."""
    start = comments = 0
    while True:
        line, following = _peek(text, start)
        last = following >= len(text)
        if not line.startswith(_COMMENT) or last or _is_header(line, _peek(text, following)[0]):
            return start, comments
        start, comments = following, comments + 1


def _peek(text: str, start: int) -> tuple[str, int]:
    """Return the line that starts here and where the next one starts."""
    end = text.find("\n", start)
    return (text[start:], len(text)) if end < 0 else (text[start:end], end + 1)


def _is_header(line: str, following: str) -> bool:
    """Return whether a line with ``#`` is the header: the next has as many cells, and no ``#``."""
    if following.startswith(_COMMENT):
        return False
    return any(0 < line.count(mark) == following.count(mark) for mark in "\t,")


def _cells(body: str, separator: str) -> np.ndarray:
    """Return the number of cells of each row."""
    if separator == "," and '"' in body:
        return np.array([len(row) for row in csv.reader(io.StringIO(body))])
    return np.array([line.count(separator) + 1 for line in body.split("\n")])


def _ragged(cells: np.ndarray, table: TableText) -> list[Problem]:
    """Return the rows with more or fewer cells than the header."""
    expected = len(table.header)
    rows = np.flatnonzero(cells != expected)
    problems = [
        Problem(
            f"{cells[row]} cells, but the header has {expected}: the row is cut or a separator is "
            "missing",
            table.shown,
            table.line(row),
        )
        for row in rows[:MAX_LISTED]
    ]
    return problems + more(len(rows), "rows of the wrong length", table)


def row_problems(
    rows: Iterable[int], message: Callable[[int], str], table: TableText, *, column: str, what: str
) -> list[Problem]:
    """Return one problem for each of the first few wrong rows, and one for the others.

    Parameters
    ----------
    rows
        Rows of the file that are wrong.
    message
        Row -> what is wrong with it.
    table
        Where the rows come from.
    column
        Column at fault.
    what
        The wrong rows in words, for the last problem.
    """
    rows = list(rows)
    problems = [
        Problem(message(row), table.shown, table.line(row), column=column)
        for row in rows[:MAX_LISTED]
    ]
    return problems + more(len(rows), what, table)


def more(found: int, what: str, table: TableText) -> list[Problem]:
    """Return the problem that stands for those beyond the first few."""
    return [Problem(f"{found - MAX_LISTED} more {what}", table.shown)] if found > MAX_LISTED else []


def load(table: TableText, *, numbers: Mapping[str, str], names: Mapping[str, str]) -> pd.DataFrame:
    """Return the wanted columns, numbers as float64 and names as categories.

    Parameters
    ----------
    table
        The table.
    numbers, names
        Wanted name -> column of the table.

    Raises
    ------
    InputError
        With every cell that is not a number (the first few with line and column).
    """
    places = {name: table.header.index(column) for name, column in {**numbers, **names}.items()}
    texts = {places[name] for name in names}
    options = {
        "sep": table.separator,
        "header": None,
        "names": range(len(table.header)),
        "usecols": sorted(set(places.values())),
        "engine": "c",
        "skip_blank_lines": False,
        "skipinitialspace": True,
        "na_values": _MISSING,
    }
    types = {place: "category" if place in texts else np.float64 for place in places.values()}
    try:
        frame = pd.read_csv(io.StringIO(table.body), dtype=types, **options)
    except pd.errors.ParserError as error:
        message = f"rows cannot be told apart ({str(error).strip()})"
        raise InputError(Problem(message, table.shown)) from None
    except ValueError:
        text = pd.read_csv(io.StringIO(table.body), dtype=str, **options)
        raise InputError(_not_numbers(table, text, numbers)) from None
    return pd.DataFrame({name: frame[place] for name, place in places.items()})


def _not_numbers(table: TableText, text: pd.DataFrame, numbers: Mapping[str, str]) -> list[Problem]:
    problems = []
    for column in dict.fromkeys(numbers.values()):
        cells = text[table.header.index(column)]
        wrong = cells[cells.notna() & pd.to_numeric(cells, errors="coerce").isna()]
        problems += row_problems(
            wrong.index,
            lambda row, wrong=wrong: f"'{wrong[row][:40]}' is not a number{_hint(wrong[row])}",
            table,
            column=column,
            what=f"cells of {column} are not numbers",
        )
    return problems or [Problem("a cell is not a number", table.shown)]


def _hint(cell: str) -> str:
    return ": write decimal points, not commas" if _DECIMAL_COMMA.fullmatch(cell) else ""


def of_sample(
    frame: pd.DataFrame, *, column: str | None, sample: str | None, table: TableText
) -> pd.DataFrame:
    """Return the rows of one sample of a table that may hold several.

    Parameters
    ----------
    frame
        With the samples' names in ``sample``, a category; without that column it is one sample's.
    column
        The sample's name in the file. A name that is not there is an error.
    sample
        The sample's name in the sheet, used where ``column`` is empty and the file holds several
        samples.
    table
        Where the rows come from, for messages.

    Raises
    ------
    InputError
        If the sample is not in the file, the file holds several and none is named, or rows name
        no sample.
    """
    names = frame["sample"].dropna().unique() if "sample" in frame else []
    present = [str(name) for name in names]
    if not present and column:
        message = (
            f"no column of sample names ({', '.join(SAMPLE_NAMES)}) in which to look for "
            f"'{column}': give each sample a file of its own, or add the column"
        )
        raise InputError(Problem(message, table.shown, table.first_line - 1, sample))
    if not present:
        return frame
    nameless = frame.index[frame["sample"].isna()]
    raise_all(
        row_problems(
            nameless, lambda _: "is empty", table, column="sample", what="rows name no sample"
        )
    )
    wanted = column or (sample if sample in present else None)
    if wanted is None and len(present) == 1:
        return frame
    if wanted not in present:
        raise InputError(_not_there(wanted, present, sample, table.shown))
    return frame[frame["sample"].eq(wanted).to_numpy()]


def _not_there(wanted: str | None, present: list[str], sample: str | None, shown: str) -> Problem:
    found = f"the file holds {listed(present)}"
    if wanted is not None:
        message = f"sample '{wanted}' is not in it: {found}{suggestion(wanted, present)}"
        return Problem(f"{message}; name it in `column` of the units sheet", shown, None, sample)
    named = f"'{sample}' is none of them: name" if sample else "name"
    hint = suggestion(sample, present) if sample else ""
    message = f"{found}; {named} one in `column` of the units sheet{hint}"
    return Problem(message, shown, None, sample)


def keep_last(function: Callable[[Path, str], Kept]) -> Callable[[Path, str], Kept]:
    """Keep the result for the file asked for last: a file of many samples is parsed once.

    The function takes (path, shown); the file's size and time tell whether it is still the same.
    """

    @lru_cache(maxsize=1)
    def kept(path: Path, shown: str, _size: int, _time: int) -> Kept:
        return function(path, shown)

    @wraps(function)
    def call(path: Path, shown: str) -> Kept:
        if not path.is_file():
            return function(path, shown)
        status = path.stat()
        return kept(path, shown, status.st_size, status.st_mtime_ns)

    return call
