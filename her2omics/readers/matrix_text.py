"""The text of a gene matrix as columns: header, separator, id columns, numbers; faults by line."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, suggestion
from her2omics.readers import gene_ids

_PEEK_ROWS = 2000
_MAX_LISTED = 5
# Share of different values in a column of ids: a gene may have some transcripts, a number none.
_LEAST_DISTINCT = 0.05
_LEAST_DISTINCT_NUMBERS = 0.5
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# Header words of id columns that hold plain numbers.
_ENTREZ_HEADERS = ("entrez", "geneid", "gene_id", "gene id", "locuslink", "ncbi")
_ANNOTATION_HEADERS = ("chr", "chromosome", "start", "end", "strand", "length", "description")


@dataclass(frozen=True)
class MatrixText:
    """The text of a matrix split into header and body.

    ``first_line`` is the 1-based line of the first body row in the file.
    """

    text: str
    header: list[str]
    separator: str
    skipped: int
    shown: str

    @property
    def first_line(self) -> int:
        """Line number of the first row below the header."""
        return self.skipped + 2


def split(text: str, *, shown: str) -> MatrixText:
    """Find header and separator of a matrix and check that every row has as many cells.

    Leading lines that start with ``#`` are skipped. A header with one name fewer than the rows have
    cells (row names written by R) gets the name ``gene`` for its first column.

    Raises
    ------
    InputError
        If there is no row below the header, no tab or comma in it, or rows differ in length.
    """
    skipped = 0
    start = 0
    while text.startswith("#", start):
        start = text.find("\n", start) + 1
        if start == 0:
            raise InputError(Problem("only comment lines, expected a gene matrix", file=shown))
        skipped += 1
    end = text.find("\n", start)
    head = text[start : end if end >= 0 else None]
    separator = "\t" if "\t" in head else ","
    if separator not in head:
        message = (
            "the header has one column only: a matrix is genes x samples, separated by tabs or "
            "commas"
        )
        raise InputError(Problem(message, shown, skipped + 1))
    body = text[end + 1 :].rstrip("\n") if end >= 0 else ""
    if not body.strip():
        raise InputError(Problem("no rows below the header", file=shown))
    header = [cell.strip().strip('"') for cell in head.split(separator)]
    lines = body.split("\n")
    if separator == "\t" or '"' not in body:
        header = _with_row_names(header, lines[0].count(separator) + 1)
        _check_rows(lines, len(header), separator, shown, skipped + 2)
    return MatrixText(body, header, separator, skipped, shown)


def _with_row_names(header: list[str], cells: int) -> list[str]:
    return ["gene", *header] if cells == len(header) + 1 else header


def _check_rows(
    lines: Sequence[str], expected: int, separator: str, shown: str, first: int
) -> None:
    ragged = [
        (index, found)
        for index, line in enumerate(lines)
        if (found := line.count(separator) + 1) != expected
    ]
    if not ragged:
        return
    problems = [
        Problem(
            f"{found} cells, but the header has {expected}: the row is cut or a separator is "
            "missing",
            shown,
            first + index,
        )
        for index, found in ragged[:_MAX_LISTED]
    ]
    if len(ragged) > _MAX_LISTED:
        problems.append(
            Problem(f"{len(ragged) - _MAX_LISTED} more rows of the wrong length", shown)
        )
    raise InputError(problems)


def column_problems(matrix: MatrixText, wanted: dict[str, str]) -> list[Problem]:
    """Return the problems of the wanted columns: missing (with a suggestion) or present twice.

    Parameters
    ----------
    matrix
        The matrix.
    wanted
        Sample id -> column name.
    """
    problems = []
    rows = {line.split(matrix.separator, 1)[0].strip('"') for line in matrix.text.split("\n")}
    if rows >= set(wanted.values()) and not set(wanted.values()) & set(matrix.header):
        message = "the samples are rows, expected genes x samples: transpose the matrix"
        return [Problem(message, matrix.shown, matrix.skipped + 1)]
    for sample, column in wanted.items():
        times = matrix.header.count(column)
        if times == 0:
            few = ", ".join(matrix.header[:6]) + (" ..." if len(matrix.header) > 6 else "")
            hint = suggestion(column, matrix.header)
            message = (
                f"column '{column}' is not in the matrix, whose columns are {few}{hint or ':'}"
                f"{';' if hint else ''} name it in `column` of the units sheet"
            )
            problems.append(Problem(message, matrix.shown, matrix.skipped + 1, sample))
        elif times > 1:
            message = f"{times} columns are named '{column}': rename them, one column per sample"
            problems.append(Problem(message, matrix.shown, matrix.skipped + 1, sample))
    return problems


def load(matrix: MatrixText, wanted: dict[str, str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the id columns and the values of the wanted columns.

    Returns
    -------
    ids : DataFrame of str
        Candidate id columns, the leading ones of the matrix; missing values where empty.
    values : ndarray, rows x wanted samples, float64

    Raises
    ------
    InputError
        If a cell is not a number (with line and column), or no id column stands in front.
    """
    positions = [matrix.header.index(column) for column in wanted.values()]
    candidates = _id_positions(matrix, min(positions), set(positions))
    if not candidates:
        message = "no column of gene ids in front of the samples: the first column must name genes"
        raise InputError(Problem(message, matrix.shown, matrix.skipped + 1))
    names = [f"c{index}" for index in range(len(matrix.header))]
    used = sorted({*candidates, *positions})
    types = {names[index]: str for index in candidates} | {
        names[index]: np.float64 for index in positions
    }
    options = {
        "sep": matrix.separator,
        "header": None,
        "names": names,
        "usecols": [names[index] for index in used],
        "engine": "c",
        "skip_blank_lines": False,
    }
    try:
        frame = pd.read_csv(io.StringIO(matrix.text), dtype=types, **options)
    except ValueError:
        raise InputError(_not_numbers(matrix, names, wanted, options)) from None
    ids = frame[[names[index] for index in candidates]]
    ids.columns = [matrix.header[index] for index in candidates]
    return ids, frame[[names[index] for index in positions]].to_numpy()


def _id_positions(matrix: MatrixText, first: int, samples: set[int]) -> list[int]:
    """Return the leading columns that hold text, or numbers under an Entrez-like header."""
    rows = [line.split(matrix.separator) for line in matrix.text.split("\n", 50)[:50]]
    found = []
    for index in range(first):
        cells = [row[index].strip().strip('"') for row in rows if index < len(row)]
        numeric = all(_is_number(cell) for cell in cells if cell)
        header = matrix.header[index].lower()
        entrez = index == 0 or any(word in header for word in _ENTREZ_HEADERS)
        if index not in samples and (not numeric or entrez):
            found.append(index)
    return found


def sample_columns(matrix: MatrixText) -> list[str]:
    """Return the columns behind the gene ids, for a matrix read without a sheet.

    Leading columns of text are ids; so are those that annotate genes by their name, such as
    ``Length`` of featureCounts.
    """
    ids = _id_positions(matrix, len(matrix.header), set())
    leading = [index for index, position in enumerate(ids) if index == position]
    return [
        column
        for column in matrix.header[len(leading) :]
        if column.lower() not in _ANNOTATION_HEADERS
    ]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_numbers(
    matrix: MatrixText, names: Sequence[str], wanted: dict[str, str], options: dict
) -> list[Problem]:
    """Return the first cells that kept the matrix from being read as numbers, sample by sample."""
    text = pd.read_csv(io.StringIO(matrix.text), dtype=str, **options)
    problems, more = [], 0
    for sample, column in wanted.items():
        cells = text[names[matrix.header.index(column)]]
        wrong = cells[cells.notna() & pd.to_numeric(cells, errors="coerce").isna()]
        listed = wrong.iloc[: max(_MAX_LISTED - len(problems), 0)]
        more += len(wrong) - len(listed)
        problems += [
            Problem(
                f"'{cell}' is not a number (row {str(text.iloc[row, 0])[:40]}){_hint(cell)}",
                matrix.shown,
                matrix.first_line + int(row),
                sample,
                column if column != sample else None,
            )
            for row, cell in listed.items()
        ]
    if more:
        problems.append(Problem(f"{more} more cells are not numbers", matrix.shown))
    return problems or [Problem("a cell is not a number", matrix.shown)]


def _hint(cell: str) -> str:
    return ": write decimal points, not commas" if _DECIMAL_COMMA.fullmatch(cell) else ""


def gene_columns(ids: pd.DataFrame) -> list[pd.Series]:
    """Return the columns that name genes, the one with the most genes of the gene table first.

    Columns such as chromosome, strand or description name none and are dropped. So are row numbers
    and chromosomes, although 1, 2, 9 ... are Entrez ids too: a column of ids hardly repeats itself,
    and does not count. Scored on up to a few thousand rows.
    """
    scores = []
    for position in range(ids.shape[1]):
        column = ids.iloc[:, position]
        step = max(1, len(column) // _PEEK_ROWS)
        _, known = gene_ids.resolve([column.iloc[::step]])
        scores.append(float(known.mean()) if _names_rows(column) else 0.0)
    best = max(scores)
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return [ids.iloc[:, index] for index in order if scores[index] >= max(0.1 * best, 1e-9)]


def _names_rows(column: pd.Series) -> bool:
    """Return whether the values can be ids of rows: not a few values over and over, no counter."""
    filled = column.dropna()
    if filled.empty:
        return False
    distinct = filled.nunique() / len(filled)
    numbers = pd.to_numeric(filled, errors="coerce")
    if numbers.notna().mean() < 0.5:
        return distinct >= _LEAST_DISTINCT
    counter = len(filled) > 1 and numbers.diff().iloc[1:].eq(1).all()
    return distinct >= _LEAST_DISTINCT_NUMBERS and not counter
