"""infercnvpy on cells of known truth, run by an interpreter of its own: single_cell_scale.py.

    python infercnvpy_cells.py WINDOW OUT.npy FILE.h5ad ...

Reference: the cells that are truly normal. Writes (malignant cells, windows) the values of all
windows that hold ERBB2, in the order of the files.
"""

from __future__ import annotations

import sys

import anndata
import infercnvpy
import numpy as np
import scanpy as sc

STEP = 10


def main() -> None:
    """Write the values around ERBB2."""
    window, out, *files = sys.argv[1:]
    data = anndata.concat(
        [anndata.read_h5ad(file) for file in files], index_unique="-", merge="same"
    )
    data.var["chromosome"] = "chr" + data.var["chromosome"].astype(str)
    data.obs["kind"] = np.where(data.obs["truth_lineage"] == "malignant", "malignant", "normal")
    sc.pp.normalize_total(data, target_sum=1e4)
    sc.pp.log1p(data)
    infercnvpy.tl.infercnv(
        data, reference_key="kind", reference_cat="normal", window_size=int(window), step=STEP,
        n_jobs=1, exclude_chromosomes=("chrX", "chrY", "chrMT"),
    )  # fmt: skip
    own = data.var[data.var["chromosome"] == "chr17"].sort_values("start")
    place = own.index.get_loc("ERBB2")
    first = data.uns["cnv"]["chr_pos"]["chr17"]
    starts = np.arange(0, len(own) - int(window) + 1, STEP)
    holding = first + np.flatnonzero((starts <= place) & (place < starts + int(window)))
    malignant = (data.obs["kind"] == "malignant").to_numpy()
    np.save(out, np.asarray(data.obsm["X_cnv"][malignant][:, holding].todense()))


if __name__ == "__main__":
    main()
