"""Pairs of single-cell samples with free parameters, for tests and benchmarks of the dosage model.

Only the genes of the amplicon are drawn one by one; all others are one lump, which is the size of
the cell. The laws are those of :mod:`her2omics.simulate.cells`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from her2omics.simulate import cells, rna
from her2omics.simulate.distributions import stream

#: Genes that are drawn; the amplicon may stop short of the last ones.
GENES = (
    "MIEN1", "GRB7", "STARD3", "PGAP3", "TCAP", "PNMT", "CDK12", "ORMDL3", "PSMD3", "MED24", "MED1",
    "ERBB2",
)  # fmt: skip
_DISTAL = ("ORMDL3", "PSMD3", "MED24", "MED1")
#: Natural log: levels of a patient (t4), of the tumour over its normal epithelium, of a sample and
#: of a clone [assume].
_PATIENT, _TUMOUR_COMMON, _TUMOUR, _BATCH, _CLONE = 0.3, 0.2, 0.2, 0.07, 0.08
_LOADING, _PROGRAMMES = 0.12, 3
_NOISE = (0.2, 0.55)  # range of a gene's log-normal noise
_RESPONSE_SD = 0.1  # of a gene's exponent of dose
#: Levels of other lineages relative to epithelium.
_ELSEWHERE = 0.6


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Parameters of a simulated pair; two values are of the baseline and of the follow-up.

    Attributes
    ----------
    dose
        Expression of the amplicon in amplified cells over its diploid level.
    share
        Amplified share of the malignant cells of the tumour.
    site_icc
        Between-site intraclass correlation: the piece's share is beta around the tumour's.
    malignant, normal_epithelium, other
        Cells of each sample.
    umis
        Median UMIs of a malignant cell.
    repression_log2
        Loss of ERBB2 output at follow-up.
    clones
        ``one`` (all cells in one clone), ``true`` (the amplified lineage is a clone of its own).
    reach
        Whether the amplicon holds the four genes farther out.
    """

    dose: tuple[float, float] = (10.0, 10.0)
    share: tuple[float, float] = (0.95, 0.95)
    site_icc: float = 0.0
    malignant: tuple[int, int] = (500, 500)
    normal_epithelium: int = 60
    other: int = 200
    umis: float = 3000.0
    repression_log2: float = 0.0
    clones: str = "one"
    ambient: float = 0.05
    doublets: float = 0.02
    spread: float = 0.35
    reach: bool = True


@dataclass(frozen=True)
class Drawn:
    """Counts of both samples with their truth.

    Attributes
    ----------
    counts
        (cells, 12) UMIs of :data:`GENES`.
    size
        (cells,) UMIs of all other genes.
    sample, clone
        (cells,) codes; clone -1 outside the tumour.
    lineage
        (cells,) codes into :data:`her2omics.simulate.cells.LINEAGES`.
    amplified
        (cells,) malignant cells of the amplified lineage.
    ambient_share
        (2,) mean of the samples.
    ambient_profile
        (2, 12).
    share_piece, share_cells
        (2,) amplified share of the piece, and among its malignant cells that were read.
    """

    counts: sparse.csr_matrix
    size: np.ndarray
    sample: np.ndarray
    clone: np.ndarray
    lineage: np.ndarray
    amplified: np.ndarray
    ambient_share: np.ndarray
    ambient_profile: np.ndarray
    share_piece: np.ndarray
    share_cells: np.ndarray


def draw(pair: Pair, *, seed: int) -> Drawn:
    """Return the counts of one pair."""
    rng = stream(seed, "cell pair")
    genes = _genes(rng, pair)
    response = np.where(genes.carried, 1 + rng.normal(0, _RESPONSE_SD, len(genes.name)), 0.0)
    clone_level = rng.normal(0, _CLONE, (2, len(genes.name))) * (genes.noise > 0.1)
    parts = []
    for time in range(2):
        sample, piece = _sample(rng, pair, genes, response, clone_level, time)
        parts.append((sample, cells.count(rng, genes, sample), piece))
    malignant = [sample.lineage == cells.MALIGNANT for sample, _, _ in parts]
    amplified = [sample.clone == 0 for sample, _, _ in parts]
    counts = sparse.vstack([read.counts for _, read, _ in parts], format="csr")
    clone = np.concatenate([sample.clone for sample, _, _ in parts])
    return Drawn(
        counts=counts[:, :-1],
        size=counts[:, -1].toarray().ravel().astype(float),
        sample=np.repeat([0, 1], [len(flag) for flag in malignant]),
        clone=np.minimum(clone, 0) if pair.clones == "one" else clone,
        lineage=np.concatenate([sample.lineage for sample, _, _ in parts]),
        amplified=np.concatenate(amplified),
        ambient_share=np.full(2, pair.ambient),
        ambient_profile=np.array([read.ambient_profile[:-1] for _, read, _ in parts]),
        share_piece=np.array([piece for _, _, piece in parts]),
        share_cells=np.array(
            [a.sum() / max(m.sum(), 1) for a, m in zip(amplified, malignant, strict=True)]
        ),
    )


def _genes(rng: np.random.Generator, pair: Pair) -> cells.Genes:
    level = rna.universe(2500).set_index("gene").loc[list(GENES), "level"].to_numpy()
    number = len(GENES)
    share = np.maximum(2.0**level - 0.5, 0.3) / 1e6 * np.exp(_PATIENT * rng.standard_t(4, number))
    tumour = np.exp(_TUMOUR_COMMON * rng.uniform(-1.7, 1.7) + _TUMOUR * rng.normal(size=number))
    rows = [share * _ELSEWHERE * np.exp(rng.normal(0, 0.5, number)) for _ in range(3)]
    rows += [share, share * tumour]
    profile = np.array([np.r_[row, 1 - row.sum()] for row in rows])
    loading = _LOADING * rng.standard_t(4, (_PROGRAMMES, number))
    noise = rng.uniform(*_NOISE, number)
    held = np.array([pair.reach or gene not in _DISTAL for gene in GENES])
    return cells.Genes(
        name=np.array([*GENES, "rest"]),
        profile=profile,
        loading=np.column_stack([loading, np.zeros(_PROGRAMMES)]),
        noise=np.r_[noise, 0.02],
        carried=np.r_[held, False],
    )


def _sample(
    rng: np.random.Generator,
    pair: Pair,
    genes: cells.Genes,
    response: np.ndarray,
    clone_level: np.ndarray,
    time: int,
) -> tuple[cells.Sample, float]:
    share = pair.share[time]
    if pair.site_icc > 0 and 0 < share < 1:
        size = 1 / pair.site_icc - 1
        share = rng.beta(share * size, (1 - share) * size)
    malignant = pair.malignant[time]
    carries = rng.random(malignant) < share
    others = rng.integers(0, cells.NORMAL_EPITHELIUM, pair.other)
    effect = clone_level.copy()
    effect[0] += response * np.log(pair.dose[time])
    effect[:, GENES.index("ERBB2")] -= time * pair.repression_log2 * np.log(2) * np.array([1, 0])
    normal = np.full(pair.normal_epithelium, cells.NORMAL_EPITHELIUM)
    lineage = np.r_[np.full(malignant, cells.MALIGNANT), normal, others]
    clone = np.full(len(lineage), -1)
    clone[:malignant] = np.where(carries, 0, 1)
    batch = np.r_[rng.normal(0, _BATCH, len(GENES)), 0.0]
    sample = cells.Sample(
        lineage=lineage,
        clone=clone,
        effect=effect,
        amplified=np.array([True, False]),
        umis=pair.umis,
        ambient=pair.ambient,
        doublets=pair.doublets,
        spread=pair.spread,
        batch=batch,
    )
    return sample, share
