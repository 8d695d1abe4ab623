"""The mini transcriptome: one transcript per gene, exons on the mini genome, and RNA molecules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.simulate import rna
from her2omics.simulate.coordinates import CHROMOSOMES
from her2omics.simulate.reads.mini_genome import mini_genome
from her2omics.simulate.reads.molecules import Molecules

GENES = rna.GENE_RANGE[0]
_EXONS, _EXON, _INTRON = 3, 500, 700  # of genes elsewhere than on 17
_EXONS_17, _EXON_17 = 5, 300
_SHORT_GENE, _SHORT_EXON = 6_000, 1_500  # a shorter gene of 17 has one exon of at most this
_LENGTH, _LENGTH_SD, _SHORTEST = 180.0, 30.0, 60  # of RNA molecules, base pairs


@dataclass(frozen=True)
class Transcriptome:
    """Transcripts, G rows.

    Attributes
    ----------
    genes
        ``gene``, ``chromosome``, ``exons`` (list of (start, end) on the chromosome, 0-based and
        half-open), ``length``.
    sequence
        All transcripts end to end, codes of bases.
    starts
        (G,) where each begins in it.
    """

    genes: pd.DataFrame
    sequence: np.ndarray
    starts: np.ndarray


def transcriptome(reference: np.ndarray) -> Transcriptome:
    """Return the transcripts of a reference along the mini axis."""
    where = mini_genome().where
    on_17 = where.genome.genes
    names = rna.universe(GENES)["gene"].tolist()
    elsewhere = iter(_free_places(len(names)))
    rows, parts = [], []
    for gene in names:
        if gene in on_17.index:
            chromosome = "17"
            exons = _exons_17(int(on_17.at[gene, "start"]), int(on_17.at[gene, "end"]))
        else:
            chromosome, start = next(elsewhere)
            step = _EXON + _INTRON
            exons = [(start + k * step, start + k * step + _EXON) for k in range(_EXONS)]
        begin = where.at(chromosome, 0)
        parts += [reference[begin + a : begin + b] for a, b in exons]
        rows.append((gene, chromosome, exons, sum(b - a for a, b in exons)))
    genes = pd.DataFrame(rows, columns=["gene", "chromosome", "exons", "length"])
    length = genes["length"].to_numpy()
    return Transcriptome(genes, np.concatenate(parts), np.cumsum(length) - length)


def _exons_17(start: int, end: int) -> list[tuple[int, int]]:
    if end - start < _SHORT_GENE:
        return [(start, min(end, start + _SHORT_EXON))]
    places = start + np.arange(_EXONS_17) * (end - start - _EXON_17) // (_EXONS_17 - 1)
    return [(int(place), int(place) + _EXON_17) for place in places]


def _free_places(count: int) -> list[tuple[str, int]]:
    """Return places of genes, evenly over the chromosomes other than 17."""
    where = mini_genome().where
    names = [name for name in CHROMOSOMES if name != "17"]
    room = np.array([where.length(name) for name in names])
    ends = np.cumsum(room)
    even = ((np.arange(count) + 0.5) / count * ends[-1]).astype(np.int64)
    which = np.searchsorted(ends, even, side="right")
    longest = _EXONS * (_EXON + _INTRON)
    start = np.clip(even - (ends - room)[which], 0, room[which] - longest)
    return [(names[k], int(place)) for k, place in zip(which, start, strict=True)]


def gtf(found: Transcriptome) -> str:
    """Return the transcripts as GTF."""
    lines = []
    for gene, chromosome, exons, _ in found.genes.itertuples(index=False):
        names = f'gene_id "{gene}"; gene_name "{gene}";'
        own = f'{names} transcript_id "{gene}-201";'
        span = (exons[0][0], exons[-1][1])
        spans = [("gene", span, names), ("transcript", span, own)]
        spans += [("exon", exon, own) for exon in exons]
        lines += [
            f"chr{chromosome}\tmini\t{kind}\t{start + 1}\t{end}\t.\t+\t.\t{words}"
            for kind, (start, end), words in spans
        ]
    return "\n".join([*lines, ""])


def reads_per_gene(rng: np.random.Generator, counts: np.ndarray, pairs: int) -> np.ndarray:
    """Return how many of a library's read pairs come from each gene, in proportion to counts."""
    return rng.multinomial(pairs, counts / counts.sum())


def molecules(rng: np.random.Generator, found: Transcriptome, per_gene: np.ndarray) -> Molecules:
    """Return RNA molecules; read 1 is antisense (dUTP libraries)."""
    gene = np.repeat(np.arange(len(per_gene)), per_gene)
    drawn = np.round(rng.normal(_LENGTH, _LENGTH_SD, len(gene)))
    whole = found.genes["length"].to_numpy()[gene]
    length = np.clip(drawn, _SHORTEST, whole).astype(np.int64)
    start = found.starts[gene] + (rng.random(len(gene)) * (whole - length + 1)).astype(np.int64)
    none = np.full(len(gene), -1, dtype=np.int64)
    nothing = np.arange(0)
    antisense = np.zeros(len(gene), dtype=bool)
    return Molecules(start, length, none, none, antisense, nothing, nothing, nothing)
