"""Intrinsic subtype of each malignant cell by scSubtype, without the genes of the amplicon.

Wu et al. 2021 (Nat Genet 53:1334): a cell belongs to the signature whose genes are highest in it,
each gene standardised over the tumour's malignant cells. 13 of the 102 HER2-enriched genes lie
beside ERBB2, so losing the amplicon alone would look like another subtype: they are left out. Genes
are standardised over the samples of the patient together: over each sample alone every biopsy would
show all four subtypes in the same shares. What is compared is therefore the samples of one patient;
a tumour of one subtype is divided too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from her2omics import resources
from her2omics.single_cell.estimates import Interval
from her2omics.tables import CELL_SUBTYPES
from her2omics.thresholds import limits

#: GRCh38 stretch of chromosome 17 whose genes are left out: 0-based, half-open.
AMPLICON = (39_000_000, 40_200_000)
_SETS = dict(zip(CELL_SUBTYPES, ("Basal_SC", "Her2E_SC", "LumA_SC", "LumB_SC"), strict=True))
_PER = 1e4
_MOST = 10.0  # SD: as scale.max of Seurat, with which the signatures were made
_DRAWS = 200


@dataclass(frozen=True)
class Scores:
    """Signatures of the malignant cells of one patient.

    Attributes
    ----------
    score
        (cells, 4) mean SD of the genes of each of :data:`her2omics.tables.CELL_SUBTYPES`; NaN in
        cells that are not malignant, or where a signature has too few genes.
    genes
        (4,) genes behind each.
    share_draws
        (samples, draws, 4) share of a sample's malignant cells, the genes of each signature and the
        cells drawn anew; NaN without a call.
    """

    score: np.ndarray
    genes: np.ndarray
    share_draws: np.ndarray

    @property
    def name(self) -> np.ndarray:
        """(cells,) subtype; ``""`` where it is unknown."""
        known = np.isfinite(self.score).all(axis=1)
        best = np.where(known[:, None], self.score, 0.0).argmax(axis=1)
        return np.where(known, np.array(CELL_SUBTYPES, dtype=object)[best], "")


def in_amplicon(genes: pd.DataFrame) -> np.ndarray:
    """Return (genes,) which of them lie in :data:`AMPLICON`; columns ``chromosome``, ``start``."""
    start = genes["start"].to_numpy()
    inside = (start >= AMPLICON[0]) & (start < AMPLICON[1])
    return inside & genes["chromosome"].eq("17").to_numpy()


def score(
    counts: sp.csr_matrix,
    *,
    genes: pd.DataFrame,
    size: np.ndarray,
    sample: np.ndarray,
    malignant: np.ndarray,
    rng: np.random.Generator,
    masked: bool = True,
) -> Scores:
    """Return the signatures of the malignant cells.

    Parameters
    ----------
    counts
        (cells, genes) raw counts of all samples of a patient.
    genes
        Index = symbol; ``chromosome``, ``start`` on GRCh38.
    size
        (cells,) UMIs outside the amplicon.
    sample
        (cells,) codes of the samples.
    malignant
        (cells,) cells to score.
    rng
        Generator of the patient.
    masked
        Leave out the genes of the amplicon; False shows what they do.
    """
    member = _members(genes, in_amplicon(genes) if masked else np.zeros(len(genes), dtype=bool))
    used = np.flatnonzero(member.any(axis=1))
    rows = np.flatnonzero(malignant)
    number = int(sample.max()) + 1 if len(sample) else 0
    values = np.full((len(sample), len(CELL_SUBTYPES)), np.nan)
    empty = np.full((number, _DRAWS, len(CELL_SUBTYPES)), np.nan)
    level = counts[:, used][rows].toarray().astype(np.float32)
    level *= (_PER / np.maximum(size[rows], 1.0)).astype(np.float32)[:, None]
    np.log1p(level, out=level)
    varies = _standardise(level, _weights(sample[rows], number))
    member = member[used] & varies[:, None]
    found = member.sum(axis=0)
    if len(rows) == 0 or found.min() < limits().cell_signature_genes:
        return Scores(values, found, empty)
    values[rows] = _centred(level @ (member / found).astype(np.float32), sample[rows], number)
    return Scores(values, found, _shares(level, member, sample[rows], number, rng))


def shares(scores: Scores, code: int, sample: np.ndarray) -> list[tuple[Interval, int]]:
    """Return share with interval, and number of cells, of each subtype in one sample."""
    name = scores.name[sample == code]
    cells = [int((name == subtype).sum()) for subtype in CELL_SUBTYPES]
    total = sum(cells)
    out = []
    for k, count in enumerate(cells):
        if total < limits().pseudobulk_cells:
            out.append((Interval(np.nan, np.nan, np.nan), count))
            continue
        draws = scores.share_draws[code, :, k]
        # Genes drawn anew only add noise, which draws all shares together: the spread counts.
        low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95))
        share = count / total
        ends = max(0.0, share + low - middle), min(1.0, share + high - middle)
        out.append((Interval(share, *ends), count))
    return out


def _members(genes: pd.DataFrame, left_out: np.ndarray) -> np.ndarray:
    """Return (genes, 4) which genes belong to a signature."""
    sets = resources.gene_sets()
    member = [genes.index.isin(sets[f"SCSUBTYPE_{name}"]) for name in _SETS.values()]
    return np.column_stack(member) & ~left_out[:, None]


def _weights(sample: np.ndarray, number: int) -> np.ndarray:
    """Return (cells,) weights that sum to 1: every sample with enough cells counts alike."""
    size = np.bincount(sample, minlength=number)
    enough = size >= limits().pseudobulk_cells
    each = np.where(enough, 1 / np.maximum(size, 1), 0.0) if enough.any() else np.ones(number)
    weight = each[sample]
    return weight / max(weight.sum(), 1e-12)


def _standardise(level: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Centre and scale the columns in place; return which of them vary."""
    weight = weight.astype(np.float32)
    level -= weight @ level
    sd = np.sqrt(weight @ level**2)
    varies = sd > 1e-6
    level /= np.where(varies, sd, 1.0)
    np.clip(level, -_MOST, _MOST, out=level)
    return varies


def _centred(values: np.ndarray, sample: np.ndarray, number: int) -> np.ndarray:
    """Return the scores less their mean over the patient."""
    return values - _weights(sample, number) @ values


def _shares(
    level: np.ndarray,
    member: np.ndarray,
    sample: np.ndarray,
    number: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return (samples, draws, 4) shares with genes and cells drawn anew."""
    out = np.empty((number, _DRAWS, member.shape[1]))
    for draw in range(_DRAWS):
        weight = np.zeros(member.shape, dtype=np.float32)
        for k, own in enumerate(member.T):
            places = np.flatnonzero(own)
            weight[places, k] = rng.multinomial(len(places), np.full(len(places), 1 / len(places)))
            weight[:, k] /= len(places)
        best = _centred(level @ weight, sample, number).argmax(axis=1)
        for code in range(number):
            cells = np.bincount(best[sample == code], minlength=member.shape[1])
            out[code, draw] = rng.dirichlet(cells + 0.5)
    return out
