"""Reads with and without each mutation: the plain table of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome
from her2omics.readers import positions, snps, table_text
from her2omics.readers.table_text import TableText

COUNTS = ("ref_count", "alt_count")
COPIES = ("major_cn", "minor_cn", "normal_cn")
_PLACE = ("chromosome", "position", "ref", "alt")
COLUMNS = ("mutation_id", *_PLACE, *COUNTS, *COPIES, "tumour_content")
_LAYOUT = {
    "mutation_id": ("mutation_id",),
    "chromosome": positions.CHROMOSOME_NAMES,
    "position": positions.POSITION_NAMES,
    "ref": ("ref",),
    "alt": ("alt",),
    "ref_count": ("ref_counts", "ref_count"),
    "alt_count": ("alt_counts", "alt_count"),
    **{name: (name,) for name in COPIES},
    "tumour_content": ("tumour_content", "tumor_content"),
    "sample": table_text.SAMPLE_NAMES,
    "patient": ("patient", "patient_id"),
}
_TYPES = dict.fromkeys(("mutation_id", "chromosome", "ref", "alt"), object) | {"position": "Int64"}
_NAMES = ("mutation_id", "chromosome", "ref", "alt", "sample", "patient")
# Formats known by their columns and not read yet: each becomes a reader of its own here.
_NOT_READ = {
    "VCF": ("CHROM", "POS", "ID", "REF", "ALT", "QUAL"),
    "MAF": ("Hugo_Symbol", "Tumor_Sample_Barcode", "Reference_Allele"),
}


@dataclass(frozen=True)
class Mutations:
    """Mutations of one sample.

    Attributes
    ----------
    frame
        Columns :data:`COLUMNS`, missing where the file holds none; in genome order, or in that of
        the file where it gives ids alone. ``position`` is of the nullable type ``Int64``.
    file
        Name of the file in messages.
    dropped
        Rows by contig other than 1-22, X, Y.
    """

    frame: pd.DataFrame
    file: str
    dropped: Mapping[str, int]


def read_mutations(
    path: Path,
    *,
    genome: Genome,
    column: str | None = None,
    sample: str | None = None,
    patient: str | None = None,
    shown: str | None = None,
) -> Mutations:
    """Read the mutation counts of one sample.

    Parameters
    ----------
    path
        ``mutation_id`` or ``chromosome, position`` (1-based), ``ref, alt``; ``ref_counts,
        alt_counts``; ``sample_id`` in a file of several samples; optional ``patient, major_cn,
        minor_cn, normal_cn, tumour_content``. Tab- or comma-separated, plain or gzip.
    genome
        Build that the positions must fit.
    column
        The sample's name in a file of several samples; default: ``sample`` if it is one of them.
    sample, patient
        Their names in the sheet. The patient counts where a sample's name (``R1``) occurs in
        several patients of the file.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With all problems of the stage at which the file fails.
    """
    table, whole = _parsed(Path(path), shown or str(path))
    frame = table_text.of_sample(whole, column=column, sample=sample, table=table)
    frame = _of_patient(frame, patient, table)
    dropped: dict[str, int] = {}
    if "position" in frame:
        frame, dropped = positions.by_genome(frame, table=table, genome=genome)
    frame = _named(frame)
    problems = _id_problems(frame, table) + snps.count_problems(frame, list(COUNTS), table)
    frame = frame.reindex(columns=list(COLUMNS)).astype(_TYPES)
    raise_all(problems + _range_problems(frame, table))
    return Mutations(frame.reset_index(drop=True), table.shown, dropped)


@table_text.keep_last
def _parsed(path: Path, shown: str) -> tuple[TableText, pd.DataFrame]:
    """Return the table (without its text) and the columns of all samples."""
    table = table_text.split(path, shown=shown, what="mutation counts")
    what = "mutations are mutation_id or chromosome, position, ref, alt; and ref_counts, alt_counts"
    for name, columns in _NOT_READ.items():
        if all(table.find(column) for column in columns):
            message = (
                f"VCF and MAF are not read yet (this is a {name}): give a table of counts; {what}"
            )
            raise InputError(Problem(message, table.shown, table.first_line - 1))
    numbers = table.find_all(_LAYOUT)
    needed = COUNTS if "mutation_id" in numbers else (*_PLACE, *COUNTS)
    absent = [name for name in needed if name not in numbers]
    if absent:
        raise table.missing(absent, what=what)
    if not all(name in numbers for name in _PLACE):
        numbers = {name: column for name, column in numbers.items() if name not in _PLACE}
    names = {name: numbers.pop(name) for name in _NAMES if name in numbers}
    return table.without_body(), table_text.load(table, numbers=numbers, names=names)


def _of_patient(frame: pd.DataFrame, patient: str | None, table: TableText) -> pd.DataFrame:
    """Return the rows of the patient where the sample's name occurs in several."""
    if "patient" not in frame:
        return frame
    present = [str(name) for name in frame["patient"].dropna().unique()]
    if len(present) <= 1:
        return frame
    if patient not in present:
        message = (
            f"rows of this sample belong to patients {table_text.listed(present)}: expected "
            f"{f'patient {patient} of the sheet' if patient else 'one patient'}"
        )
        raise InputError(Problem(message, table.shown, column="patient"))
    return frame[frame["patient"].eq(patient).to_numpy()]


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return names as text, and an id made of the place where the file gives none."""
    texts = [name for name in ("mutation_id", "ref", "alt") if name in frame]
    frame = frame.astype(dict.fromkeys(texts, object))
    if "mutation_id" in frame:
        return frame
    parts = [frame[name].astype(str) for name in _PLACE]
    known = frame["ref"].notna() & frame["alt"].notna()
    return frame.assign(mutation_id=parts[0].str.cat(parts[1:], sep=":").where(known, None))


def _id_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return ids that are empty or given twice for the same sample."""
    ids = frame["mutation_id"]
    several = "" if "sample" in frame else " (several samples need a column sample_id)"
    problems = table_text.row_problems(
        frame.index[ids.isna()],
        lambda row: "is empty, or its ref or alt is",
        table,
        column="mutation_id",
        what="mutations have no id",
    )
    return problems + table_text.row_problems(
        frame.index[ids.notna() & ids.duplicated()],
        lambda row: f"a second row of {ids[row]}: one row per mutation and sample{several}",
        table,
        column="mutation_id",
        what="rows of mutations given before",
    )


def _range_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return copies below 0 and tumour contents that are no share."""
    problems = []
    for name in (*COPIES, "tumour_content"):
        values = frame[name]
        share = name == "tumour_content"
        expected = "a share between 0 and 1" if share else "copies from 0"
        problems += table_text.row_problems(
            frame.index[values.lt(0) | values.gt(1 if share else 1e6)],
            lambda row, values=values, expected=expected: f"{values[row]:g}: expected {expected}",
            table,
            column=name,
            what=f"rows where {name} is out of range",
        )
    return problems
