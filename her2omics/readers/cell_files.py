"""What files of single cells hold, as it stands in them: ``.h5ad``, 10x ``.h5`` and mtx folders."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics.errors import InputError, Problem, suggestion
from her2omics.files import problem as file_problem
from her2omics.files import read_text

_HDF5 = b"\x89HDF\r\n\x1a\n"
# Columns of var that hold ids of genes beside the index, in the order of preference.
_ID_COLUMNS = (
    "gene_ids", "gene_id", "ensembl_id", "ensembl", "ensembl_gene_id", "feature_id", "id",
    "feature_name", "gene_symbols", "gene_symbol", "gene_symbols-0", "gene_name", "gene_names",
    "symbol", "features", "name",
)  # fmt: skip
# Columns of obs that name samples, in the order of preference.
_SAMPLE_COLUMNS = (
    "sample", "sample_id", "sampleid", "orig.ident", "orig_ident", "library", "library_id",
    "specimen", "batch",
)  # fmt: skip
_PEEK = 200_000
_ROWS = 2_000
# No log1p of counts per ten thousand or million exceeds it.
_LARGEST_LOG = 20.0


@dataclass(frozen=True)
class RawCells:
    """Values as the file holds them.

    Attributes
    ----------
    counts
        Barcodes x genes, CSR, float32.
    barcodes
        Names of the rows.
    gene_ids
        One or more columns of ids, each one per gene.
    labels
        The user's annotation, one per barcode, or ``None``.
    source
        Where in the file the values were.
    notes
        What to tell the user.
    """

    counts: sp.csr_matrix
    barcodes: np.ndarray
    gene_ids: tuple[np.ndarray, ...]
    labels: np.ndarray | None
    source: str
    notes: tuple[str, ...] = ()


def no_counts_message(values: np.ndarray, source: str) -> str | None:
    """Return why values are no raw counts, or ``None``."""
    if len(values) == 0:
        return None
    low, high = float(values.min()), float(values.max())
    advice = (
        'give the raw counts of molecules, as X, as layers["counts"] or as raw (`adata.raw`), or '
        "the 10x files themselves"
    )
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"{source} holds values that are no numbers: {advice}"
    if low < 0:
        return f"{source} holds negative values ({low:.3g}), scaled or centred: {advice}"
    if (values == np.rint(values)).all():
        return None
    if high < _LARGEST_LOG:
        return f"{source} holds log-normalised values (such as {_fraction(values)}): {advice}"
    return f"{source} holds values that are no whole numbers ({_fraction(values)}): {advice}"


def _fraction(values: np.ndarray) -> str:
    return f"{float(values[values != np.rint(values)][0]):.4g}"


def read_h5ad(
    path: Path, *, sample: str, column: str | None, annotation: str | None, shown: str
) -> RawCells:
    """Read the raw counts of an ``.h5ad``: ``layers["counts"]``, else ``raw``, else ``X``.

    The first of them that holds whole numbers is taken; only that one is read.

    Raises
    ------
    InputError
        If there is none, or the sample or annotation is not in obs.
    """
    check_hdf5(path, shown, sample, "an .h5ad file")
    import h5py
    from anndata.io import read_elem

    try:
        with h5py.File(path, "r") as handle, warnings.catch_warnings():
            # Old files are announced as such; they are read all the same.
            warnings.simplefilter("ignore")
            if "X" not in handle or "obs" not in handle or "var" not in handle:
                raise InputError(Problem(_no_h5ad(handle), shown, None, sample))
            obs = read_elem(handle["obs"])
            rows, labels = _chosen(obs, sample, column, annotation, shown)
            place, source = _counts_place(handle, shown, sample)
            var = read_elem(handle["raw/var" if source == "raw" else "var"])
            counts = _matrix(handle[place], rows)
    except (OSError, KeyError, RuntimeError) as error:
        message = f"damaged, or no .h5ad file ({error}): copy or write it again"
        raise InputError(Problem(message, shown, None, sample)) from None
    ids = [var.index, *(var[name] for name in _ID_COLUMNS if name in var)]
    names = np.asarray(obs.index, dtype=object)
    return RawCells(
        counts,
        names if rows is None else names[rows],
        tuple(np.asarray(column, dtype=object) for column in ids),
        labels,
        source,
    )


def _no_h5ad(handle: Any) -> str:
    if "matrix" in handle or any("barcodes" in handle[key] for key in handle):
        return "a 10x .h5 file: its filetype is 10x"
    return f"no .h5ad file: expected X, obs and var, found {', '.join(handle) or 'nothing'}"


def _counts_place(handle: Any, shown: str, sample: str) -> tuple[str, str]:
    """Return the group of the first matrix that holds whole numbers, and what the user calls it."""
    candidates = {"layers/counts": 'layers["counts"]', "raw/X": "raw", "X": "X"}
    found = [place for place in candidates if place in handle]
    for place in found:
        if no_counts_message(_peek(handle[place]), candidates[place]) is None:
            return place, candidates[place]
    message = no_counts_message(_peek(handle[found[-1]]), candidates[found[-1]])
    others = [candidates[place] for place in found[:-1]]
    if others:
        message = f"{message} (nor are there whole numbers in {' or '.join(others)})"
    raise InputError(Problem(str(message), shown, None, sample))


def _peek(element: Any) -> np.ndarray:
    """Return some of the stored values."""
    if hasattr(element, "keys"):
        return element["data"][:_PEEK]
    return np.asarray(element[: max(1, _PEEK // max(element.shape[1], 1))]).ravel()


def _matrix(element: Any, rows: np.ndarray | None) -> sp.csr_matrix:
    """Return a stored matrix as CSR of float32, never whole in dense form."""
    from anndata.io import read_elem, sparse_dataset

    if not hasattr(element, "keys"):
        blocks = []
        for start in range(0, element.shape[0], _ROWS):
            block = element[start : start + _ROWS]
            block = block if rows is None else block[rows[start : start + _ROWS]]
            blocks.append(sp.csr_matrix(block.astype(np.float32)))
        return sp.csr_matrix(sp.vstack(blocks, format="csr"))
    if rows is None:
        found = read_elem(element)
    elif sparse_dataset(element).format == "csr":
        found = sparse_dataset(element)[np.flatnonzero(rows)]
    else:
        found = read_elem(element).tocsr()[rows]
    return _csr(found)


def _csr(matrix: Any) -> sp.csr_matrix:
    found = sp.csr_matrix(matrix)
    return found if found.dtype == np.float32 else found.astype(np.float32)


def _chosen(
    obs: pd.DataFrame, sample: str, column: str | None, annotation: str | None, shown: str
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the rows of the sample (``None``: all) and their annotation."""
    rows = _sample_rows(obs, column, shown, sample) if column else None
    if annotation is None:
        return rows, None
    if annotation not in obs:
        hint = suggestion(annotation, obs.columns)
        message = f"no such column{hint or f' (found {_some(obs.columns)})'}"
        raise InputError(Problem(message, shown, None, sample, f'obs["{annotation}"]'))
    labels = obs[annotation].astype(object).where(obs[annotation].notna(), "").to_numpy()
    return rows, labels if rows is None else labels[rows]


def _sample_rows(obs: pd.DataFrame, name: str, shown: str, sample: str) -> np.ndarray:
    """Return which cells carry the sample's name in a column of obs.

    A column named like one of samples goes before others; two columns that hold the name in
    different cells are refused.
    """
    holding = {
        column: found
        for column in obs.columns
        if not pd.api.types.is_float_dtype(obs[column])
        and (found := obs[column].astype(str).eq(name).to_numpy()).any()
    }
    known = [column for column in holding if column.lower() in _SAMPLE_COLUMNS]
    known.sort(key=lambda column: _SAMPLE_COLUMNS.index(column.lower()))
    if not holding:
        shapes = {c: obs[c].astype(str) for c in obs.columns if c.lower() in _SAMPLE_COLUMNS}
        values = [value for column in shapes.values() for value in column.unique()]
        there = f"; {next(iter(shapes))} holds {_some(values)}" if shapes else ""
        message = f"no column of obs holds the sample's name '{name}'{suggestion(name, values)}"
        raise InputError(Problem(message + there, shown, None, sample, "column"))
    chosen = known[:1] or list(holding)
    if any(not np.array_equal(holding[chosen[0]], holding[other]) for other in chosen[1:]):
        message = (
            f"'{name}' is in different cells of the obs columns {_some(chosen)}: name the column "
            "of samples 'sample'"
        )
        raise InputError(Problem(message, shown, None, sample, "column"))
    return holding[chosen[0]]


def _some(values: Sequence[Any] | pd.Index) -> str:
    listed = [str(value) for value in values]
    return ", ".join(listed[:6]) + (" ..." if len(listed) > 6 else "")


def read_10x(path: Path, *, sample: str, shown: str) -> RawCells:
    """Read the gene expression of a 10x folder (``matrix.mtx``) or ``.h5`` file.

    Raises
    ------
    InputError
        If files are missing, damaged, or do not fit each other.
    """
    return (_read_folder if path.is_dir() else _read_10x_h5)(path, shown, sample)


def _read_10x_h5(path: Path, shown: str, sample: str) -> RawCells:
    check_hdf5(path, shown, sample, "a 10x .h5 file or the folder of matrix.mtx")
    import h5py

    try:
        with h5py.File(path, "r") as handle:
            if "X" in handle and "obs" in handle:
                raise InputError(
                    Problem("an .h5ad file: its filetype is h5ad", shown, None, sample)
                )
            if "matrix" not in handle and not any("barcodes" in handle[key] for key in handle):
                message = f"no 10x file: expected 'matrix', found {', '.join(handle) or 'nothing'}"
                raise InputError(Problem(message, shown, None, sample))
            groups = ["matrix"] if "matrix" in handle else list(handle)
            parts = [_h5_group(handle[name], name) for name in groups]
    except (OSError, KeyError, RuntimeError) as error:
        message = f"damaged, or no 10x .h5 file ({error}): copy it again"
        raise InputError(Problem(message, shown, None, sample)) from None
    return parts[0] if len(parts) == 1 else _side_by_side(parts, shown, sample)


def _h5_group(group: Any, name: str) -> RawCells:
    """Return one matrix of a 10x file: its columns, the barcodes, are the rows here."""
    genes, barcodes = (int(size) for size in group["shape"][:])
    data = group["data"][:].astype(np.float32)
    counts = sp.csr_matrix((data, group["indices"][:], group["indptr"][:]), shape=(barcodes, genes))
    names = _text(group["barcodes"])
    if "features" not in group:
        prefix = "" if name == "matrix" else f"{name}_"
        symbols = np.array([prefix + gene for gene in _text(group["gene_names"])], dtype=object)
        return RawCells(counts, names, (_text(group["genes"]), symbols), None, name)
    features = group["features"]
    ids = (_text(features["id"]), _text(features["name"]))
    if "feature_type" in features:
        kept = _text(features["feature_type"]) == "Gene Expression"
        if not kept.all():
            counts, ids = counts[:, kept].tocsr(), tuple(column[kept] for column in ids)
    return RawCells(counts, names, ids, None, "matrix")


def _text(values: Any) -> np.ndarray:
    return np.array([v.decode() if isinstance(v, bytes) else str(v) for v in values[:]], object)


def _side_by_side(parts: Sequence[RawCells], shown: str, sample: str) -> RawCells:
    """Return several genomes of one old 10x file as one matrix."""
    if any(not np.array_equal(part.barcodes, parts[0].barcodes) for part in parts[1:]):
        message = "its genomes have different barcodes: give the matrix of the human genome alone"
        raise InputError(Problem(message, shown, None, sample))
    ids = tuple(
        np.concatenate(columns) for columns in zip(*(p.gene_ids for p in parts), strict=True)
    )
    stacked = sp.csr_matrix(sp.hstack([part.counts for part in parts], format="csr"))
    return RawCells(stacked, parts[0].barcodes, ids, None, "matrix")


def _read_folder(folder: Path, shown: str, sample: str) -> RawCells:
    """Return the cells of a folder with matrix, barcodes and features (or genes)."""
    matrix, *texts = folder_files(folder, shown, sample)
    barcodes, features = (_column_texts(path, sample) for path in texts)
    from scipy.io import mmread

    try:
        found = mmread(matrix)
    except (ValueError, OSError, EOFError, OverflowError) as error:
        message = f"{matrix.name} is damaged ({error}): copy it again"
        raise InputError(Problem(message, shown, None, sample)) from None
    counts = _csr(found.T)
    expected = (len(barcodes), len(features))
    if counts.shape != expected:
        message = (
            f"{matrix.name} has {counts.shape[1]} genes x {counts.shape[0]} barcodes, but there are"
            f" {expected[1]} features and {expected[0]} barcodes: files of different runs?"
        )
        raise InputError(Problem(message, shown, None, sample))
    if features.shape[1] > 2:
        kept = features.iloc[:, 2].eq("Gene Expression").to_numpy()
        if kept.any() and not kept.all():
            counts, features = counts[:, kept].tocsr(), features[kept]
    ids = tuple(
        features.iloc[:, i].to_numpy(dtype=object) for i in range(min(2, features.shape[1]))
    )
    return RawCells(counts, barcodes.iloc[:, 0].to_numpy(dtype=object), ids, None, "matrix")


def folder_files(folder: Path, shown: str, sample: str) -> tuple[Path, Path, Path]:
    """Return the files of matrix, barcodes and features of a 10x folder, or raise."""
    return (
        _inside(folder, "matrix.mtx", shown, sample),
        _inside(folder, "barcodes.tsv", shown, sample),
        _inside(folder, ("features.tsv", "genes.tsv"), shown, sample),
    )


def _inside(folder: Path, names: str | tuple[str, ...], shown: str, sample: str) -> Path:
    """Return the file of a 10x folder, plain or gzip."""
    names = (names,) if isinstance(names, str) else names
    for name in names:
        for ending in ("", ".gz"):
            if (folder / f"{name}{ending}").is_file():
                return folder / f"{name}{ending}"
    below = sorted(path.parent.name for path in folder.glob("*/matrix.mtx*"))
    hint = f": give the folder {below[0]} inside it" if below else ""
    message = f"no {' or '.join(names)} (plain or .gz) in the folder{hint}"
    raise InputError(Problem(message, shown, None, sample))


def _column_texts(path: Path, sample: str) -> pd.DataFrame:
    lines = read_text(path, shown=path.name, sample=sample).rstrip("\n").split("\n")
    return pd.DataFrame([line.split("\t") for line in lines]).fillna("")


def check_hdf5(path: Path, shown: str, sample: str, expected: str) -> None:
    """Raise if a file is no HDF5 file, and say what it is."""
    if path.is_dir():
        raise InputError(Problem(f"is a folder, expected {expected}", shown, None, sample))
    try:
        with path.open("rb") as handle:
            head = handle.read(len(_HDF5))
    except OSError as error:
        message = f"cannot be read ({error.strerror or error})"
        raise InputError(Problem(message, shown, None, sample)) from None
    if head != _HDF5:
        found = file_problem(path, shown=shown, sample=sample)
        raise InputError(found or Problem(f"a text file, expected {expected}", shown, None, sample))
