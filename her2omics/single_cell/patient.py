"""The cells of one patient, all samples together: one AnnData of raw counts by symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics import genome
from her2omics.readers.cells import CellCounts

if TYPE_CHECKING:
    from anndata import AnnData


def assemble(samples: Sequence[CellCounts], *, timepoints: Mapping[str, str]) -> AnnData:
    """Return the cells of a patient's samples as one AnnData.

    Parameters
    ----------
    samples
        Samples of the patient in the sheet's order.
    timepoints
        Sample -> ``baseline`` or ``followup``.

    Returns
    -------
    AnnData
        ``X`` and ``layers["counts"]``, the same matrix: CSR of raw counts (float32 whole numbers)
        of the genes that every sample has. obs: index ``<sample>:<barcode>``, ``sample``,
        ``timepoint``, and ``annotation`` (``malignant``, ``normal``, ``""``) where any sample has
        one. var: index = symbol, ``chromosome`` (``""`` unknown), ``start`` (GRCh38, 0 unknown).
        Cells stand in the order of their barcodes: no result depends on that of the file.
    """
    from anndata import AnnData

    genes, columns = _common(samples)
    blocks, frames = [], []
    for cells, place in zip(samples, columns, strict=True):
        order = np.argsort(cells.barcodes.astype(str), kind="stable")
        in_order = (order[:-1] < order[1:]).all()
        counts = cells.counts if in_order else cells.counts[order]
        blocks.append(counts if place is None else counts[:, place])
        frame = pd.DataFrame(
            {"sample": cells.sample, "timepoint": timepoints[cells.sample]},
            index=[f"{cells.sample}:{barcode}" for barcode in cells.barcodes[order]],
        )
        if cells.annotation is not None:
            frame["annotation"] = cells.annotation[order]
        frames.append(frame)
    counts = blocks[0] if len(blocks) == 1 else sp.vstack(blocks, format="csr")
    obs = pd.concat(frames)
    if "annotation" in obs:
        obs["annotation"] = obs["annotation"].fillna("")
    places = genome.gene_positions().reindex(genes)
    var = pd.DataFrame(
        {
            "chromosome": places["chromosome"].fillna("").to_numpy(dtype=object),
            "start": places["start"].fillna(0).astype(np.int64).to_numpy(),
        },
        index=pd.Index(genes, dtype=object),
    )
    counts = sp.csr_matrix(counts)
    return AnnData(counts, obs=obs, var=var, layers={"counts": counts})


def _common(samples: Sequence[CellCounts]) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Return the genes of all samples, and their columns in each (``None``: as they are)."""
    first = samples[0].genes
    if all(np.array_equal(cells.genes, first) for cells in samples[1:]):
        return first, [None] * len(samples)
    shared = set(first).intersection(*(cells.genes for cells in samples[1:]))
    genes = np.array([gene for gene in first if gene in shared], dtype=object)
    places = [pd.Index(cells.genes).get_indexer(genes) for cells in samples]
    return genes, list(places)
