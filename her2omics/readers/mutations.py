"""Reads with and without each mutation: VCF, MAF or a plain table of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome
from her2omics.readers import positions, snps, table_text, vcf
from her2omics.readers.table_text import TableText

COUNTS = ("ref_count", "alt_count")
COPIES = ("major_cn", "minor_cn", "normal_cn")
_PLACE = ("chromosome", "position", "ref", "alt")
NORMAL_COUNTS = ("normal_ref_count", "normal_alt_count")
ANNOTATION = ("gene", "change", "effect")
COLUMNS = (
    "mutation_id", *_PLACE, *COUNTS, *COPIES, "tumour_content", *NORMAL_COUNTS, "passed",
    *ANNOTATION,
)  # fmt: skip
_LAYOUT = {
    "mutation_id": ("mutation_id",),
    "chromosome": positions.CHROMOSOME_NAMES,
    "position": (*positions.POSITION_NAMES, "Start_Position"),
    "ref": ("ref", "Reference_Allele"),
    "alt": ("alt", "Tumor_Seq_Allele2"),
    "ref_count": ("ref_counts", "ref_count", "t_ref_count"),
    "alt_count": ("alt_counts", "alt_count", "t_alt_count"),
    "normal_ref_count": ("normal_ref_count", "n_ref_count"),
    "normal_alt_count": ("normal_alt_count", "n_alt_count"),
    **{name: (name,) for name in COPIES},
    "tumour_content": ("tumour_content", "tumor_content"),
    "sample": (*table_text.SAMPLE_NAMES, "Tumor_Sample_Barcode"),
    "patient": ("patient", "patient_id"),
    "filter": ("filter",),
    "gene": ("gene", "Hugo_Symbol", "symbol"),
    "change": ("change", "HGVSp_Short", "protein_change"),
    "effect": ("effect", "Variant_Classification", "consequence"),
}
_COUNTED = (*COUNTS, *NORMAL_COUNTS)
_TYPES = dict.fromkeys(("mutation_id", "chromosome", "ref", "alt", *ANNOTATION), object)
_TYPES |= {"position": "Int64", "passed": bool}
_NAMES = ("mutation_id", "chromosome", "ref", "alt", "sample", "patient", "filter", *ANNOTATION)
_PASSED = ("PASS", ".", "")


@dataclass(frozen=True)
class Mutations:
    """Mutations of one sample.

    Attributes
    ----------
    frame
        Columns :data:`COLUMNS`, missing where the file holds none; in genome order, or in that of
        the file where it gives ids alone. ``position`` is of the nullable type ``Int64``;
        ``passed``: the caller's filters, True where the file has none; ``gene, change, effect`` as
        the file is annotated.
    file
        Name of the file in messages.
    dropped
        Rows left out, by reason.
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
        VCF or BCF (:mod:`~her2omics.readers.vcf`), MAF, or a table of ``mutation_id`` or
        ``chromosome, position`` (1-based), ``ref, alt``; ``ref_counts, alt_counts``; ``sample_id``
        in a file of several samples; optional ``patient, major_cn, minor_cn, normal_cn,
        tumour_content, normal_ref_count, normal_alt_count, filter``. Tables are tab- or
        comma-separated, plain or gzip.
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
    path, shown, dropped = Path(path), shown or str(path), {}
    if path.is_file() and vcf.is_vcf(path):
        frame, table, dropped = vcf.read_vcf(
            path, genome=genome, column=column, sample=sample, shown=shown
        )
    else:
        table, whole = _parsed(path, shown)
        frame = table_text.of_sample(whole, column=column, sample=sample, table=table)
        frame = _of_patient(frame, patient, table)
        frame = frame.assign(passed=_passed(frame))
    if "position" in frame:
        frame, contigs = positions.by_genome(frame, table=table, genome=genome)
        dropped = dropped | {f"on contig {name}": rows for name, rows in contigs.items()}
    frame = _named(frame)
    problems = _id_problems(frame, table)
    problems += snps.count_problems(frame, [n for n in _COUNTED if n in frame], table)
    frame = frame.reindex(columns=list(COLUMNS)).astype(_TYPES)
    raise_all(problems + _range_problems(frame, table))
    return Mutations(frame.reset_index(drop=True), table.shown, dropped)


def _passed(frame: pd.DataFrame) -> pd.Series:
    """Return whether each row passed its caller's filters; True where the file has none."""
    if "filter" not in frame:
        return pd.Series(True, index=frame.index)
    return frame["filter"].isna() | frame["filter"].astype(object).isin(_PASSED)


@table_text.keep_last
def _parsed(path: Path, shown: str) -> tuple[TableText, pd.DataFrame]:
    """Return the table (without its text) and the columns of all samples."""
    table = table_text.split(path, shown=shown, what="mutation counts")
    what = "mutations are mutation_id or chromosome, position, ref, alt; and ref_counts, alt_counts"
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
