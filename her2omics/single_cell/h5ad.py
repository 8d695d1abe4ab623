"""The ``.h5ad`` of a sample: its cells as read, and what was found, for scanpy and cellxgene."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from her2omics.single_cell.arm import Cells
from her2omics.single_cell.patient import between

_PER = 1e4
#: How each part of a matrix is packed: what costs least CPU for its kind of numbers. 50,000 cells
#: take 5 CPU s and 230 MB, with lzf throughout 10 s and 710 MB.
_PACKING: dict[str, dict[str, Any]] = {
    "X": {"compression": "gzip", "compression_opts": 1},
    "counts": {"compression": "lzf"},
    "indices": {"compression": "lzf", "shuffle": True},
}
_CHUNK = 65_536


def write(cells: Cells, code: int, path: Path, *, parameters: Mapping[str, Any]) -> None:
    """Write one sample.

    Parameters
    ----------
    cells
        Cells of its patient.
    code
        Place of the sample in ``cells.samples``.
    path
        File to write.
    parameters
        What stands in ``uns["her2omics"]``.

    Notes
    -----
    ``layers["counts"]`` holds the raw counts, ``X`` log1p of counts per 10,000; obs holds the
    ``her2omics_*`` columns, obsm ``X_her2omics_copy_number`` the components of the copy-number
    bins, ``uns["her2omics"]`` the parameters. Index: the barcodes. Both matrices have their values
    in the same places: these are written once, and the file names them twice (a hard link).
    """
    import h5py
    from anndata import AnnData

    rows = np.flatnonzero(cells.sample == code)
    start, stop = rows[0], rows[-1] + 1
    counts = between(cells.data.X, start, stop)
    obs = cells.data.obs.iloc[start:stop].copy()
    obs.index = [name.removeprefix(f"{cells.samples[code]}:") for name in obs.index]
    for column in obs.columns:
        if obs[column].dtype == object:
            obs[column] = obs[column].astype("category")
    found = AnnData(
        obs=obs,
        var=cells.data.var.copy(),
        uns={"her2omics": dict(parameters)},
        obsm={key: value[start:stop] for key, value in cells.data.obsm.items()},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    found.write_h5ad(path)
    with h5py.File(path, "r+") as handle:
        if "X" in handle:
            del handle["X"]
        _matrix(handle, "X", counts, _levels(counts))
        _matrix(handle, "layers/counts", counts, counts.data, places=handle["X"])


def _levels(counts: sp.csr_matrix) -> np.ndarray:
    """Return (values,) log1p of counts per 10,000."""
    umis = np.asarray(counts.sum(axis=1), dtype=float).ravel()
    level = np.repeat((_PER / umis).astype(np.float32), np.diff(counts.indptr))
    level *= counts.data
    return np.log1p(level, out=level)


def _matrix(
    handle: Any, name: str, counts: sp.csr_matrix, values: np.ndarray, places: Any = None
) -> None:
    """Write a matrix as AnnData reads it, with places of its own or those of another one."""
    group = handle.create_group(name)
    group.attrs["encoding-type"], group.attrs["encoding-version"] = "csr_matrix", "0.1.0"
    group.attrs["shape"] = counts.shape
    chunks = (min(_CHUNK, max(len(values), 1)),)
    packing = _PACKING[name.split("/")[-1]]
    group.create_dataset("data", data=values, chunks=chunks, **packing)
    if places is None:
        group.create_dataset("indices", data=counts.indices, chunks=chunks, **_PACKING["indices"])
        group.create_dataset("indptr", data=counts.indptr)
    else:
        group["indices"], group["indptr"] = places["indices"], places["indptr"]
