"""What must hold between the rows of units.tsv, its samples and the files it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from her2omics.errors import Problem, one_of, suggestion

LEVEL_TABLES = ("bins", "segments", "gene_cn")
DNA_TABLES = (*LEVEL_TABLES, "snps", "mutations", "purity")
RNA_TABLES = ("salmon", "star", "matrix")
CELL_TABLES = ("h5ad", "10x")
_DNA = ("fastq", "bam", *DNA_TABLES)
FILETYPES: dict[str, tuple[str, ...]] = {
    "wgs": _DNA,
    "wes": _DNA,
    "panel": _DNA,
    "rna": ("fastq", "salmon", "star", "matrix"),
    "scrna": CELL_TABLES,
}
UNITS: dict[str, tuple[str, ...]] = {
    "matrix": ("counts", "tpm", "fpkm", "log2_counts", "log2_tpm", "log2_ratio"),
    "gene_cn": ("log2", "discrete", "copies"),
}
_ONE_PER_SAMPLE = ("bins", "segments", "gene_cn", "purity", "h5ad", "10x")
_ONE_SAMPLE_PER_FILE = ("fastq", "bam", "bins", "salmon", "star", "10x")
# Files with the names of their samples inside.
_SHARED_FILES = ("matrix", "gene_cn", "mutations", "segments", "snps", "purity", "h5ad", "bam")
#: Endings of the index of aligned reads, added to the name or in place of its ending.
INDEXES = {".bam": (".bai", ".csi"), ".cram": (".crai",)}


def row_problems(units: pd.DataFrame, samples: Iterable[str], *, file: str) -> list[Problem]:
    """Return what is wrong with the rows and the files they name.

    Parameters
    ----------
    units
        Typed sheet: absolute paths, a ``line`` column, and the paths as written in ``shown_path``,
        ``shown_path2`` and ``shown_targets``.
    samples
        Samples of samples.tsv.
    file
        Name for messages.
    """
    known = list(samples)
    present = set(known)
    records = units.to_dict("records")
    problems = []
    for row in records:
        if row["sample"] not in present:
            message = f"the sample is not in the sample sheet{suggestion(row['sample'], known)}"
            problems.append(_problem(message, row, "sample", file))
        problems += _kind_problems(row, file)
    problems += _repeated(records, file)
    problems += _different_targets(records, file)
    problems += _missing_files(records, file)
    return problems


def row_warnings(units: pd.DataFrame, *, file: str) -> list[Problem]:
    """Return columns that are filled where they mean nothing."""
    warnings = []
    for row in units.to_dict("records"):
        if row["unit"] and row["filetype"] not in UNITS:
            message = f"'{row['unit']}' is not used: only matrix and gene_cn have a unit"
            warnings.append(_problem(message, row, "unit", file))
        if row["column"] and row["filetype"] not in _SHARED_FILES:
            message = f"'{row['column']}' is not used: a {row['filetype']} file holds one sample"
            warnings.append(_problem(message, row, "column", file))
        if row["targets"] and row["assay"] not in ("wes", "panel"):
            message = f"not used with assay {row['assay']}: a design belongs to wes and panel"
            warnings.append(_problem(message, row, "targets", file))
    return warnings


def _problem(message: str, row: Mapping, column: str | None, file: str) -> Problem:
    return Problem(message, file, row["line"], row["sample"], column)


def _kind_problems(row: Mapping, file: str) -> list[Problem]:
    problems = []
    allowed = FILETYPES[row["assay"]]
    if row["filetype"] not in allowed:
        message = f"'{row['filetype']}' does not go with assay {row['assay']}: {_listed(allowed)}"
        problems.append(_problem(message, row, "filetype", file))
    elif row["filetype"] in UNITS:
        units = UNITS[row["filetype"]]
        if not row["unit"]:
            message = f"is empty: a {row['filetype']} needs its unit ({', '.join(units)})"
            problems.append(_problem(message, row, "unit", file))
        elif row["unit"] not in units:
            message = f"{one_of(row['unit'], units)} (units of a {row['filetype']})"
            problems.append(_problem(message, row, "unit", file))
    if row["path2"]:
        if row["filetype"] != "fastq":
            message = f"only fastq has a second file, found {row['filetype']}"
            problems.append(_problem(message, row, "path2", file))
        elif row["path2"] == row["path"]:
            problems.append(_problem("read 1 and read 2 are the same file", row, "path2", file))
    return problems


def _listed(allowed: Iterable[str]) -> str:
    return f"expected one of {', '.join(allowed)}"


def _repeated(records: list[dict], file: str) -> list[Problem]:
    """Return files given twice, and samples with more than one file where one is meant."""
    problems = []
    seen_rows: dict[tuple, dict] = {}
    seen_kinds: dict[tuple, dict] = {}
    seen_paths: dict[str, dict] = {}
    for row in records:
        same = (row["sample"], row["assay"], row["filetype"], row["path"], row["column"])
        kind = (row["sample"], row["assay"], row["filetype"])
        if row["filetype"] in RNA_TABLES:
            kind = (row["sample"], row["assay"], "expression")
        if (first := seen_rows.setdefault(same, row)) is not row:
            message = f"the same file as on line {first['line']}: keep one row"
            problems.append(_problem(message, row, "path", file))
            continue
        once = row["filetype"] in _ONE_PER_SAMPLE or kind[2] == "expression"
        if once and (first := seen_kinds.setdefault(kind, row)) is not row:
            message = (
                f"a second file ({row['filetype']}) where line {first['line']} already gives "
                f"{first['filetype']} of this sample and assay: keep one"
            )
            problems.append(_problem(message, row, "filetype", file))
        if row["filetype"] in _ONE_SAMPLE_PER_FILE:
            for column in ("path", "path2"):
                if not row[column]:
                    continue
                first = seen_paths.setdefault(row[column], row)
                if first["sample"] != row["sample"]:
                    message = (
                        f"{row[f'shown_{column}']} is also the file of sample {first['sample']} "
                        f"(line {first['line']})"
                    )
                    problems.append(_problem(message, row, column, file))
    return problems


def _different_targets(records: list[dict], file: str) -> list[Problem]:
    """Return rows that name another design than an earlier row of their sample and assay."""
    problems = []
    seen: dict[tuple, dict] = {}
    for row in records:
        if not row["targets"]:
            continue
        first = seen.setdefault((row["sample"], row["assay"]), row)
        if first["targets"] != row["targets"]:
            message = (
                f"{row['shown_targets']} is another design than {first['shown_targets']} of line "
                f"{first['line']}, of the same sample and assay: keep one"
            )
            problems.append(_problem(message, row, "targets", file))
    return problems


def _missing_files(records: list[dict], file: str) -> list[Problem]:
    """Return files that do not exist or lack an index; each path is looked up once."""
    known: dict[tuple[str, str], str | None] = {}
    problems = []
    for row in records:
        for column in ("path", "path2", "targets"):
            if not row[column]:
                continue
            key = (row[column], row["filetype"] if column == "path" else column)
            if key not in known:
                known[key] = _file_message(Path(row[column]), key[1])
            if known[key]:
                message = f"{row[f'shown_{column}']}: {known[key]}"
                problems.append(_problem(message, row, column, file))
    return problems


def _file_message(path: Path, filetype: str) -> str | None:
    if not path.exists():
        near = (
            suggestion(path.name, [other.name for other in path.parent.iterdir()])
            if path.parent.is_dir()
            else f" (there is no folder {path.parent.name} either)"
        )
        return f"no such file{near}; paths are relative to the sheet"
    if path.is_dir():
        if filetype == "10x":
            return None
        inside = " - give the file quant.sf inside it" if filetype == "salmon" else ""
        return f"is a folder, expected a file{inside}"
    if filetype == "bam" and path.suffix not in INDEXES:
        return "expected a .bam or .cram file"
    return None
