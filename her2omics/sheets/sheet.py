"""One reader for the two sheets: tab-separated UTF-8 text, every cell kept as text."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.files import read_text

# How other programs write a missing cell. An id of that spelling is refused by the checks.
MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "#N/A"})


@dataclass(frozen=True)
class Sheet:
    """A sheet as read.

    Attributes
    ----------
    name
        File name for messages.
    cells
        Rows x columns of text, stripped, missing cells ``""``; a default integer index.
    lines
        1-based line of each row in the file.
    """

    name: str
    cells: pd.DataFrame
    lines: tuple[int, ...]


def read_sheet(path: Path, *, name: str | None = None) -> Sheet:
    """Read a sheet.

    Windows line ends, a byte-order mark, quoted cells, blank lines and trailing empty cells are
    accepted: they are harmless and what spreadsheet programs write.

    Raises
    ------
    InputError
        If the file is not tab-separated text, columns are unnamed or doubled, or rows are ragged
        (each with its line).
    """
    path = Path(path)
    name = name or path.name
    # A sheet that is not there is named with its folder, so that it can be found.
    text = read_text(path, shown=name if path.is_file() else str(path))
    rows = [
        (number, cells)
        for number, line in enumerate(text.split("\n"), start=1)
        if any(cells := _split(line))
    ]
    header_line, header = rows[0]
    _refuse_other_headers(header, name, header_line)
    while header[-1] == "":
        header.pop()
    problems = _header_problems(header, name, header_line)
    raise_all(problems)
    width = len(header)
    for number, cells in rows[1:]:
        if len(cells) < width or any(cells[width:]):
            message = (
                f"found {len(cells)} cells, the header has {width}: a tab is missing or too many"
            )
            problems.append(Problem(message, name, number))
    raise_all(problems)
    return Sheet(
        name=name,
        cells=pd.DataFrame([cells[:width] for _, cells in rows[1:]], columns=header, dtype=object),
        lines=tuple(number for number, _ in rows[1:]),
    )


def _split(line: str) -> list[str]:
    """Return the stripped cells of a line; quotes as spreadsheet programs write them."""
    cells = next(csv.reader([line], delimiter="\t"), []) if '"' in line else line.split("\t")
    return ["" if (cell := raw.strip()) in MISSING else cell for raw in cells]


def _refuse_other_headers(header: list[str], name: str, line: int) -> None:
    if header[0].startswith("#"):
        message = "comments are not allowed: the first line must hold the column names"
        raise InputError(Problem(message, name, line))
    if len(header) > 1:
        return
    for separator, word in ((",", "commas"), (";", "semicolons"), ("|", "bars"), (" ", "spaces")):
        if separator in header[0]:
            message = (
                f"the columns are separated by {word}, expected tabs: "
                "save the sheet as tab-separated text"
            )
            raise InputError(Problem(message, name, line))


def _header_problems(header: list[str], name: str, line: int) -> list[Problem]:
    problems = [
        Problem(f"column {position} has no name", name, line)
        for position, column in enumerate(header, start=1)
        if column == ""
    ]
    problems += [
        Problem(f"the column is there {count} times: keep one", name, line, column=column)
        for column, count in Counter(header).items()
        if column and count > 1
    ]
    return problems
