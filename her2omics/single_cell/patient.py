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
    counts = blocks[0] if len(blocks) == 1 else _stacked(blocks)
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
    return AnnData(counts, obs=obs, var=var, layers={"counts": counts})


def between(counts: sp.csr_matrix, start: int, stop: int) -> sp.csr_matrix:
    """Return the rows from ``start`` to before ``stop``, without a copy of their values."""
    first, last = counts.indptr[start], counts.indptr[stop]
    part = sp.csr_matrix((stop - start, counts.shape[1]), dtype=counts.dtype)
    # Given to the constructor they would be copied: it takes small parts of arrays for remains.
    part.data, part.indices = counts.data[first:last], counts.indices[first:last]
    part.indptr = counts.indptr[start : stop + 1] - first
    part.has_sorted_indices = counts.has_sorted_indices
    return part


def _stacked(blocks: list[sp.csr_matrix]) -> sp.csr_matrix:
    """Return the rows of all blocks, which are emptied: a block goes as soon as it is copied."""
    total = sum(block.nnz for block in blocks)
    wide = np.int64 if total > np.iinfo(np.int32).max else np.int32
    data, indices = np.empty(total, dtype=np.float32), np.empty(total, dtype=wide)
    columns, ends = blocks[0].shape[1], [np.zeros(1, dtype=wide)]
    start = 0
    while blocks:
        block = sp.csr_matrix(blocks.pop(0))
        stop = start + block.nnz
        data[start:stop], indices[start:stop] = block.data, block.indices
        ends.append((start + block.indptr[1:]).astype(wide))
        start = stop
    indptr = np.concatenate(ends)
    return sp.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, columns))


def _common(samples: Sequence[CellCounts]) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Return the genes of all samples, and their columns in each (``None``: as they are)."""
    first = samples[0].genes
    if all(np.array_equal(cells.genes, first) for cells in samples[1:]):
        return first, [None] * len(samples)
    shared = set(first).intersection(*(cells.genes for cells in samples[1:]))
    genes = np.array([gene for gene in first if gene in shared], dtype=object)
    places = [pd.Index(cells.genes).get_indexer(genes) for cells in samples]
    return genes, list(places)
