"""Log2 ratios of bins: CNVkit ``.cnr`` or a plain table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome
from her2omics.readers import log_ratios, positions, table_text
from her2omics.readers.table_text import TableText

COLUMNS = ("chromosome", "start", "end", "log2", "weight", "depth", "gc", "mappability")
_LAYOUT = {
    "chromosome": positions.CHROMOSOME_NAMES,
    "start": positions.START_NAMES,
    "end": positions.END_NAMES,
    **{name: (name,) for name in COLUMNS[3:]},
}
# Columns on a linear scale: which denominator and which logarithm were meant is not guessed.
_LINEAR = ("ratio", "copy_ratio", "coverage", "count", "counts", "reads", "depth")
# Columns of segments, none of bins.
_OF_SEGMENTS = ("probes", "num.mark", "num_probes", "seg.mean", "segment_mean")
# CNVkit's names of bins between the targets.
_ANTITARGET = ("Antitarget", "Background")
# Tables of GC content mark windows without sequence so.
_NO_SEQUENCE = -1


@dataclass(frozen=True)
class Bins:
    """Bins of one sample.

    Attributes
    ----------
    frame
        Columns :data:`COLUMNS` in genome order, positions 0-based and half-open; missing where the
        file holds none, and the log2 where a bin has no coverage.
    file
        Name of the file in messages.
    dropped
        Rows by contig other than 1-22, X, Y.
    no_coverage
        Bins whose log2 was minus infinity or at most -15.
    antitarget
        Bins between the targets (CNVkit), kept.
    """

    frame: pd.DataFrame
    file: str
    dropped: Mapping[str, int]
    no_coverage: int
    antitarget: int


def read_bins(path: Path, *, genome: Genome, shown: str | None = None) -> Bins:
    """Read the bins of one sample.

    Parameters
    ----------
    path
        Tab- or comma-separated, plain or gzip: ``chromosome, start, end`` (0-based, half-open),
        ``log2``, and where present ``weight, depth, gc, mappability`` (the last two as fractions).
        A CNVkit ``.cnr`` is such a table.
    genome
        Build that the positions must fit.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With all problems of the stage at which the file fails: text, columns, numbers, positions,
        values.
    """
    shown = shown or str(path)
    table = table_text.split(path, shown=shown, what="copy-number bins")
    frame = _load(table)
    antitarget = 0
    if "gene" in frame:
        antitarget = int(frame.pop("gene").isin(_ANTITARGET).sum())
    frame, dropped = positions.by_genome(frame, table=table, genome=genome)
    frame = frame.reindex(columns=list(COLUMNS))
    for column in ("gc", "mappability"):
        frame[column] = frame[column].mask(frame[column] == _NO_SEQUENCE)
    problems = positions.repeated(frame, ["chromosome", "start", "end"], table)
    raise_all(problems + _value_problems(frame, table))
    frame["log2"], uncovered = log_ratios.measured(frame["log2"].to_numpy())
    return Bins(frame.reset_index(drop=True), shown, dropped, uncovered, antitarget)


def _load(table: TableText) -> pd.DataFrame:
    """Return the columns that are there, ``gene`` among them.

    Raises
    ------
    InputError
        If one of the needed columns is not there, or the table is one of segments.
    """
    numbers = table.find_all(_LAYOUT)
    if segments := table.find(*_OF_SEGMENTS):
        message = f"the column {segments} belongs to segments: give the filetype `segments`"
        raise InputError(Problem(message, table.shown, table.first_line - 1))
    absent = [name for name in COLUMNS[:4] if name not in numbers]
    if absent:
        what = "bins are chromosome, start, end (0-based, half-open), log2"
        linear = table.find(*_LINEAR)
        if "log2" in absent and linear:
            what += f"; `{linear}` is not guessed at: give the log2 ratio to the expected depth"
        raise table.missing(absent, what=what)
    names = {"chromosome": numbers.pop("chromosome")} | table.find_all({"gene": ("gene",)})
    return table_text.load(table, numbers=numbers, names=names)


def _value_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return what is wrong with log2, and weights, depths and fractions out of their range."""
    problems = log_ratios.problems(frame["log2"], table)
    for column in COLUMNS[4:]:
        most = 1 if column in ("gc", "mappability") else float("inf")
        values = frame[column]
        expected = "a fraction between 0 and 1" if most == 1 else "a number from 0"
        problems += table_text.row_problems(
            frame.index[values.lt(0) | values.gt(most)],
            lambda row, values=values, expected=expected: f"{values[row]:g}: expected {expected}",
            table,
            column=column,
            what=f"rows where {column} is out of range",
        )
    return problems
