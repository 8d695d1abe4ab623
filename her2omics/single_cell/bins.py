"""Copy-number bins of single cells: expression of neighbouring genes over that of normal cells.

The matrix stays sparse: one product with the genes' weights, and a rank-one term for the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics import genome
from her2omics.single_cell.patient import between

_GENES_PER_BIN = 60
#: Excess variance of a gene between cells, over Poisson: mu + mu^2 / 3.
_OVERDISPERSION = 1 / 3
# Weights are made for a cell of this depth.
_DEPTH = 3_000.0
# A gene below this many molecules per cell of that depth says nothing.
_LEAST_MEAN = 0.01
# Genes of one lineage, of the cell cycle or of the ribosome say no copies.
_EXCLUDED = ("HLA-", "IGH", "IGK", "IGL", "TRAV", "TRBV", "RPS", "RPL", "MT-", "KRT", "COL", "HB")
_ROWS = 5_000
#: Genome for copies: the amplicon itself is left to the dosage.
AMPLICON = ("17", 37_500_000, 42_000_000)


@dataclass(frozen=True)
class Bins:
    """Where bins lie and what they are made of.

    Attributes
    ----------
    weights
        (genes, bins) sparse.
    mean
        (genes,) share of a normal cell's molecules.
    arm
        (bins,) chromosome arm of each bin.
    """

    weights: sp.csr_matrix
    mean: np.ndarray
    arm: np.ndarray

    @property
    def expected(self) -> np.ndarray:
        """(bins,) weighted share of a normal cell."""
        return np.asarray(self.mean @ self.weights).ravel()


def design(mean: np.ndarray, var: pd.DataFrame) -> Bins:
    """Return bins of ~60 expressed neighbours that lie on one arm.

    Parameters
    ----------
    mean
        (genes,) share of each gene in the molecules of the normal cells.
    var
        chromosome and start of the genes (:func:`~her2omics.single_cell.patient.assemble`).

    Notes
    -----
    Weight of a gene 1 / sqrt(mu + mu^2 / 3): its noise counts the same as any other's. Autosomes
    only; the amplicon of 17q12 is left to the dosage.
    """
    mu = mean * _DEPTH
    chromosome = var["chromosome"].to_numpy()
    start = var["start"].to_numpy()
    usable = (mu >= _LEAST_MEAN) & np.isin(chromosome, [str(n) for n in range(1, 23)])
    usable &= ~var.index.str.startswith(_EXCLUDED)
    usable &= ~((chromosome == AMPLICON[0]) & (start >= AMPLICON[1]) & (start < AMPLICON[2]))
    rows, columns, arms = [], [], []
    for _, arm in genome.load("GRCh38").arms().iterrows():
        inside = usable & (chromosome == arm["chromosome"])
        inside &= (start >= arm["start"]) & (start < arm["end"])
        own = np.flatnonzero(inside)
        own = own[np.lexsort((var.index[own].to_numpy().astype(str), start[own]))]
        number = round(len(own) / _GENES_PER_BIN)
        if number == 0:
            continue
        for part in np.array_split(own, number):
            rows.append(part)
            columns.append(np.full(len(part), len(arms)))
            arms.append(arm["arm"])
    row = np.concatenate(rows) if rows else np.empty(0, dtype=int)
    column = np.concatenate(columns) if rows else np.empty(0, dtype=int)
    weight = 1.0 / np.sqrt(mu[row] + _OVERDISPERSION * mu[row] ** 2)
    weights = sp.csr_matrix(
        (weight.astype(np.float32), (row, column)), shape=(len(mean), len(arms))
    )
    return Bins(weights, mean, np.array(arms, dtype=object))


def profiles(counts: sp.csr_matrix, *, umis: np.ndarray, bins: Bins) -> np.ndarray:
    """Return (cells, bins) expression over that of normal cells, minus 1, centred per cell.

    Parameters
    ----------
    counts
        (cells, genes) raw counts.
    umis
        (cells,) molecules per cell.
    bins
        :func:`design`.

    Notes
    -----
    One more copy of a bin in a diploid cell is +.5; the cell's median bin is 0, because gained and
    lost arms move its total. Row by row: nothing depends on other cells or on the blocks.
    """
    expected = bins.expected
    found = np.empty((counts.shape[0], len(expected)), dtype=np.float32)
    for start in range(0, counts.shape[0], _ROWS):
        block = slice(start, min(start + _ROWS, counts.shape[0]))
        product = (between(counts, block.start, block.stop) @ bins.weights).toarray()
        found[block] = product / (np.maximum(umis[block], 1.0)[:, None] * expected)
    # The rank-one term, and the cell's own level.
    found /= np.maximum(np.median(found, axis=1, keepdims=True), 0.2)
    found -= 1.0
    return found


def spread(umis: np.ndarray, bins: Bins) -> np.ndarray:
    """Return (bins,) SD of one cell's value by sampling, at the median depth."""
    mu = bins.mean * float(np.median(umis))
    square = bins.weights.multiply(bins.weights)
    variance = np.asarray((mu + _OVERDISPERSION * mu**2) @ square).ravel()
    return np.sqrt(variance) / (bins.expected * float(np.median(umis)))


def arm_means(profile: np.ndarray, bins: Bins) -> tuple[np.ndarray, list[str]]:
    """Return (rows, arms) mean of the bins of each arm, and the arms."""
    arms = list(dict.fromkeys(bins.arm))
    pick = np.stack([(bins.arm == arm) / (bins.arm == arm).sum() for arm in arms], axis=1)
    return profile @ pick, arms
