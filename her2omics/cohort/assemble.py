"""One expression store from the files of a study: samples x genes on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from her2omics.cohort import levels as scale
from her2omics.cohort import noise
from her2omics.cohort.inputs import RnaInput
from her2omics.errors import Problem
from her2omics.readers import units
from her2omics.readers.expression import Expression

if TYPE_CHECKING:
    import anndata

# A gene counts as seen from this many reads, or this many TPM or FPKM.
_DETECTED_READS = 5
_DETECTED_TPM = 1.0


def assemble(
    read: RnaInput, samples: pd.DataFrame, *, offsets: pd.Series | None
) -> tuple[anndata.AnnData | None, pd.Series]:
    """Return the expression store and the stable genes' offsets of this cohort.

    Parameters
    ----------
    read
        The files; samples whose library is nearly empty are added to its problems.
    samples
        The sample sheet; its order is the order of the rows.
    offsets
        Offsets of a frozen cohort; ``None``: learnt from these samples.

    Returns
    -------
    AnnData or None
        See :class:`her2omics.cohort.store.Cohort`; ``None`` without any usable sample.
    Series by gene
        Offsets used (:func:`her2omics.cohort.noise.stable_offsets`).
    """
    blocks, counts, rows = [], [], []
    for file in read.files:
        levels, factors = scale.to_levels(file.frame, file.unit)
        empty = _empty_samples(file, factors)
        read.lose(empty, [problem.sample for problem in empty], file.file)
        kept = [name for name in levels.columns if name not in {p.sample for p in empty}]
        blocks.append(levels[kept])
        counts += [file.frame[kept]] if file.unit == "counts" else []
        rows.append(_file_rows(file, factors).loc[kept])
    known = {name for block in blocks for name in block.columns}
    order = [name for name in samples["sample"] if name in known]
    if not order:
        return None, pd.Series(dtype=float)
    genes = _all_genes(blocks)
    levels = _together(blocks, genes, order, fill=np.nan)
    obs = pd.concat(rows).loc[order]
    stable = pd.DataFrame(levels.T, index=genes, columns=order).reindex(scale.stable_levels().index)
    if offsets is None:
        scaled = obs.index[obs["size_factor"].notna() & obs["unit"].isin(units.COUNT_UNITS)]
        offsets = noise.stable_offsets(stable[scaled].astype(float))
    spread = noise.stable_spread(
        stable.astype(float), size_factors=obs["size_factor"], offsets=offsets
    )
    obs = obs.join(spread).join(_sheet_columns(samples))
    layer = _together(counts, genes, order, fill=0.0)
    return _anndata(levels, layer, obs, genes), offsets


def _empty_samples(file: Expression, factors: pd.Series) -> list[Problem]:
    """Return the samples whose stable genes are measured but mostly without a read."""
    measured = scale.stable_levels().index.intersection(file.frame.index)
    if file.unit == "log2_ratio" or len(measured) < scale.MIN_STABLE_GENES:
        return []
    message = (
        f"more than half of the {len(measured)} stable genes have no read: the library is nearly "
        "empty; leave the sample out (`exclude`) or sequence it again"
    )
    return [Problem(message, file.file, None, name) for name in factors.index[factors.isna()]]


def _file_rows(file: Expression, factors: pd.Series) -> pd.DataFrame:
    """Return what one file says about its samples, one row per sample."""
    values = file.frame
    is_counts = file.unit == "counts"
    rows = pd.DataFrame(
        {
            "unit": file.unit,
            "size_factor": factors,
            "library_size": values.sum() if is_counts else np.nan,
            "genes_detected": np.nan,
            "has_counts": is_counts,
            "strandedness": file.strandedness or "",
        },
        index=values.columns,
    )
    if file.unit in units.LINEAR_UNITS:
        seen = values >= (_DETECTED_READS if is_counts else _DETECTED_TPM)
        rows["genes_detected"] = seen.sum().astype(float)
    return rows


def _sheet_columns(samples: pd.DataFrame) -> pd.DataFrame:
    sheet = samples.set_index("sample")
    return pd.DataFrame(
        {
            "patient": sheet["patient"],
            "timepoint": sheet["timepoint"],
            "protocol": sheet["rna_protocol"].fillna(""),
            "preservation": sheet["preservation"].fillna(""),
        }
    )


def _all_genes(blocks: list[pd.DataFrame]) -> pd.Index:
    """Return the genes of all files in order of first appearance."""
    genes = blocks[0].index
    for block in blocks[1:]:
        if not block.index.equals(genes):
            genes = genes.append(block.index.difference(genes, sort=False))
    return genes


def _together(
    blocks: list[pd.DataFrame], genes: pd.Index, order: list[str], *, fill: float
) -> np.ndarray:
    """Return samples x genes (float32) from blocks of genes x samples."""
    out = np.full((len(order), len(genes)), fill, dtype=np.float32)
    position = {name: index for index, name in enumerate(order)}
    for block in blocks:
        columns = genes.get_indexer(block.index)
        values = block.to_numpy(dtype=np.float32)
        values = np.where(np.isnan(values), np.float32(fill), values)
        for index, name in enumerate(block.columns):
            out[position[name], columns] = values[:, index]
    return out


def _anndata(
    levels: np.ndarray, layer: np.ndarray, obs: pd.DataFrame, genes: pd.Index
) -> anndata.AnnData:
    import anndata

    return anndata.AnnData(
        X=levels,
        obs=obs.rename_axis("sample"),
        var=pd.DataFrame(index=pd.Index(genes.astype(str), name="gene")),
        layers={"counts": layer},
    )
