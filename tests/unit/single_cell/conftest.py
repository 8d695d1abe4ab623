"""Cells of a made-up patient: lineages, normal epithelium, clones with copies of whole arms."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import scipy.sparse as sp

from her2omics import genome
from her2omics.readers.cells import CellCounts
from her2omics.single_cell.lineage import MARKERS
from her2omics.single_cell.quality_control import AMBIENT_MARKERS

KINDS = ("immune", "stromal", "endothelial", "normal")
# Log2 ratios of arms in the two clones; the second descends from the first.
TRUNK = {"1q": 0.58, "8q": 0.58, "16q": -0.8, "8p": -0.8, "17q": 0.58, "5q": -0.8}
BRANCH = {**TRUNK, "11q": -0.8, "20q": 0.58, "3p": -0.8}
CLONES = {"trunk": TRUNK, "branch": BRANCH}
ERBB2_NEIGHBOURS = ("MIEN1", "GRB7", "STARD3", "PGAP3", "TCAP", "PNMT", "CDK12", "ORMDL3", "PSMD3")


@dataclass(frozen=True)
class Made:
    """Cells and what they are."""

    cells: CellCounts
    kind: np.ndarray
    rho: float
    amplified: np.ndarray = field(default_factory=lambda: np.empty(0))


def genes_used(number=4000):
    table = genome.gene_positions()
    needed = {gene for markers in MARKERS.values() for gene in markers} | {"ERBB2", "MED24", "MED1"}
    needed |= {*AMBIENT_MARKERS, *ERBB2_NEIGHBOURS, *table.index[table.chromosome == "MT"]}
    step = len(table) // number
    return table[table.index.isin(needed) | (np.arange(len(table)) % step == 0)]


def made_cells(
    sample,
    numbers,
    *,
    seed,
    umis=4000,
    rho=0.05,
    doublets=0,
    dose=1.0,
    biology=7,
    output=1.0,
    mitochondrial=0,
):
    """Return cells: ``numbers`` says how many of each kind (KINDS, trunk, branch) there are.

    ``biology`` seeds what the patient's samples share; ``dose`` multiplies the amplicon in tumour
    cells, ``output`` its ERBB2.
    """
    table = genes_used()
    own = np.random.default_rng(biology)
    base = own.lognormal(0, 1.4, len(table))
    arm = np.full(len(table), "", dtype=object)
    for _, row in genome.load("GRCh38").arms().iterrows():
        inside = (table.chromosome == row["chromosome"]) & (table.start >= row["start"])
        arm[(inside & (table.start < row["end"])).to_numpy()] = row["arm"]
    profile = {}
    for kind in KINDS:
        profile[kind] = base * own.lognormal(0, 0.5, len(table))
    for kind in KINDS:
        for lineage, markers in MARKERS.items():
            is_own = lineage == ("epithelial" if kind == "normal" else kind)
            place = table.index.isin(markers)
            profile[kind][place] = own.lognormal(1.5, 0.6, place.sum()) * (5 if is_own else 0.0)
        profile[kind][(table.chromosome == "MT").to_numpy()] = 0.05 * base.sum() / 13
        for gene in (*ERBB2_NEIGHBOURS, "ERBB2", "MED24", "MED1"):
            profile[kind][table.index == gene] = 1.0 if kind == "normal" else 0.3
    state = own.lognormal(0, 0.35, len(table))
    for name, arms in CLONES.items():
        copies = np.array([2.0 ** arms.get(a, 0.0) for a in arm])
        profile[name] = profile["normal"] * state * copies
        amplicon = table.index.isin([*ERBB2_NEIGHBOURS, "ERBB2"])
        profile[name][amplicon] = dose
        profile[name][table.index == "ERBB2"] *= output
    rng = np.random.default_rng(seed)
    kind = np.repeat(list(numbers), list(numbers.values())).astype(object)
    size = umis * np.exp(rng.normal(0, 0.35, len(kind)))
    size *= np.where(np.isin(kind, ("immune", "stromal", "endothelial")), 0.6, 1.0)
    mean = np.stack([profile[k] / profile[k].sum() for k in kind]) * size[:, None]
    soup = mean.sum(0) / mean.sum()
    mean = (1 - rho) * mean + rho * size[:, None] * soup
    mean *= rng.gamma(5, 1 / 5, mean.shape)
    counts = rng.poisson(mean).astype(np.float32)
    if doublets:
        first = np.flatnonzero(kind == "trunk")[:doublets]
        other = np.flatnonzero(kind == "immune")[:doublets]
        counts[first] += counts[other]
        kind[first] = "doublet"
    if mitochondrial:
        dying = np.flatnonzero(kind == "trunk")[-mitochondrial:]
        counts[np.ix_(dying, np.flatnonzero(table.chromosome == "MT"))] *= 12
        kind[dying] = "dying"
    cells = CellCounts(
        sample=sample,
        counts=sp.csr_matrix(counts),
        barcodes=np.array([f"BC{i:05d}" for i in rng.permutation(len(kind))], dtype=object),
        genes=table.index.to_numpy(dtype=object),
        annotation=None,
        ambient=None,
        source="X",
        file=f"{sample}.h5ad",
    )
    return Made(cells, kind, rho)


@pytest.fixture(scope="session")
def make():
    """Return the function that makes cells (:func:`made_cells`)."""
    return made_cells


@pytest.fixture(scope="session")
def biopsy():
    """One sample with all lineages, some doublets and dying cells."""
    numbers = {"immune": 150, "stromal": 80, "endothelial": 40, "normal": 60}
    numbers |= {"trunk": 200, "branch": 150}
    return made_cells("P1_B", numbers, seed=1, doublets=12, mitochondrial=8)
