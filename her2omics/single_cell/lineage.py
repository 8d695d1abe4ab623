"""Which lineage each cell is of, by its marker genes, and which drops hold cells of two.

Marker sums name the clear cells; these give the profile of each lineage over all markers, soup
included, and how much each marker varies between cells of one lineage. Every cell is compared with
the profiles, alone and in pairs (a doublet). Profiles are made once: from cells that profiles named
they would drift, a small lineage towards whatever cells are unlike their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from her2omics.thresholds import limits

#: Markers that hold across breast tissue and most other sites of metastases.
MARKERS = {
    "epithelial": (
        "EPCAM", "KRT8", "KRT18", "KRT19", "KRT7", "CDH1", "CLDN3", "CLDN4", "CLDN7", "ELF3",
        "SPINT1", "SPINT2", "TACSTD2", "RAB25", "KRT5", "KRT14", "KRT15", "KRT17",
    ),
    "immune": (
        "PTPRC", "CD3D", "CD3E", "CD2", "CD7", "CD79A", "MS4A1", "CD68", "CD14", "TYROBP", "FCER1G",
        "LYZ", "CD53", "LAPTM5", "CORO1A", "CD52", "NKG7", "MZB1", "JCHAIN", "DERL3", "TPSAB1",
        "CPA3", "SRGN",
    ),
    "stromal": (
        "COL1A1", "COL1A2", "COL3A1", "COL6A1", "COL6A2", "COL6A3", "DCN", "LUM", "PDGFRA",
        "PDGFRB", "FAP", "FBLN1", "NOTCH3", "RGS5", "BGN",
    ),
    "endothelial": (
        "PECAM1", "VWF", "CDH5", "CLDN5", "PLVAP", "EGFL7", "RAMP2", "ESAM", "TIE1", "EMCN",
    ),
}  # fmt: skip
LINEAGES = tuple(MARKERS)
UNKNOWN = "unknown"
_PER = 1e4
# Molecules of its own markers in a cell that helps to make a lineage's profile.
_LEAST_MOLECULES = 3
# What one gene may say: a marker that one cell happens to make much of is not a second lineage.
_GENE_LIMIT = 3.0
# A marker is never quite absent.
_LEAST_RATE = 1e-6
#: Overdispersion of a marker within a lineage: what it is like before any cell is seen (median of
#: epithelial markers in 228 tumour cells of one breast cancer: .5, `tests/real`), worth so many
#: cells; its range [assume].
_DISPERSION, _DISPERSION_CELLS, _DISPERSION_RANGE = 0.5, 50.0, (0.1, 5.0)


@dataclass(frozen=True)
class Lineages:
    """Lineage of each cell.

    Attributes
    ----------
    lineage
        (cells,) one of :data:`LINEAGES` or :data:`UNKNOWN`.
    probability
        (cells, lineages) of each lineage, doublets and unknown cells by their nearest.
    doublet
        (cells,) whether the markers are those of two lineages.
    """

    lineage: np.ndarray
    probability: np.ndarray
    doublet: np.ndarray


def assign(counts: sp.csr_matrix, *, genes: np.ndarray, umis: np.ndarray) -> Lineages:
    """Return the lineage of every cell of one patient.

    Parameters
    ----------
    counts
        (cells, genes) raw counts.
    genes
        (genes,) symbols.
    umis
        (cells,) molecules per cell.

    Notes
    -----
    Negative binomial likelihood of the marker counts under the mean profile of each lineage, one
    gene's part held within 3 nats; a cell is `unknown` where its best lineage has a probability
    below ``lineage_probability``. A doublet lies between two profiles by their molecules and must
    beat each of the two by ``doublet_log_lr``.
    """
    y, owner = marker_counts(counts, genes)
    size = np.maximum(umis, 1.0)
    score = np.column_stack(
        [
            np.log1p(_PER * y[:, owner == g] / size[:, None]).sum(1) / max((owner == g).sum(), 1)
            for g in range(len(LINEAGES))
        ]
    )
    code = score.argmax(1)
    own = np.column_stack([y[:, owner == g].sum(1) for g in range(len(LINEAGES))])
    clear = _clear(score) & (own[np.arange(len(code)), code] >= _LEAST_MOLECULES)
    present = [g for g in range(len(LINEAGES)) if (clear & (code == g)).any()]
    probability = np.zeros((len(size), len(LINEAGES)))
    if not present:
        return Lineages(np.full(len(size), UNKNOWN, object), probability, np.zeros(len(size), bool))
    rates = np.stack([_rate(y, size, owner, clear & (code == g), g) for g in present])
    own_rate = rates[np.searchsorted(present, code[clear])]
    dispersion = _dispersions(y[clear], size[clear], own_rate)
    fit = _log_likelihoods(y, size, rates, dispersion)
    weight = np.exp(fit - fit.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    code = np.array(present)[weight.argmax(1)]
    probability[:, present] = weight
    sure = (weight.max(1) >= limits().lineage_probability) & (y.sum(1) > 0)
    names = np.array([*LINEAGES, UNKNOWN], dtype=object)[np.where(sure, code, len(LINEAGES))]
    return Lineages(names, probability, _doublets(y, size, rates, dispersion, code, present))


def marker_counts(counts: sp.csr_matrix, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the dense counts (cells, markers) of the markers that are there, and whose each is."""
    place = {gene: index for index, gene in enumerate(genes)}
    found = [
        (place[gene], code)
        for code, markers in enumerate(MARKERS.values())
        for gene in markers
        if gene in place
    ]
    columns = np.array([index for index, _ in found], dtype=int)
    owner = np.array([code for _, code in found], dtype=int)
    pick = sp.csr_matrix(
        (np.ones(len(columns), np.float32), (columns, np.arange(len(columns)))),
        shape=(counts.shape[1], len(columns)),
    )
    return (counts @ pick).toarray().astype(float), owner


def _clear(score: np.ndarray) -> np.ndarray:
    """Return which cells' best marker sum is twice the second."""
    ordered = np.sort(score, axis=1)
    return ordered[:, -1] >= 2.0 * ordered[:, -2]


def _rate(
    y: np.ndarray, size: np.ndarray, owner: np.ndarray, cells: np.ndarray, code: int
) -> np.ndarray:
    """Return (markers,) molecules of each marker per molecule in a lineage's clear cells.

    A few cells are no profile: the lineage's own markers are taken at their mean over all of them,
    and one molecule in all is added per marker.
    """
    total = size[cells].sum()
    everywhere = y.sum(0) / size.sum()
    prior = np.where(owner == code, everywhere.max(initial=0.0), everywhere)
    strength = size.mean()
    return np.maximum((y[cells].sum(0) + prior * strength) / (total + strength), _LEAST_RATE)


def _dispersions(y: np.ndarray, size: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return (markers,) overdispersion by moments: variance = mean + overdispersion x mean^2."""
    mean = size[:, None] * rate
    square = mean**2
    prior = _DISPERSION_CELLS * square.mean(0)
    found = (((y - mean) ** 2 - mean).sum(0) + _DISPERSION * prior) / (square.sum(0) + prior)
    return np.clip(found, *_DISPERSION_RANGE)


def _log_likelihoods(
    y: np.ndarray, size: np.ndarray, rates: np.ndarray, dispersion: np.ndarray
) -> np.ndarray:
    """Return (cells, lineages) log likelihood over that of the mean profile."""
    mean = rates.mean(0)
    shape, scaled = 1 / dispersion, size[:, None] * dispersion
    log_mean = np.log1p(scaled * mean)
    found = np.empty((len(y), len(rates)))
    for g, rate in enumerate(rates):
        part = y * np.log(rate / mean) - (y + shape) * (np.log1p(scaled * rate) - log_mean)
        found[:, g] = np.clip(part, -_GENE_LIMIT, _GENE_LIMIT).sum(1)
    return found


def _doublets(
    y: np.ndarray,
    size: np.ndarray,
    rates: np.ndarray,
    dispersion: np.ndarray,
    code: np.ndarray,
    present: list[int],
) -> np.ndarray:
    """Return which drops hold cells of two lineages."""
    if len(present) < 2:
        return np.zeros(len(size), dtype=bool)
    position = np.searchsorted(present, code)
    depth = np.array(
        [np.median(size[code == g]) if (code == g).any() else np.median(size) for g in present]
    )
    best = np.full(len(size), -np.inf)
    for a, b in combinations(range(len(present)), 2):
        mixed = (depth[a] * rates[a] + depth[b] * rates[b]) / (depth[a] + depth[b])
        concerned = (position == a) | (position == b)
        profiles = np.vstack([mixed, rates])
        gain = _log_likelihoods(y[concerned], size[concerned], profiles, dispersion)
        own = np.maximum(gain[:, 1 + a], gain[:, 1 + b])
        best[concerned] = np.maximum(best[concerned], gain[:, 0] - own)
    return best > limits().doublet_log_lr
