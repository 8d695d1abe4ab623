"""The ``.h5ad`` of a sample: its cells as read, and what was found, for scanpy and cellxgene."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from her2omics.single_cell.arm import Cells

_PER = 1e4


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
    bins, ``uns["her2omics"]`` the parameters. Index: the barcodes.
    """
    from anndata import AnnData

    rows = np.flatnonzero(cells.sample == code)
    block = slice(rows[0], rows[-1] + 1)
    counts = sp.csr_matrix(cells.data.X[block])
    umis = cells.data.obs["her2omics_umis"].to_numpy()[block]
    level = np.repeat((_PER / umis).astype(np.float32), np.diff(counts.indptr))
    level *= counts.data
    np.log1p(level, out=level)
    obs = cells.data.obs.iloc[block].copy()
    obs.index = [name.removeprefix(f"{cells.samples[code]}:") for name in obs.index]
    for column in obs.columns:
        if obs[column].dtype == object:
            obs[column] = obs[column].astype("category")
    found = AnnData(
        sp.csr_matrix((level, counts.indices, counts.indptr), shape=counts.shape),
        obs=obs,
        var=cells.data.var.copy(),
        layers={"counts": counts},
        uns={"her2omics": dict(parameters)},
        obsm={key: value[block] for key, value in cells.data.obsm.items()},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    found.write_h5ad(path, compression="lzf")
