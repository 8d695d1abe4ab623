"""DNA molecules of one library: where they lie, which alleles they carry, what damaged them.

Every molecule comes from one cell, one haplotype and one strand. Its start, alleles and damage are
those of all reads made from it: of both mates, and of its duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2omics.simulate.dna_mutations import Mutations
from her2omics.simulate.dna_snps import haplotypes_at, mean_dna
from her2omics.simulate.reads.design import mini_exome
from her2omics.simulate.reads.mini_genome import mini_genome
from her2omics.simulate.tumour_genome import AMPLIFIED, SampleGenome

_C, _G, _T, _A = 1, 2, 3, 0
_OFF_TARGET = 0.08  # share of the molecules that lie anywhere in the genome
_BIN_NOISE = 0.06  # log, of a target's depth in one library beyond the design's own
_GC_SLOPE_SD = 0.06  # log per SD of GC, between libraries
_SHORTEST = 60  # base pairs
_JUNCTION = 0.1  # capture of the junction of two copies of the amplicon, relative to a target's


@dataclass(frozen=True)
class Chemistry:
    """How a library was made.

    Attributes
    ----------
    depth
        Mean depth of the targets, molecules.
    length, length_sd
        Of the molecules, base pairs.
    damage
        Share of cytosines deaminated at random (formalin); read as C>T of the damaged strand.
    duplicates
        Share of the read pairs that are copies of another one's molecule.
    """

    depth: float
    length: float
    length_sd: float
    damage: float
    duplicates: float


@dataclass(frozen=True)
class Molecules:
    """N molecules.

    Attributes
    ----------
    start, length
        Place of the leftmost base on the axis; base pairs.
    wrap_at, wrap_to
        A molecule over the junction of two copies of the amplicon goes on at ``wrap_to`` in place
        of ``wrap_at``; -1 for all others.
    top
        Whether the top strand was sequenced: read 1 then lies on the forward strand.
    change_of, change_at, change_to
        (E,) bases that differ from the reference: molecule (ascending), offset in it, base.
    """

    start: np.ndarray
    length: np.ndarray
    wrap_at: np.ndarray
    wrap_to: np.ndarray
    top: np.ndarray
    change_of: np.ndarray
    change_at: np.ndarray
    change_to: np.ndarray


@dataclass(frozen=True)
class Person:
    """What the reads of one person's samples differ by from the reference.

    Attributes
    ----------
    genotype
        (2, S) alternative alleles on both haplotypes at the SNP sites of the design.
    snp_alt
        (S,) alternative base.
    mutations
        Of the person's tumours.
    mutation_alt
        (M,) alternative base.
    """

    genotype: np.ndarray
    snp_alt: np.ndarray
    mutations: Mutations
    mutation_alt: np.ndarray


def draw(
    rng: np.random.Generator,
    person: Person,
    sample: int | None,
    genome: SampleGenome | None,
    chemistry: Chemistry,
    reference: np.ndarray,
) -> Molecules:
    """Draw the molecules of one library.

    Parameters
    ----------
    rng
        Generator of this library.
    person
        Whom the sample belongs to.
    sample
        Row of the tumour sample in the mutations; None for normal tissue.
    genome
        The tumour on the mini axis; None for normal tissue.
    chemistry
        Depth, lengths, damage.
    reference
        Bases along the axis.
    """
    start, length, wrap_at, wrap_to = _over_junctions(
        rng, genome, chemistry, *_places(rng, genome, chemistry)
    )
    middle = start + length // 2
    copies = haplotypes_at(genome, middle)
    haplotype = (rng.random(len(start)) * copies.sum(axis=0) >= copies[0]).astype(np.int8)
    top = rng.random(len(start)) < 0.5
    order = np.argsort(start, kind="stable")
    start, length, haplotype, top = (x[order] for x in (start, length, haplotype, top))
    wrap_at, wrap_to = wrap_at[order], wrap_to[order]
    changes = [
        _snps(person, start, length, haplotype),
        _mutations(rng, person.mutations, person.mutation_alt, sample, genome, start, length,
                   haplotype, top),
        _damage(rng, chemistry.damage, start, length, top, reference),
    ]  # fmt: skip
    of, at, to = (np.concatenate([part[k] for part in changes]) for k in range(3))
    beyond = (wrap_at[of] >= 0) & (start[of] + at >= wrap_at[of])
    of, at, to = of[~beyond], at[~beyond], to[~beyond]
    by_molecule = np.argsort(of, kind="stable")
    return Molecules(
        start, length, wrap_at, wrap_to, top, of[by_molecule], at[by_molecule], to[by_molecule]
    )


def _places(
    rng: np.random.Generator, genome: SampleGenome | None, chemistry: Chemistry
) -> tuple[np.ndarray, np.ndarray]:
    """Return start and length of molecules: of molecules caught by targets, and of strays."""
    exome, where = mini_exome(), mini_genome().where
    bins = exome.design.bins
    width = bins.end - bins.start
    relative = haplotypes_at(genome, bins.place + width // 2).sum(axis=0) / mean_dna(genome)
    z = (bins.gc - bins.gc.mean()) / bins.gc.std()
    own = rng.normal(0, _GC_SLOPE_SD) * z + rng.normal(0, _BIN_NOISE, len(width))
    reach = (width + chemistry.length) / chemistry.length
    mean = chemistry.depth * relative * exome.efficiency * np.exp(own) * reach
    target = np.repeat(np.arange(len(width)), rng.poisson(mean))
    length = _lengths(rng, len(target), chemistry)
    room = width[target] + length - 1
    start = bins.place[target] - length + 1 + (rng.random(len(target)) * room).astype(np.int64)

    strays = rng.poisson(_OFF_TARGET / (1 - _OFF_TARGET) * len(target))
    if genome is None:
        place = rng.random(strays) * where.end
    else:
        total = np.r_[0.0, np.cumsum(genome.dna() * np.diff(genome.edges))]
        place = np.interp(rng.random(strays) * total[-1], total, genome.edges)
    start = np.r_[start, place.astype(np.int64)]
    length = np.r_[length, _lengths(rng, strays, chemistry)]
    chromosome = where.chromosome(np.maximum(start, 0))
    begin, end = where.starts[chromosome], (where.starts + where.lengths)[chromosome]
    inside = (start >= begin) & (start + length <= end)
    return start[inside], length[inside]


def _lengths(rng: np.random.Generator, count: int, chemistry: Chemistry) -> np.ndarray:
    drawn = np.round(rng.normal(chemistry.length, chemistry.length_sd, count))
    return np.clip(drawn, _SHORTEST, chemistry.length + 4 * chemistry.length_sd).astype(np.int64)


def _over_junctions(
    rng: np.random.Generator,
    genome: SampleGenome | None,
    chemistry: Chemistry,
    start: np.ndarray,
    length: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return all molecules, and where those over a junction leave the amplicon and go on.

    The copies lie head to tail: of those that a molecule at the right edge may come from, one goes
    on outside, as many as were gained go on at the left edge. No target lies over the junction:
    the probes of the genes beside it catch some of its molecules.
    """
    at = np.full(len(start), -1, dtype=np.int64)
    to = at.copy()
    if genome is None or genome.biopsy.amplicon is None:
        return start, length, at, to
    left, right = (mini_genome().where.at("17", edge) for edge in genome.biopsy.amplicon)
    inside, outside = genome.segment_of(np.array([right - 1, right]))
    lineage = genome.copies[AMPLIFIED].sum(axis=0)
    gained = genome.biopsy.purity * genome.biopsy.f * (lineage[inside] - lineage[outside])
    gained = max(gained, 0.0)
    over = np.flatnonzero((start >= left) & (start < right) & (start + length > right))
    over = over[rng.random(len(over)) < gained / genome.dna()[inside]]
    at[over], to[over] = right, left
    caught = rng.poisson(_JUNCTION * chemistry.depth * gained / mean_dna(genome))
    more = _lengths(rng, caught, chemistry)
    begin = right - 1 - (rng.random(caught) * (more - 1)).astype(np.int64)
    return (
        np.r_[start, begin],
        np.r_[length, more],
        np.r_[at, np.full(caught, right)],
        np.r_[to, np.full(caught, left)],
    )


def _covered(
    start: np.ndarray, length: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs (molecule, row of ``place``) where the molecule covers the place.

    ``place`` is ascending.
    """
    low, high = np.searchsorted(place, start), np.searchsorted(place, start + length)
    count = high - low
    molecule = np.repeat(np.arange(len(start)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    return molecule, np.repeat(low, count) + np.arange(len(molecule)) - first


Changes = tuple[np.ndarray, np.ndarray, np.ndarray]


def _snps(person: Person, start: np.ndarray, length: np.ndarray, haplotype: np.ndarray) -> Changes:
    place = mini_exome().design.sites.place
    molecule, site = _covered(start, length, place)
    other = person.genotype[haplotype[molecule], site] == 1
    molecule, site = molecule[other], site[other]
    return molecule, place[site] - start[molecule], person.snp_alt[site]


def _mutations(
    rng: np.random.Generator,
    mutations: Mutations,
    alt: np.ndarray,
    sample: int | None,
    genome: SampleGenome | None,
    start: np.ndarray,
    length: np.ndarray,
    haplotype: np.ndarray,
    top: np.ndarray,
) -> Changes:
    """Return the mutated bases of molecules.

    One number per molecule says how early its cell left the trunk, so that mutations close by are
    on the same molecules. Artefacts of formalin are on the damaged strand alone.
    """
    rank = rng.random(len(start))
    place = mutations.place
    copies = haplotypes_at(genome, place)
    own = copies[mutations.haplotype, np.arange(len(place))]
    germline = (mutations.table["clone"] == "germline").to_numpy()
    share = np.where(germline, 0.5, 0.0) if sample is None else mutations.share[sample]
    artefact = (mutations.table["clone"] == "artefact").to_numpy()
    of_haplotype = np.clip(share * copies.sum(axis=0) / np.maximum(own, 1e-9), 0, 1)
    of_strand = np.clip(2 * share, 0, 1)
    damaged_top = (mutations.table["ref"] == "C").to_numpy()
    molecule, row = _covered(start, length, place)
    on_haplotype = haplotype[molecule] == mutations.haplotype[row]
    on_strand = top[molecule] == damaged_top[row]
    chance = np.where(artefact[row], on_strand * of_strand[row], on_haplotype * of_haplotype[row])
    mutated = rank[molecule] < chance
    molecule, row = molecule[mutated], row[mutated]
    return molecule, place[row] - start[molecule], alt[row]


def _damage(
    rng: np.random.Generator,
    rate: float,
    start: np.ndarray,
    length: np.ndarray,
    top: np.ndarray,
    reference: np.ndarray,
) -> Changes:
    """Return cytosines of the sequenced strand read as thymine."""
    ends = np.cumsum(length)
    hit = np.unique(rng.integers(0, ends[-1], rng.poisson(rate * ends[-1])))
    molecule = np.searchsorted(ends, hit, side="right")
    offset = hit - (ends - length)[molecule]
    base = reference[start[molecule] + offset]
    damaged = base == np.where(top[molecule], _C, _G)
    molecule, offset = molecule[damaged], offset[damaged]
    return molecule, offset, np.where(top[molecule], _T, _A)
