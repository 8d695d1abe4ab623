"""Coordinates of other programs' tables as ours: named, checked against the build, in order."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import BUILDS, CHROMOSOMES, Genome, contradiction, load, plain_chromosomes
from her2omics.readers.table_text import MAX_LISTED, TableText, listed, more, row_problems

CHROMOSOME_NAMES = ("chromosome", "chrom", "chr", "contig", "seqnames")
START_NAMES = (
    "start", "startpos", "loc.start", "start.pos", "Start_Position(bp)", "Start_Position",
)  # fmt: skip
END_NAMES = ("end", "endpos", "stop", "loc.end", "end.pos", "End_Position(bp)", "End_Position")
POSITION_NAMES = ("position", "pos")
# Rounded ends of two neighbours may overlap a little: at most this many bases, and this share of
# the shorter one, are cut from the later one. More is two segmentations in one file.
MAX_TRIM_BASES = 1000
MAX_TRIM_SHARE = 0.1
# Segments that end exactly where as many chromosomes of another build end were made on that build:
# one such end may be chance, this many are none.
_MIN_EXACT_ENDS = 3


def by_genome(
    frame: pd.DataFrame, *, table: TableText, genome: Genome, one_based: bool = False
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return rows on chromosomes 1-22, X and Y in genome order, with whole-number positions.

    Parameters
    ----------
    frame
        Columns ``chromosome`` and either ``start, end`` or ``position`` (1-based), as read; its
        index counts the rows of the file.
    table
        Where the rows come from, for messages.
    genome
        Build that the positions must fit.
    one_based
        ``start`` is 1-based and ``end`` inclusive; converted to 0-based and half-open.

    Returns
    -------
    frame
        Chromosomes without prefix; the index still counts the rows of the file.
    dropped
        Rows by other contig (MT, unplaced, decoys).

    Raises
    ------
    InputError
        With all empty, fractional, negative or reversed positions, and the contradiction with the
        genome build.
    """
    plain, dropped = _chromosomes(frame["chromosome"], table)
    elsewhere = frame["chromosome"].notna() & plain.isna()
    frame = frame.assign(chromosome=plain)[~elsewhere.to_numpy()]
    columns = ["start", "end"] if "start" in frame else ["position"]
    raise_all(_position_problems(frame, columns, table))
    frame = frame.astype(dict.fromkeys(columns, np.int64))
    if one_based:
        # Some programs write 0 for the first base.
        frame["start"] = np.maximum(frame["start"] - 1, 0)
    raise_all(_reversed(frame, table) + _build_problems(frame, columns[-1], genome, table))
    order = np.lexsort((frame[columns[-1]], frame[columns[0]], frame["chromosome"].cat.codes))
    frame = frame.iloc[order]
    return frame.assign(chromosome=frame["chromosome"].astype(str).astype(object)), dropped


def _chromosomes(names: pd.Series, table: TableText) -> tuple[pd.Series, dict[str, int]]:
    """Return 1-22, X and Y as categories, missing elsewhere, and the rows of each other contig."""
    codes, written = names.cat.codes.to_numpy(), tuple(map(str, names.cat.categories))
    known = _known(written)
    # Code -1, an empty name, takes the last place.
    ours = np.append(known, -1)[codes]
    if (ours < 0).all():
        message = (
            f"no chromosome is recognised (found {listed(written) or 'empty cells'}): expected 1 "
            "to 22, X and Y, with or without chr"
        )
        raise InputError(Problem(message, table.shown))
    counts = np.bincount(codes[codes >= 0], minlength=len(written))
    elsewhere = np.flatnonzero((known < 0) & (counts > 0))
    dropped = {written[index]: int(counts[index]) for index in elsewhere}
    categories = pd.Categorical.from_codes(ours, categories=CHROMOSOMES)
    return pd.Series(categories, index=names.index), dropped


@lru_cache(maxsize=16)
def _known(names: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name among the chromosomes, -1 for other contigs."""
    return pd.Index(CHROMOSOMES).get_indexer(plain_chromosomes(pd.Series(names, dtype=object)))


def _position_problems(frame: pd.DataFrame, columns: list[str], table: TableText) -> list[Problem]:
    """Return chromosomes and positions that are empty, not whole, or negative."""
    problems = _wrong(frame, frame["chromosome"].isna(), "chromosome", "is empty", table)
    for column in columns:
        values = frame[column].to_numpy()
        empty, low = np.isnan(values), 1 if column == "position" else 0
        odd = ~empty & ((values != np.floor(values)) | np.isinf(values))
        problems += _wrong(frame, empty, column, "is empty", table)
        problems += _wrong(frame, odd, column, "{:g} is not a whole number", table)
        before = (values < low) & ~odd
        problems += _wrong(frame, before, column, "{:.0f} lies before the chromosome", table)
    return problems


def _wrong(
    frame: pd.DataFrame, wrong: ArrayLike, column: str, message: str, table: TableText
) -> list[Problem]:
    return row_problems(
        frame.index[np.asarray(wrong)],
        lambda row: message.format(frame.at[row, column]),
        table,
        column=column,
        what=f"rows where {column} is wrong in the same way",
    )


def _reversed(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    if "end" not in frame:
        return []
    return row_problems(
        frame.index[frame["end"] <= frame["start"]],
        lambda row: f"{frame.at[row, 'end']} is not after the start, {frame.at[row, 'start']}",
        table,
        column="end",
        what="rows end before they start",
    )


def _build_problems(
    frame: pd.DataFrame, column: str, genome: Genome, table: TableText
) -> list[Problem]:
    """Return the contradiction between the furthest positions and the genome build."""
    furthest = np.zeros(len(CHROMOSOMES), dtype=np.int64)
    np.maximum.at(furthest, frame["chromosome"].cat.codes.to_numpy(), frame[column].to_numpy())
    found = None
    if (furthest > _lengths(genome)).any():
        found = contradiction(
            genome, chromosomes=pd.Series(CHROMOSOMES), positions=pd.Series(furthest)
        )
    found = found or _exact_ends(furthest, genome)
    return [Problem(found, table.shown)] if found else []


def _lengths(genome: Genome) -> np.ndarray:
    """Return the length of each chromosome, NaN where a custom build has none."""
    return genome.contigs["length"].reindex(CHROMOSOMES).to_numpy(dtype=float)


def _exact_ends(furthest: np.ndarray, genome: Genome) -> str | None:
    """Return the contradiction of rows that end with the chromosomes of another build."""
    if (furthest == _lengths(genome)).any():
        return None
    for build in BUILDS:
        exact = np.flatnonzero(furthest == _lengths(load(build)))
        if build != genome.build and len(exact) >= _MIN_EXACT_ENDS:
            ends = {CHROMOSOMES[index]: int(furthest[index]) for index in exact}
            return contradiction(genome, lengths=ends)
    return None


def repeated(frame: pd.DataFrame, columns: list[str], table: TableText) -> list[Problem]:
    """Return the rows at a place that an earlier row already has."""
    twice = frame.index[frame.duplicated(columns)]

    def message(row: int) -> str:
        place = frame.loc[row, columns]
        first = frame.index[frame[columns].eq(place).all(axis=1)][0]
        shown = f"{place.iloc[0]}:{'-'.join(str(value) for value in place.iloc[1:])}"
        return (
            f"a second row of {shown}, which line {table.line(first)} already has: keep one "
            "(several samples in one file need a column of their names)"
        )

    return row_problems(
        twice, message, table, column=columns[1], what="rows of places given before"
    )


def without_overlaps(frame: pd.DataFrame, table: TableText) -> pd.DataFrame:
    """Return segments of which none overlaps its neighbour, the edges of some cut a little.

    Raises
    ------
    InputError
        If segments overlap by more than :data:`MAX_TRIM_BASES` or :data:`MAX_TRIM_SHARE`. A single
        base is always cut: so some programs write two segments that touch.
    """
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    same = frame["chromosome"].to_numpy()[1:] == frame["chromosome"].to_numpy()[:-1]
    overlap = np.where(same, np.maximum(end[:-1] - start[1:], 0), 0)
    shorter = np.minimum((end - start)[1:], (end - start)[:-1])
    heavy = overlap > np.where(shorter > 1, np.maximum(MAX_TRIM_SHARE * shorter, 1), 0)
    heavy |= overlap > MAX_TRIM_BASES
    problems = []
    for index in np.flatnonzero(heavy)[:MAX_LISTED]:
        before, after = frame.iloc[index], frame.iloc[index + 1]
        message = (
            f"the segment {after['chromosome']}:{after['start']}-{after['end']} overlaps "
            f"{before['start']}-{before['end']} of line {table.line(before.name)}: one segment "
            "per place and sample (several samples in one file need a column of their names)"
        )
        problems.append(Problem(message, table.shown, table.line(after.name)))
    raise_all(problems + more(int(heavy.sum()), "segments overlap", table))
    return frame.assign(start=np.append(start[:1], start[1:] + overlap))
