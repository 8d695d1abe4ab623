"""Allele counts at SNPs: a plain table, or the file of ``snp-pileup`` (FACETS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome
from her2omics.readers import positions, table_text
from her2omics.readers.table_text import TableText

COLUMNS = (
    "chromosome", "position", "ref_count", "alt_count", "normal_ref_count", "normal_alt_count",
)  # fmt: skip
COUNTS = COLUMNS[2:4]
NORMAL_COUNTS = COLUMNS[4:]
_PLACE = {"chromosome": positions.CHROMOSOME_NAMES, "position": positions.POSITION_NAMES}
_PLAIN = {name: (name, f"{name}s") for name in (*COUNTS, *NORMAL_COUNTS)}
# Sites with several alternative alleles are written as several rows by some programs; more
# repeated places than this share are several samples or files in one.
_MAX_REPEATED = 0.05


@dataclass(frozen=True)
class Snps:
    """Reads of both alleles at germline SNPs of one sample.

    Attributes
    ----------
    frame
        Columns :data:`COLUMNS` in genome order, one row per position (1-based); counts missing
        where the file holds none.
    file
        Name of the file in messages.
    dropped
        Rows by contig other than 1-22, X, Y.
    multiallelic
        Positions with several rows, left out: one alternative allele is needed.
    normal_file
        Where the normal's counts come from, ``None`` without them.
    """

    frame: pd.DataFrame
    file: str
    dropped: Mapping[str, int]
    multiallelic: int = 0
    normal_file: str | None = None


def read_snps(
    path: Path,
    *,
    genome: Genome,
    column: str | None = None,
    sample: str | None = None,
    shown: str | None = None,
) -> Snps:
    """Read the reads of both alleles at common or heterozygous germline SNPs of one sample.

    Parameters
    ----------
    path
        Plain table ``chromosome, position`` (1-based), ``ref_count, alt_count[, normal_ref_count,
        normal_alt_count]``, with ``sample_id`` if it holds several samples; or the table of
        ``snp-pileup`` (``Chromosome, Position, Ref, Alt, File1R, File1A, ..., File2R, File2A,
        ...``), whose first file is the normal. Tab- or comma-separated, plain or gzip.
    genome
        Build that the positions must fit.
    column
        The sample's name in a plain table of several samples; of ``snp-pileup`` the sample's file:
        ``File2`` (default), ``File3``, ..., or ``File1`` for the normal itself.
    sample
        The sample's name in the sheet.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With all problems of the stage at which the file fails: text, columns, numbers, sample,
        positions, counts.
    """
    table, whole = _parsed(Path(path), shown or str(path))
    if "File1R" in whole:
        frame = _of_pileup(whole, column, sample, table)
    else:
        frame = table_text.of_sample(whole, column=column, sample=sample, table=table)
    frame, dropped = positions.by_genome(frame, table=table, genome=genome)
    twice = frame.duplicated(["chromosome", "position"], keep=False)
    repeated = int(frame.loc[twice, ["chromosome", "position"]].drop_duplicates().shape[0])
    problems = []
    if repeated > _MAX_REPEATED * len(frame):
        problems += positions.repeated(frame, ["chromosome", "position"], table)
    counts = [name for name in (*COUNTS, *NORMAL_COUNTS) if name in frame]
    raise_all(problems + count_problems(frame, counts, table))
    frame = frame[~twice].reindex(columns=list(COLUMNS)).reset_index(drop=True)
    normal = table.shown if frame["normal_ref_count"].notna().any() else None
    return Snps(frame, table.shown, dropped, repeated, normal)


@table_text.keep_last
def _parsed(path: Path, shown: str) -> tuple[TableText, pd.DataFrame]:
    """Return the table (without its text) and the columns of all samples."""
    table = table_text.split(path, shown=shown, what="allele counts of SNPs")
    files = {name: (name,) for name in table.header if _is_pileup(name)}
    plain = "File1R" not in files
    numbers = table.find_all({**_PLACE, **(_PLAIN if plain else files)})
    half = [name for name in NORMAL_COUNTS if name not in numbers]
    if plain and len(half) == 1:
        raise table.missing(half, what="the normal's counts come in pairs")
    needed = (*_PLACE, *COUNTS) if plain else _PLACE
    absent = [name for name in needed if name not in numbers]
    if absent:
        what = (
            "SNPs are chromosome, position, ref_count, alt_count[, normal_ref_count, "
            "normal_alt_count], or the table of snp-pileup"
        )
        raise table.missing(absent, what=what)
    names = {"chromosome": numbers.pop("chromosome")}
    if plain:
        names |= table.find_all({"sample": table_text.SAMPLE_NAMES})
    return table.without_body(), table_text.load(table, numbers=numbers, names=names)


def _is_pileup(name: str) -> bool:
    """Return whether a column holds the reference (``File2R``) or other (``File2A``) reads."""
    return name.startswith("File") and name[4:-1].isdigit() and name[-1] in "RA"


def _of_pileup(
    whole: pd.DataFrame, column: str | None, sample: str | None, table: TableText
) -> pd.DataFrame:
    """Return one file's counts of ``snp-pileup`` beside those of the first, the normal."""
    own = column or "File2"
    files = [name[:-1] for name in whole if name[-1] == "R" and f"{name[:-1]}A" in whole]
    if own not in files:
        message = (
            f"no counts of {own}: found {', '.join(files)}, of which File1 is the normal; name the "
            "sample's in `column` of the units sheet"
        )
        raise InputError(Problem(message, table.shown, table.first_line - 1, sample))
    names = {f"{own}R": "ref_count", f"{own}A": "alt_count"}
    frame = whole[["chromosome", "position", *names]].rename(columns=names)
    if own == "File1":
        return frame
    return frame.assign(normal_ref_count=whole["File1R"], normal_alt_count=whole["File1A"])


def count_problems(frame: pd.DataFrame, columns: list[str], table: TableText) -> list[Problem]:
    """Return counts that are negative, infinite or no whole numbers; missing ones are sound."""
    problems = []
    for name in columns:
        values = frame[name]
        whole = values.eq(np.floor(values)) & np.isfinite(values) & values.ge(0)
        problems += table_text.row_problems(
            frame.index[values.notna() & ~whole],
            lambda row, values=values: f"{values[row]:g} is no number of reads",
            table,
            column=name,
            what=f"cells of {name} are no counts",
        )
    return problems
