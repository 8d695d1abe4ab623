"""Somatic mutations of a patient: where they lie, on how many copies, and their reads.

A mutation sits on one parental haplotype of one segment. An early one is on all copies of it, a
late one on a single copy; both follow what later happens to the haplotype in each lineage. What is
special on the amplicon: :mod:`her2omics.simulate.amplicon_mutations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.simulate import amplicon_mutations, assay, clusters
from her2omics.simulate.amplicon_mutations import OnAmplicon
from her2omics.simulate.assay import Design
from her2omics.simulate.coordinates import CHROMOSOMES, Axis
from her2omics.simulate.dna_snps import Library, beta_binomial, biased, depths, mean_dna
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER, SampleGenome

#: Chance that a mutation came before the gains of its haplotype, by clone [assume]: trunk with and
#: without an early doubling of the genome, lineages, private ones.
_EARLY = {"trunk": 0.5, "trunk doubled": 0.6, "lineage": 0.2, "private": 0.1}
_MANY = 4.0  # copies of a haplotype that an amplification made
_GERMLINE = 15  # germline variants mistaken for mutations in an exome without a matched normal
_ARTEFACT_SHAPE = 3.0  # of the beta-distributed allele fraction of artefacts
_ERROR = 0.0007  # reads that show a mutation that is not there
_EFFICIENCY_SD = 0.3  # log, of the depth of a site
_DISPERSION = 0.005
_LEAST_READS, _LEAST_SHARE = 3, 0.02  # of a mutation that is called
_SUBSTITUTIONS = {"C>T": 0.40, "C>A": 0.16, "C>G": 0.16, "T>C": 0.15, "T>A": 0.07, "T>G": 0.06}
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Mutations:
    """Mutations of one patient, N rows in genome order.

    Attributes
    ----------
    table
        ``mutation_id``, ``chromosome``, ``position`` (1-based), ``ref``, ``alt``, ``clone``.
    place
        (N,) 0-based on the axis.
    haplotype
        (N,) parental haplotype it lies on.
    carried
        (S, N) mean mutated copies per cancer cell in each tumour sample.
    ccf
        (S, N) share of cancer cells that carry it; NaN for what is no somatic mutation.
    share
        (S, N) share of the sample's DNA there that is mutated.
    """

    table: pd.DataFrame
    place: np.ndarray
    haplotype: np.ndarray
    carried: np.ndarray
    ccf: np.ndarray
    share: np.ndarray

    def multiplicity(self) -> np.ndarray:
        """(S, N) mutated copies per cell that carries it; NaN where none does."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.ccf > 0, self.carried / self.ccf, np.nan)

    def rows(self, keep: np.ndarray) -> Mutations:
        """Return some of the mutations."""
        return Mutations(
            self.table[keep].reset_index(drop=True),
            self.place[keep],
            self.haplotype[keep],
            self.carried[:, keep],
            self.ccf[:, keep],
            self.share[:, keep],
        )


def draw(patient: Patient, latent: pd.DataFrame, designs: Sequence[Design]) -> Mutations:
    """Place the mutations of a patient's clusters in its genomes.

    Parameters
    ----------
    patient
        Tumours with their genomes, the baseline first.
    latent
        Clusters of this patient's cases (:func:`her2omics.simulate.clusters.draw`).
    designs
        Design of each tumour sample: mutations lie in the targets of any of them.
    """
    rng = patient.stream("mutations")
    clones = _clones(patient, latent)
    clone = np.repeat([name for name, _, _ in clones], [n for _, n, _ in clones]).astype(object)
    ccf = np.repeat(
        np.array([values for _, _, values in clones]).reshape(len(clones), -1),
        [n for _, n, _ in clones],
        axis=0,
    ).T
    place, along = _places(rng, patient, clone, designs)
    order = np.unique(place, return_index=True)[1]
    place, clone, ccf, along = place[order], clone[order], ccf[:, order], along[order]
    haplotype, early = _history(rng, patient, clone, ccf, place)
    special = amplicon_mutations.draw(patient, clone, place, haplotype, along)
    carried = np.array(
        [
            _carried(tumour, clone, ccf[s], place, early, special)
            for s, tumour in enumerate(patient.tumours)
        ]
    )
    dna = np.array(
        [tumour.genome.dna()[tumour.genome.segment_of(place)] for tumour in patient.tumours]
    )
    purity = np.array([[tumour.biopsy.purity] for tumour in patient.tumours])
    share = np.clip(purity * carried / np.maximum(dna, 1e-6), 0, 1)
    germline, artefact = clone == "germline", clone == "artefact"
    normal = np.where(germline, 1 - purity, 0)  # the normal cells' one copy
    share = np.where(germline, (purity * carried + normal) / np.maximum(dna, 1e-6), share)
    mean = clusters.ARTEFACT_VAF
    pretended = rng.beta(_ARTEFACT_SHAPE, _ARTEFACT_SHAPE / mean - _ARTEFACT_SHAPE, len(clone))
    share = np.where(artefact, np.where(ccf > 0, pretended, 0), np.minimum(share, 1))
    ccf = np.where(germline | artefact, np.nan, ccf)
    named = _named(rng, place, clone, patient.where)
    return Mutations(named, place, special.haplotype, carried, ccf, share)


def _clones(patient: Patient, latent: pd.DataFrame) -> list[tuple[str, int, np.ndarray]]:
    """Return name, mutations and CCF in each tumour sample of a patient's clusters.

    Clusters of a follow-up are those of its case; all others are the same in every case.
    """
    times = [tumour.biopsy.time for tumour in patient.tumours]
    rows = [tumour.row for tumour in patient.tumours]
    lesions = sorted({row for row, time in zip(rows, times, strict=True) if time == "followup"})
    out = []
    for name, group in latent.groupby("clone", sort=False):
        group = group.set_index("row")
        own = name.startswith("followup") or name in ("amplified_2", "other_2")
        for number, row in enumerate(lesions if own else [rows[0]], start=1):
            ccf = np.array(
                [
                    0.0 if own and place != row else group.at[place, time]
                    for place, time in zip(rows, times, strict=True)
                ]
            )
            shown = f"{name}_lesion_{number}" if own and len(lesions) > 1 else name
            out.append((shown, int(group.at[row, "n"]), ccf))
    leaky = patient.scenario.normal == "none" or patient.scenario.swapped == "normal"
    if leaky:
        mean = _GERMLINE * clusters.YIELD[patient.scenario.assay]
        count = int(patient.stream("germline variants").poisson(mean))
        out.append(("germline", count, np.ones(len(times))))
    return out


def _places(
    rng: np.random.Generator, patient: Patient, clone: np.ndarray, designs: Sequence[Design]
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the mutations lie, and which one was carried along by the amplification."""
    count = len(clone)
    different = list({design.name: design for design in designs}.values())
    which = (rng.random(count) * len(different)).astype(int)
    place = np.empty(count, dtype=np.int64)
    for k, design in enumerate(different):
        allowed = np.flatnonzero(design.bins.on_target)
        drawn = assay.places_in(rng, design.bins, allowed, count)
        place = np.where(which == k, drawn, place)
    along = np.zeros(count, dtype=bool)
    found = amplicon_mutations.carried_along(patient, clone, designs)
    if found is not None:
        place[found[0]], along[found[0]] = found[1], True
    return place, along


def _history(
    rng: np.random.Generator,
    patient: Patient,
    clone: np.ndarray,
    ccf: np.ndarray,
    place: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the haplotype of each mutation and whether it came before that was gained."""
    n = len(clone)
    chance, later = rng.random(n), rng.random(n)
    copies = np.ones((2, n))
    # The first sample that has the mutation tells which haplotypes it can lie on.
    first = np.argmax(ccf > 0, axis=0)
    for s, tumour in enumerate(patient.tumours):
        genome, mine = tumour.genome, first == s
        lineage = np.where(np.char.startswith(clone.astype(str), "other"), OTHER, AMPLIFIED)
        k = genome.segment_of(place)
        found = genome.copies[lineage[None, :], np.arange(2)[:, None], k[None, :]]
        copies[:, mine] = found[:, mine]
    there = copies > 0.5
    haplotype = (chance < 0.5).astype(int)
    haplotype = np.where(there.all(axis=0) | ~there.any(axis=0), haplotype, there[1].astype(int))
    names = clone.astype(str)
    trunk = _EARLY["trunk" if patient.tumours[0].genome.base == 2 else "trunk doubled"]
    early = np.select(
        [
            names == "germline",
            names == "trunk",
            np.char.startswith(names, "amplified") | np.char.startswith(names, "other"),
        ],
        [1.0, trunk, _EARLY["lineage"]],
        _EARLY["private"],
    )
    # What only the follow-up has is younger than an amplification that the baseline has.
    amplified = np.take_along_axis(copies, haplotype[None, :], axis=0)[0] > _MANY
    return haplotype, (later < early) & ~(amplified & np.char.startswith(names, "followup"))


def _carried(
    tumour: Tumour,
    clone: np.ndarray,
    ccf: np.ndarray,
    place: np.ndarray,
    early: np.ndarray,
    special: OnAmplicon,
) -> np.ndarray:
    """Return the mean mutated copies per cancer cell of one sample."""
    genome = tumour.genome
    names, f = clone.astype(str), genome.biopsy.f
    k = genome.segment_of(place)
    on = genome.copies[:, special.haplotype, k]
    amplicon = special.copies(tumour, on)
    single = 2.0 if genome.biopsy.doubled else 1.0
    late = np.minimum(on, np.where(np.char.startswith(names, "followup"), 1.0, single))
    on = np.where(special.here, amplicon, np.where(early, on, late))
    amplified = np.char.startswith(names, "amplified")
    other = np.char.startswith(names, "other")
    weight = np.array(
        [
            np.select([amplified, other], [ccf, 0.0], ccf * f),
            np.select([amplified, other], [0.0, ccf], ccf * (1 - f)),
        ]
    )
    return (weight * on).sum(axis=0) * (names != "artefact")


def _named(
    rng: np.random.Generator, place: np.ndarray, clone: np.ndarray, where: Axis
) -> pd.DataFrame:
    """Return ids, positions and alleles; artefacts are C>T on either strand."""
    n = len(place)
    kinds = list(_SUBSTITUTIONS)
    drawn = rng.choice(len(kinds), n, p=list(_SUBSTITUTIONS.values()))
    kind = np.where(clone == "artefact", 0, drawn)
    reverse = rng.random(n) < 0.5
    pairs = [
        kinds[k].translate(_COMPLEMENT) if other else kinds[k]
        for k, other in zip(kind, reverse, strict=True)
    ]
    chromosome = where.chromosome(place)
    table = pd.DataFrame(
        {
            "chromosome": ["chr" + CHROMOSOMES[k] for k in chromosome],
            "position": place - where.starts[chromosome] + 1,
            "ref": [pair[0] for pair in pairs],
            "alt": [pair[2] for pair in pairs],
            "clone": clone,
        }
    )
    columns = [table["chromosome"], table["position"].astype(str), table["ref"], table["alt"]]
    table.insert(0, "mutation_id", columns[0].str.cat(columns[1:], sep=":"))
    return table


def counts(
    rng: np.random.Generator,
    mutations: Mutations,
    sample: int | None,
    genome: SampleGenome | None,
    how: Library,
) -> tuple[np.ndarray, np.ndarray]:
    """Return reference and alternative reads of one sample at all sites.

    Parameters
    ----------
    rng
        Generator of this sample.
    mutations
        The patient's.
    sample
        Row of the tumour sample; None for the normal.
    genome
        The tumour; None for the normal, or for a sample of another patient.
    how
        Depth and reference bias.
    """
    n = len(mutations.place)
    if sample is None:
        share, relative = np.zeros(n), np.ones(n)
    else:
        share = mutations.share[sample]
        relative = genome.dna()[genome.segment_of(mutations.place)] / mean_dna(genome)
    depth = depths(rng, how.depth, relative, np.exp(rng.normal(0, _EFFICIENCY_SD, n)))
    seen = biased(share, how.balance)
    seen = seen * (1 - _ERROR) + (1 - seen) * _ERROR
    alt = beta_binomial(rng, depth, seen, _DISPERSION)
    return depth - alt, alt


def called(ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
    """Return which mutations are called in a sample: three reads and 2 % of them."""
    return (alt >= _LEAST_READS) & (alt >= _LEAST_SHARE * (ref + alt))
