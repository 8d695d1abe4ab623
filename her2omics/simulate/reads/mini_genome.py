"""The mini genome: all chromosomes of GRCh38 shortened, the 17q12 block at its true scale.

A genome of 25 Mb is aligned to in seconds. Chromosomes keep their order, arms and the order of
their genes, so that a tumour's events are those of the latent case; the block from MED1 to TOP2A
keeps its base pairs, so that amplicons, genes and their distances are those of patients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.genome import Genome
from her2omics.simulate import coordinates
from her2omics.simulate.coordinates import CHROMOSOMES, Axis
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tumour_genome import SampleGenome

#: Base pairs of GRCh38 for one of the mini genome: chromosomes other than 17; on 17 the short arm,
#: the centromere, the long arm before the 17q12 block, the block, and the rest.
_SHORTER = 250
_SHORTER_17 = (10, 20, 5, 1, 10)
#: The block reaches this far beyond its outermost genes, base pairs.
_BLOCK_MARGIN = 20_000
_BLOCK = ("MED1", "TOP2A")
_GC = 0.41  # of random sequence; the human genome has .41
_SEED = 1717


@dataclass(frozen=True)
class MiniGenome:
    """The mini genome.

    Attributes
    ----------
    where
        Its axis, with its contigs and genes.
    knots, mini_knots
        Places on the axis of GRCh38 and on that of the mini genome that lie at the same place;
        between them the map is a line.
    """

    where: Axis
    knots: np.ndarray
    mini_knots: np.ndarray

    def place(self, place: np.ndarray) -> np.ndarray:
        """Return the places of the mini axis that belong to places of the axis of GRCh38."""
        return np.interp(place, self.knots, self.mini_knots).astype(np.int64)

    def on_17(self, position: int) -> int:
        """Return the position on chromosome 17 of a position on that of GRCh38."""
        place = self.place(np.array([coordinates.axis().at("17", position)]))
        return int(place[0] - self.where.at("17", 0))

    def patient(self, patient: Patient) -> Patient:
        """Return the patient with its tumours' genomes on the mini genome."""
        tumours = [self._tumour(tumour) for tumour in patient.tumours]
        return replace(patient, tumours=tumours, where=self.where)

    def _tumour(self, tumour: Tumour) -> Tumour:
        genome, biopsy = tumour.genome, tumour.biopsy
        if biopsy.amplicon:
            start, end = (self.on_17(edge) for edge in biopsy.amplicon)
            biopsy = replace(biopsy, amplicon=(start, end))
        edges = self.place(genome.edges)
        longer = np.r_[np.diff(edges) > 0, True]
        small = SampleGenome(edges[longer], genome.copies[..., longer[:-1]], genome.base, biopsy)
        return replace(tumour, genome=small)

    def sequence(self) -> np.ndarray:
        """Return the reference as codes 0 to 3 (A, C, G, T) along the axis, the same every time."""
        rng = np.random.default_rng(_SEED)
        chance = rng.random(self.where.end, dtype=np.float32)
        at, gc = (1 - _GC) / 2, _GC / 2
        return np.searchsorted(np.cumsum([at, gc, gc]), chance).astype(np.uint8)


@cache
def mini_genome() -> MiniGenome:
    """Return the mini genome."""
    full = coordinates.axis()
    genes = full.genome.genes
    contigs = full.genome.contigs.loc[list(CHROMOSOMES)]
    knots, mini, lengths, rows = [], [], [], []
    begin = 0
    for name, contig in contigs.iterrows():
        ends = [int(contig[c]) for c in ("centromere_start", "centromere_end", "length")]
        shorter = (_SHORTER,) * 3
        if name == "17":
            block = [
                int(genes.at[_BLOCK[0], "start"]) - _BLOCK_MARGIN,
                int(genes.at[_BLOCK[1], "end"]) + _BLOCK_MARGIN,
            ]
            ends, shorter = [*ends[:2], *block, ends[2]], _SHORTER_17
        size = np.diff([0, *ends]) // shorter
        small = np.r_[0, np.cumsum(size)]
        knots += [full.at(name, place) for place in (0, *ends[:-1])]
        mini += (begin + small[:-1]).tolist()
        rows.append((name, int(small[-1]), int(small[1]), int(small[2])))
        lengths.append(int(small[-1]))
        begin += int(small[-1])
    knots, mini = np.array([*knots, full.end]), np.array([*mini, begin])
    columns = ["chromosome", "length", "centromere_start", "centromere_end"]
    table = pd.DataFrame(rows, columns=columns).set_index("chromosome")
    seventeen = int(np.cumsum([0, *lengths])[CHROMOSOMES.index("17")])

    def moved(column: str) -> np.ndarray:
        place = genes[column].to_numpy() + full.at("17", 0)
        return np.interp(place, knots, mini).astype(np.int64) - seventeen

    small_genes = genes.assign(start=moved("start"), end=moved("end"))
    genome = Genome("custom", table, small_genes)
    starts = np.cumsum([0, *lengths[:-1]]).astype(np.int64)
    return MiniGenome(Axis(genome, starts, np.array(lengths, dtype=np.int64)), knots, mini)


def write_tables(folder: Path) -> None:
    """Write ``contigs.tsv`` and ``chr17_genes.tsv`` of the mini genome, as a custom build."""
    genome = mini_genome().where.genome
    for name, frame in (
        ("contigs.tsv", genome.contigs.reset_index()),
        ("chr17_genes.tsv", genome.genes.drop(columns="chromosome").reset_index()),
    ):
        text = frame.to_csv(sep="\t", index=False, lineterminator="\n")
        declared.write_text(text, folder / name)
