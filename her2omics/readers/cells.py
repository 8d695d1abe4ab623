"""Raw counts of single cells: ``h5ad``, or 10x folders and ``.h5``, as cells x genes by symbol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics.errors import InputError, Problem
from her2omics.readers import cell_files, cell_repeats, gene_ids, gene_problems
from her2omics.readers.cell_files import RawCells
from her2omics.readers.cell_species import human_only
from her2omics.thresholds import limits

ANNOTATIONS = {
    "malignant": "malignant", "tumour": "malignant", "tumor": "malignant", "cancer": "malignant",
    "aneuploid": "malignant", "true": "malignant", "1": "malignant", "yes": "malignant",
    "normal": "normal", "diploid": "normal", "non-malignant": "normal", "nonmalignant": "normal",
    "healthy": "normal", "false": "normal", "0": "normal", "no": "normal",
    "": "", "nan": "", "unknown": "", "not.defined": "", "undefined": "", "unassigned": "",
    "na": "", "none": "",
}  # fmt: skip
_CHUNK = 1_000_000


@dataclass(frozen=True)
class CellCounts:
    """Cells of one sample.

    Attributes
    ----------
    sample
        Sample id.
    counts
        Cells x genes, CSR of float32 whole numbers: raw counts of molecules.
    barcodes
        Unique names of the cells.
    genes
        Unique symbols (``resources/gene_ids.tsv``; a gene that is not in it keeps its own name).
    annotation
        ``malignant``, ``normal`` or ``""`` per cell, from the user's column; ``None`` without one.
    ambient
        Molecules per gene in the empty drops of an unfiltered matrix; ``None`` without any.
    source
        Where in the file the counts were: ``X``, ``layers["counts"]``, ``raw``, ``matrix``.
    notes
        What was left out, as sentences.
    file
        Name of the file in messages.
    """

    sample: str
    counts: sp.csr_matrix
    barcodes: np.ndarray
    genes: np.ndarray
    annotation: np.ndarray | None
    ambient: np.ndarray | None
    source: str
    notes: tuple[str, ...] = ()
    file: str = ""


def read_cells(
    path: Path,
    *,
    filetype: str,
    sample: str,
    column: str | None = None,
    annotation: str | None = None,
    shown: str | None = None,
) -> CellCounts:
    """Read the cells of one sample.

    Parameters
    ----------
    path
        An ``.h5ad`` file; or, of 10x, the folder with ``matrix.mtx``, or the ``.h5`` file.
    filetype
        ``h5ad`` or ``10x``.
    sample
        Sample id.
    column
        The sample's name in a column of obs, where an ``.h5ad`` holds several samples; ``None``
        takes all cells.
    annotation
        Column of obs that says which cells are malignant (config ``single_cell.annotation``).
    shown
        Name of the file in messages.

    Returns
    -------
    CellCounts
        Human genes by symbol, rows of one symbol summed; drops without a cell left out.

    Raises
    ------
    InputError
        If the file cannot be read, holds no raw counts, none of the sample, no human genes, or
        cells twice.
    """
    shown = shown or str(path)
    if filetype == "10x":
        raw = cell_files.read_10x(Path(path), sample=sample, shown=shown)
        if annotation:
            raw = replace(raw, notes=(*raw.notes, f"no column {annotation}: 10x files have none"))
    else:
        raw = cell_files.read_h5ad(
            Path(path), sample=sample, column=column, annotation=annotation, shown=shown
        )
    _check_counts(raw.counts, raw.source, shown, sample)
    raw = human_only(raw, shown=shown, sample=sample)
    counts, genes = _by_symbol(raw, shown, sample)
    full, ambient, note = _without_empty_drops(counts, shown, sample)
    if not full.all():
        counts = counts[full]
    again = cell_repeats.twice(raw.barcodes[full], umis=counts.sum(axis=1).A1)
    if again:
        message = f"{again} of {int(full.sum())} cells stand in it twice: leave their copies out"
        raise InputError(Problem(message, shown, None, sample))
    return CellCounts(
        sample=sample,
        counts=counts,
        barcodes=_unique(raw.barcodes[full]),
        genes=genes,
        annotation=None if raw.labels is None else _annotation(raw.labels[full], annotation, shown),
        ambient=ambient,
        source=raw.source,
        notes=(*raw.notes, *note),
        file=shown,
    )


def beginning_problems(path: Path, *, filetype: str, sample: str, shown: str) -> list[Problem]:
    """Return what the first bytes of a file, or the names in a 10x folder, betray."""
    try:
        if filetype == "10x" and path.is_dir():
            cell_files.folder_files(path, shown, sample)
        else:
            cell_files.check_hdf5(path, shown, sample, f"an HDF5 file ({filetype})")
    except InputError as error:
        return list(error.problems)
    return []


def sample_name(units: pd.DataFrame, sample: str) -> str | None:
    """Return the name by which a sample's cells are found in its file, ``None``: all are its own.

    Parameters
    ----------
    units
        The units sheet.
    sample
        A sample with a unit of assay ``scrna``.

    Notes
    -----
    Where several samples point at one file, each must be found by its name: its column, else its
    id.
    """
    cells = units[units["assay"].eq("scrna")]
    row = cells[cells["sample"].eq(sample)].iloc[0]
    shared = (cells["path"].eq(row["path"]) & cells["sample"].ne(sample)).any()
    return row["column"] or (sample if shared else None)


def _check_counts(counts: sp.csr_matrix, source: str, shown: str, sample: str) -> None:
    """Raise if the values are no raw counts."""
    if 0 in counts.shape or counts.nnz == 0:
        raise InputError(Problem(f"{source} holds no counts", shown, None, sample))
    message = cell_files.no_counts_message(counts.data, source)
    if message is None:
        for start in range(0, counts.nnz, _CHUNK):
            message = cell_files.no_counts_message(counts.data[start : start + _CHUNK], source)
            if message:
                break
    if message:
        raise InputError(Problem(message, shown, None, sample))


def _by_symbol(raw: RawCells, shown: str, sample: str) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return the counts with one column per symbol, in order of first appearance."""
    named = [pd.Series(column, dtype=object) for column in raw.gene_ids]
    names, known = gene_ids.resolve(named)
    if known.mean() < limits().cell_known_genes:
        ids = pd.concat(named, axis=1)
        found = gene_problems.unrecognised(ids, shown)
        mouse = np.mean([str(name).startswith("ENSMUSG") for name in raw.gene_ids[0]])
        likeness = np.mean([str(name)[1:].islower() for name in raw.gene_ids[0]])
        _, of_rows = gene_ids.resolve([pd.Series(raw.barcodes, dtype=object)])
        if of_rows.mean() >= limits().cell_known_genes:
            found = Problem("its rows are genes, expected cells: transpose it (`adata.T`)", shown)
        elif max(mouse, likeness) > 0.5:
            found = Problem("the genes are those of a mouse, expected human cells", shown)
        raise InputError(replace(found, sample=sample))
    if "ERBB2" not in set(names[known]):
        looked = ", ".join(gene_ids.spellings("ERBB2"))
        message = f"ERBB2 is not among the {len(names)} genes (looked for {looked})"
        raise InputError(Problem(message, shown, None, sample))
    genes, place = np.unique(names.astype(str), return_inverse=True)
    first = np.full(len(genes), len(names))
    np.minimum.at(first, place, np.arange(len(names)))
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(genes), dtype=raw.counts.indices.dtype)
    rank[order] = np.arange(len(genes))
    counts = raw.counts
    if len(genes) < len(names):
        counts = sp.csr_matrix(
            (counts.data, rank[place][counts.indices], counts.indptr),
            shape=(counts.shape[0], len(genes)),
        )
        counts.sum_duplicates()
    return counts, genes[order].astype(object)


def _without_empty_drops(
    counts: sp.csr_matrix, shown: str, sample: str
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """Return which rows are cells, the molecules of the other drops, and what to say of it.

    A filtered matrix loses what lies below ``cell_least_umis``. Where most rows lie below it the
    matrix is unfiltered: then a cell has more than a tenth of the molecules of the largest ones.
    """
    limit = limits()
    umis = np.asarray(counts.sum(axis=1)).ravel()
    full = umis >= limit.cell_least_umis
    if not full.any():
        message = (
            f"no cell: the largest of {len(umis)} barcodes has {int(umis.max(initial=0))} UMIs, "
            f"fewer than {int(limit.cell_least_umis)}"
        )
        raise InputError(Problem(message, shown, None, sample))
    if full.mean() > 0.5:
        empty = int((~full).sum())
        few = f"{empty} barcodes below {int(limit.cell_least_umis)} UMIs left out"
        return full, None, [few] if empty else []
    largest = np.sort(umis)[-int(limit.cell_largest_barcodes) :]
    full = umis >= max(limit.cell_least_umis, 0.1 * np.quantile(largest, 0.99))
    drops = ~full & (umis <= 0.5 * limit.cell_least_umis)
    ambient = np.asarray(drops.astype(np.float32) @ counts, dtype=float).ravel()
    note = f"unfiltered matrix: {int(full.sum())} of {len(umis)} barcodes are cells"
    return full, ambient if ambient.any() else None, [note]


def _annotation(labels: np.ndarray, column: str | None, shown: str) -> np.ndarray:
    """Return ``malignant``, ``normal`` or ``""`` of the user's values."""
    values = pd.Series(labels, dtype=object).astype(str).str.strip()
    known = values.str.lower().map(ANNOTATIONS)
    if known.isna().any():
        found = ", ".join(dict.fromkeys(values[known.isna()]))
        message = (
            f"values {found[:80]} are not understood: expected malignant or normal (also aneuploid "
            "or diploid, tumour, cancer), empty where unknown"
        )
        raise InputError(Problem(message, shown, column=f'obs["{column}"]'))
    return known.to_numpy(dtype=object)


def _unique(barcodes: np.ndarray) -> np.ndarray:
    """Return the barcodes, repeated ones with their number behind."""
    names = pd.Series(barcodes, dtype=object).astype(str)
    again = names.groupby(names).cumcount()
    return names.where(again == 0, names + "-" + again.astype(str)).to_numpy(dtype=object)
