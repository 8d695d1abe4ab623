"""One axis for the whole genome: chromosomes end to end, so that one search finds a segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from her2omics.genome import Genome, load

#: The build of all simulated files.
BUILD = "GRCh38"
#: Chromosomes of simulated genomes: those of women.
CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X")
#: Chromosomes whose short arm is not sequenced.
_ACROCENTRIC = ("13", "14", "15", "21", "22")


@dataclass(frozen=True)
class Axis:
    """Chromosomes end to end.

    Attributes
    ----------
    genome
        Build.
    starts
        (C,) where each chromosome starts on the axis, base pairs.
    lengths
        (C,) base pairs.
    """

    genome: Genome
    starts: np.ndarray
    lengths: np.ndarray

    @property
    def autosomes_end(self) -> int:
        """Where the autosomes end: base pairs of the autosomes."""
        return int(self.starts[CHROMOSOMES.index("X")])

    @property
    def end(self) -> int:
        """Where the axis ends."""
        return int(self.starts[-1] + self.lengths[-1])

    def at(self, chromosome: str, position: int) -> int:
        """Return a 0-based position of a chromosome on the axis."""
        return int(self.starts[CHROMOSOMES.index(chromosome)]) + int(position)

    def chromosome(self, place: np.ndarray) -> np.ndarray:
        """Return the index of the chromosome of places on the axis."""
        return np.searchsorted(self.starts, place, side="right") - 1

    @cached_property
    def arms(self) -> dict[str, tuple[int, int]]:
        """Arm (``17q``) -> start and end on the axis, autosomes only.

        Arms meet in the middle of the centromere; acrocentric chromosomes are one arm.
        """
        out = {}
        for name in CHROMOSOMES[:22]:
            ends = [self.at(name, place) for place in (0, self.middles[name], self.length(name))]
            if name in _ACROCENTRIC:
                out[name + "q"] = (ends[0], ends[2])
            else:
                out |= {name + "p": (ends[0], ends[1]), name + "q": (ends[1], ends[2])}
        return out

    @cached_property
    def middles(self) -> dict[str, int]:
        """Chromosome -> middle of its centromere, base pairs."""
        contigs = self.genome.contigs
        middle = (contigs["centromere_start"] + contigs["centromere_end"]) // 2
        return {name: int(middle[name]) for name in CHROMOSOMES}

    def length(self, chromosome: str) -> int:
        """Return the base pairs of a chromosome."""
        return int(self.lengths[CHROMOSOMES.index(chromosome)])


@cache
def axis() -> Axis:
    """Return the axis of the build of all simulated files."""
    genome = load(BUILD)
    lengths = genome.contigs.loc[list(CHROMOSOMES), "length"].to_numpy(dtype=np.int64)
    return Axis(genome, np.r_[0, np.cumsum(lengths)[:-1]], lengths)
