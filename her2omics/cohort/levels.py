"""Expression levels on one scale: log2 CPM of the bundled reference, one sample at a time.

The size factor is the median ratio of a sample's stable genes to their medians in the reference,
so it depends on that sample alone: neither on the batch nor on who else is in the sheet.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.readers import units

# Library of the reference, in million reads (header of her2_negative_reference.tsv).
REFERENCE_MILLIONS = 58.608021
PSEUDOCOUNT = 0.5
MIN_STABLE_GENES = 30
# TPM and FPKM divide by length. Length of a typical stable gene's mRNA: their own lengths are in no
# shipped table. An error here shifts all levels of TPM and FPKM alike (assumption).
STABLE_LENGTH_KB = 3.0
# SD of log2 mRNA length over the 50 PAM50 genes, by which the level of a gene of unknown length in
# TPM or FPKM is uncertain.
LENGTH_SD = 1.0


@cache
def _reference() -> pd.DataFrame:
    return resources.table("her2_negative_reference.tsv").set_index("gene")


def stable_levels() -> pd.Series:
    """Return the reference medians (log2 CPM) of the 300 stable genes."""
    reference = _reference()
    return reference.loc[reference["role"] == "stable", "her2_negative_median"].copy()


@cache
def _lengths() -> pd.Series:
    medians = resources.table("pam50_reference_medians.tsv").set_index("gene")
    rsem = medians["RNAseq.V2_log2RSEMnorm"]
    per_kb = rsem - medians["RNAseq.V1_log2RPKM"]
    cpm = _reference()["her2_negative_median"].reindex(rsem.index)
    return np.exp2(per_kb - (rsem - cpm).median())


def gene_lengths() -> pd.Series:
    """Return mRNA lengths in kb of the PAM50 genes, ERBB2 and GRB7 among them.

    The two UNC median tables of ``pam50_reference_medians.tsv`` describe the same tumours in
    log2 RPKM and log2 RSEM counts: their difference is log2 length plus a constant, which the CPM
    medians of ``her2_negative_reference.tsv`` fix (ERBB2 4.9 kb, MKI67 13.7 kb).
    """
    return _lengths().copy()


def scale(linear: np.ndarray, genes: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Return what one CPM of the reference is in each sample.

    Parameters
    ----------
    linear
        Genes x samples, counts or TPM or FPKM; missing values allowed.
    genes
        Gene symbols of the rows.

    Returns
    -------
    scale : ndarray, one per sample
        Median over the stable genes of value / reference CPM (million reads for counts); missing
        where fewer than 30 stable genes are measured or more than half of them are 0.
    used : ndarray of int
        Stable genes measured.
    """
    stable = stable_levels()
    stable = stable[stable.index.isin(genes)]
    values = linear[genes.get_indexer(stable.index)]
    cpm = np.exp2(stable.to_numpy()) - PSEUDOCOUNT
    used = np.isfinite(values).sum(axis=0)
    scales = np.full(linear.shape[1], np.nan)
    enough = used >= MIN_STABLE_GENES
    if enough.any():
        scales[enough] = np.nanmedian(values[:, enough] / cpm[:, None], axis=0)
    scales[scales <= 0] = np.nan
    return scales, used


def to_levels(values: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return log2 levels and size factors of the samples of one file.

    Parameters
    ----------
    values
        Genes x samples in ``unit``; index = gene symbols.
    unit
        One of :data:`her2omics.readers.units.UNITS`.

    Returns
    -------
    levels : DataFrame, genes x samples
        ``log2(value / scale + .5)``, on the scale of log2(CPM + .5) of the reference. TPM and FPKM
        of genes of known length are multiplied by it; other genes are taken as of typical length.
        Without a size factor the sample's own upper quartile takes its place (differences between
        genes only). log2 ratios are returned as they are.
    size_factors : Series
        Library relative to the reference's 58.6 million reads; missing for log2 ratios and where
        the stable genes do not allow one.
    """
    samples = values.columns
    if unit == "log2_ratio":
        return values, pd.Series(np.nan, index=samples)
    linear = values.to_numpy(dtype=float)
    if unit not in units.LINEAR_UNITS:
        linear = np.column_stack(
            [units.to_linear(linear[:, index], unit) for index in range(linear.shape[1])]
        )
    scales, _ = scale(linear, values.index)
    if unit not in units.COUNT_UNITS:
        relative = gene_lengths().reindex(values.index).to_numpy() / STABLE_LENGTH_KB
        linear = linear * np.where(np.isfinite(relative), relative, 1.0)[:, None]
    used = np.where(np.isfinite(scales), scales, _fallback_scale(linear))
    with np.errstate(invalid="ignore"):
        levels = np.log2(linear / used + PSEUDOCOUNT)
    frame = pd.DataFrame(levels, index=values.index, columns=samples)
    return frame, pd.Series(scales / REFERENCE_MILLIONS, index=samples)


def _fallback_scale(linear: np.ndarray) -> np.ndarray:
    """Return a scale that puts each sample's upper quartile of expressed genes at 32 (log2 5)."""
    expressed = np.where(linear > 0, linear, np.nan)
    scales = np.ones(linear.shape[1])
    filled = np.isfinite(expressed).any(axis=0)
    scales[filled] = np.nanquantile(expressed[:, filled], 0.75, axis=0) / 32.0
    return scales


def counting_sd(levels: np.ndarray, size_factor: np.ndarray | float) -> np.ndarray:
    """Return the log2 SD that counting alone gives a level.

    ``1 / (ln 2 sqrt(reads))`` with reads = CPM x size factor x 58.6, at least half a read; without
    a size factor in reads (TPM, FPKM) pass that of the reference, 1.
    """
    cpm = np.maximum(np.exp2(levels) - PSEUDOCOUNT, 0.0)
    reads = np.maximum(cpm * size_factor * REFERENCE_MILLIONS, 0.5)
    return 1.0 / (np.log(2.0) * np.sqrt(reads))
