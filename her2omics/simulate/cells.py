"""Counts of single cells: lineages, clones, amplicon, ambient RNA, doublets, depth.

Not the mirror of the model that reads them: doses of amplified cells are gamma, genes respond to
copies each in its own way, levels move between samples and clones, cell-state programmes with heavy
tails make genes move together, and counts are Poisson over log-normal noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

#: Lineages of cells, in the order of all tables here; the last is the tumour.
LINEAGES = ("immune", "stromal", "endothelial", "normal_epithelium", "malignant")
MALIGNANT = LINEAGES.index("malignant")
NORMAL_EPITHELIUM = LINEAGES.index("normal_epithelium")
#: UMIs of a cell relative to a malignant one [assume, after breast tumours].
_DEPTH = np.array([0.45, 0.7, 0.6, 0.75, 1.0])
_DEPTH_SD = 0.45  # log-normal, natural log
_DOUBLET_DEPTH = 0.8  # a droplet of two cells holds less than the sum
_AMBIENT_SHAPE = 4.0  # gamma spread of the ambient share between cells
_SCORE_DF = 5  # of the t of cell-state scores
_CHUNK = 256


@dataclass(frozen=True)
class Genes:
    """What genes do in the cells of one patient.

    Attributes
    ----------
    name
        (genes,) symbols.
    profile
        (lineages, genes) share of a diploid cell's UMIs, rows sum to 1.
    loading
        (programmes, genes) natural log per unit of a cell's score.
    noise
        (genes,) SD of log-normal noise of each cell, natural log.
    carried
        (genes,) whether the amplicon holds the gene.
    """

    name: np.ndarray
    profile: np.ndarray
    loading: np.ndarray
    noise: np.ndarray
    carried: np.ndarray


@dataclass(frozen=True)
class Sample:
    """One sample: which cells there are and how they were read.

    Attributes
    ----------
    lineage
        (cells,) codes into :data:`LINEAGES`.
    clone
        (cells,) rows of ``effect`` for malignant cells, -1 for others.
    effect
        (clones, genes) natural log of expression over a diploid cell: copies of arms and of the
        amplicon, repression.
    amplified
        (clones,) whether the clone carries the amplification.
    umis
        Median UMIs of a malignant cell.
    ambient
        Mean ambient share of the UMIs.
    doublets
        Share of the droplets that hold a second cell.
    spread
        Coefficient of variation of the dose between amplified cells.
    batch
        (genes,) natural log that this sample adds to every cell.
    """

    lineage: np.ndarray
    clone: np.ndarray
    effect: np.ndarray
    amplified: np.ndarray
    umis: float
    ambient: float
    doublets: float
    spread: float
    batch: np.ndarray


@dataclass(frozen=True)
class Counted:
    """Counts and truth of one sample.

    Attributes
    ----------
    counts
        (cells, genes) raw UMIs, integers.
    doublet
        (cells,) whether the droplet holds a second cell.
    ambient_share
        (cells,) share of the expected UMIs that is ambient.
    ambient_profile
        (genes,) ambient RNA.
    dose_factor
        (cells,) dose of an amplified cell over its clone's.
    """

    counts: sparse.csr_matrix
    doublet: np.ndarray
    ambient_share: np.ndarray
    ambient_profile: np.ndarray
    dose_factor: np.ndarray


def count(rng: np.random.Generator, genes: Genes, sample: Sample) -> Counted:
    """Return the counts of one sample.

    Parameters
    ----------
    rng
        Generator of this sample alone.
    genes
        The patient's genes.
    sample
        Its cells.
    """
    cells = len(sample.lineage)
    second = rng.random(cells) < sample.doublets
    partner = rng.integers(0, cells, int(second.sum()))
    source = np.r_[np.arange(cells), partner]
    lineage, clone = sample.lineage[source], sample.clone[source]
    size = sample.umis * _DEPTH[lineage] * np.exp(rng.normal(0, _DEPTH_SD, len(source)))
    size[np.r_[second, np.ones(len(partner), dtype=bool)]] *= _DOUBLET_DEPTH
    shape = 1 / max(sample.spread, 1e-6) ** 2
    factor = rng.gamma(shape, 1 / shape, len(source))
    factor = np.where((clone >= 0) & sample.amplified[clone], factor, 1.0)
    scores = rng.standard_t(_SCORE_DF, (len(source), len(genes.loading)))
    share = sample.ambient * rng.gamma(_AMBIENT_SHAPE, 1 / _AMBIENT_SHAPE, len(source))
    share = np.minimum(share, 0.6)
    log_profile = _log_profiles(genes, sample)
    ambient = _soup(log_profile, lineage, clone, size)
    state = np.where(clone >= 0, len(LINEAGES) + clone, lineage)
    blocks = [
        _block(rng, genes, log_profile[state[rows]], scores[rows], factor[rows], size[rows],
               share[rows], ambient)
        for rows in (slice(a, a + _CHUNK) for a in range(0, len(source), _CHUNK))
    ]  # fmt: skip
    counts = sparse.vstack(blocks, format="csr")
    whole = counts[:cells]
    if len(partner):
        place = sparse.csr_matrix(
            (np.ones(len(partner), dtype=np.int32), (np.flatnonzero(second), range(len(partner)))),
            shape=(cells, len(partner)),
        )
        whole = (whole + place @ counts[cells:]).tocsr()
    return Counted(whole, second, share[:cells], ambient, factor[:cells])


def _log_profiles(genes: Genes, sample: Sample) -> np.ndarray:
    """Return (lineages + clones, genes) log expression, not scaled to 1."""
    log_profile = np.log(np.maximum(genes.profile, 1e-12)) + sample.batch
    clones = log_profile[MALIGNANT] + sample.effect
    return np.vstack([log_profile, clones]).astype(np.float32)


def _soup(
    log_profile: np.ndarray, lineage: np.ndarray, clone: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return (genes,) the mean of all cells of a sample by their UMIs."""
    state = np.where(clone >= 0, len(LINEAGES) + clone, lineage)
    weight = np.bincount(state, weights=size, minlength=len(log_profile))
    profile = np.exp(log_profile.astype(float))
    total = weight @ (profile / profile.sum(axis=1, keepdims=True))
    return total / total.sum()


_HIGHEST = np.float32(60.0)  # natural log of a gene's mean before it is scaled


def _block(
    rng: np.random.Generator,
    genes: Genes,
    log_mean: np.ndarray,
    scores: np.ndarray,
    factor: np.ndarray,
    size: np.ndarray,
    share: np.ndarray,
    ambient: np.ndarray,
) -> sparse.csr_matrix:
    """Return the counts of some cells."""
    log_mean += scores.astype(np.float32) @ genes.loading.astype(np.float32)
    log_mean += rng.standard_normal(log_mean.shape, dtype=np.float32) * genes.noise.astype(
        np.float32
    )
    log_mean[:, genes.carried] += np.log(factor)[:, None].astype(np.float32)
    # A state far out would overflow; such a cell is one gene's either way.
    mean = np.exp(np.minimum(log_mean, _HIGHEST, out=log_mean), out=log_mean)
    mean *= ((1 - share) * size / mean.sum(axis=1)).astype(np.float32)[:, None]
    mean += (share * size).astype(np.float32)[:, None] * ambient.astype(np.float32)
    return sparse.csr_matrix(rng.poisson(mean).astype(np.int32))
