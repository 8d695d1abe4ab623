"""What the capture of the mini exome looks at: targets, SNP sites, and how well each is caught."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from her2omics.simulate.amplicon import GENES as BLOCK_GENES
from her2omics.simulate.assay import NOISE, Bins, Design, Sites
from her2omics.simulate.coordinates import CHROMOSOMES
from her2omics.simulate.reads.mini_genome import mini_genome

_SEED = 381
_WIDTH = (240, 361)  # base pairs of a target
#: Base pairs from target to target: on 17 outside its genes, and on the other chromosomes.
_SPACING_17, _SPACING = 70_000, 17_000
#: A gene of 17 has a target per so many base pairs, and a least and a largest number of them.
_GENE_SPACING, _GENE_TARGETS = 3_000, (3, 14)
_MARGIN = 300  # base pairs kept free between targets
_SITES_PER_TARGET = 2
_FREQUENCY = (0.3, 0.7)  # of the alternative allele
_EFFICIENCY_SD = 0.3  # log, of the capture of a target


@dataclass(frozen=True)
class MiniExome:
    """The design of the mini exome.

    Attributes
    ----------
    design
        Bins (the targets) and SNP sites, as those of the other simulated designs, on the mini axis.
    efficiency
        (T,) depth of each target relative to the mean, the same in every library.
    """

    design: Design
    efficiency: np.ndarray


@cache
def mini_exome() -> MiniExome:
    """Return the design, the same in every cohort."""
    rng = np.random.default_rng(_SEED)
    where = mini_genome().where
    start = _starts(rng)
    width = rng.integers(*_WIDTH, len(start))
    free = start + width + _MARGIN < np.r_[start[1:], where.end]
    chromosome = where.chromosome(start)
    inside = start + width < (where.starts + where.lengths)[chromosome]
    start, width, chromosome = (x[free & inside] for x in (start, width, chromosome))
    count = len(start)
    sequence = mini_genome().sequence()
    gc = np.array(
        [np.isin(sequence[a:b], (1, 2)).mean() for a, b in zip(start, start + width, strict=True)]
    )
    ones = np.ones(count)
    bins = Bins(
        chromosome,
        start - where.starts[chromosome],
        start - where.starts[chromosome] + width,
        start,
        np.ones(count, dtype=bool),
        gc,
        ones,
        ones,
        ones,
        np.zeros((1, count), dtype=np.float32),
    )
    design = Design("mini_exome", "wes", bins, _sites(rng, start, width), NOISE["wes"])
    efficiency = np.exp(rng.normal(-(_EFFICIENCY_SD**2) / 2, _EFFICIENCY_SD, count))
    return MiniExome(design, efficiency)


def _starts(rng: np.random.Generator) -> np.ndarray:
    """Return where targets may start, sorted: genes of 17, and a loose grid elsewhere."""
    where = mini_genome().where
    parts = []
    for number, name in enumerate(CHROMOSOMES):
        spacing = _SPACING_17 if name == "17" else _SPACING
        grid = np.arange(spacing // 2, where.length(name) - spacing // 2, spacing)
        jitter = rng.integers(-spacing // 4, spacing // 4, len(grid))
        parts.append(where.starts[number] + grid + jitter)
    for gene, row in where.genome.genes.iterrows():
        length = int(row["end"] - row["start"])
        most = _GENE_TARGETS[1] if gene in BLOCK_GENES else _GENE_TARGETS[0]
        number = int(np.clip(length // _GENE_SPACING, _GENE_TARGETS[0], most))
        even = (np.arange(number) + rng.uniform(0.2, 0.5, number)) / number
        parts.append(where.at("17", int(row["start"])) + (even * length).astype(np.int64))
    return np.unique(np.concatenate(parts))


def _sites(rng: np.random.Generator, start: np.ndarray, width: np.ndarray) -> Sites:
    """Return SNP sites inside the targets."""
    where = mini_genome().where
    inside = rng.random((_SITES_PER_TARGET, len(start))) * width
    place = np.unique((start + inside).astype(np.int64))
    count = len(place)
    chromosome = where.chromosome(place)
    return Sites(
        chromosome,
        place - where.starts[chromosome] + 1,
        place,
        np.arange(count),
        rng.uniform(*_FREQUENCY, count),
        np.ones(count),
        np.zeros(count),
        np.ones(count, dtype=bool),
    )
