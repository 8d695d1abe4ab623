"""A simulated cohort as reads: FASTQ of DNA and RNA, references, sheets, config and truth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.simulate import clinical, clusters, dna_mutations, dna_snps, patients, rna
from her2omics.simulate import tables as cohorts
from her2omics.simulate.cohort import config_text, sheet_text
from her2omics.simulate.distributions import stream
from her2omics.simulate.dna_mutations import Mutations
from her2omics.simulate.dna_truth import Truth
from her2omics.simulate.patients import Patient
from her2omics.simulate.reads import fastq, molecules, references, transcriptome
from her2omics.simulate.reads.design import mini_exome
from her2omics.simulate.reads.mini_genome import mini_genome
from her2omics.simulate.reads.molecules import Chemistry, Person
from her2omics.simulate.reads.transcriptome import Transcriptome
from her2omics.simulate.tables import Group

KINDS = ("dna", "rna")
READ_LENGTH, RNA_READ_LENGTH = 100, 50
DEPTH, RNA_PAIRS = 80.0, 1_200_000
_NORMAL_DEPTH = 0.6  # of a tumour's
#: Length and SD of molecules, deaminated share of cytosines, duplicates: fresh tissue and formalin.
_FRESH = (200.0, 35.0, 2e-5, 0.08)
_FIXED = (150.0, 35.0, 2e-3, 0.25)
_LANES = 2  # of every baseline
_UNITS = ("sample", "assay", "filetype", "path", "path2", "lane", "library", "targets",
          "strandedness")  # fmt: skip


@dataclass(frozen=True)
class _Sequenced:
    """A patient on the mini genome with what its samples' reads differ by from the reference."""

    group: Group
    patient: Patient
    mutations: Mutations


def write(
    groups: Sequence[Group],
    out: Path,
    *,
    seed: int,
    kinds: Collection[str] = KINDS,
    depth: float = DEPTH,
    rna_pairs: int = RNA_PAIRS,
    ascertained: bool = True,
) -> None:
    """Write the reads of a cohort and everything that a run from them needs.

    Parameters
    ----------
    groups
        :func:`her2omics.simulate.tables.draw_groups`.
    out
        Folder, made where missing: ``fastq/``, ``reference/``, the sheets, ``config.yaml``, and
        ``truth.tsv``, ``truth_dna.tsv``, ``truth_mutations.tsv``, ``truth_alleles.tsv``,
        ``truth_rna.tsv``.
    seed
        Seed of everything measured.
    kinds
        Any of :data:`KINDS`.
    depth
        Mean depth of the tumours' targets, molecules.
    rna_pairs
        Read pairs of an RNA library.
    ascertained
        Goes into config.yaml.
    """
    out.mkdir(parents=True, exist_ok=True)
    reference = mini_genome().sequence()
    people = [one for group in groups for one in _people(group, seed)] if "dna" in kinds else []
    people = _on_reference(people, reference)
    found = transcriptome.transcriptome(reference)
    references.write(out, reference, found)
    units: list[dict] = []
    truth = Truth()
    for one in people:
        truth.add(one.group, one.patient, one.mutations)
        units += _dna(one, reference, out, depth=depth)
    if "rna" in kinds:
        rows, expression = _rna(groups, found, out, seed=seed, pairs=rna_pairs)
        units += rows
        declared.write(expression, "truth_rna", out)
    if people:
        declared.write(truth.samples(), "truth_dna", out)
        declared.write(truth.mutations(), "truth_mutations", out)
        declared.write(_alleles(people), "truth_alleles", out)
    modalities = {"ish"} | ({"cn", "clusters"} if people else set()) | ({"rna"} & set(kinds))
    sheet = clinical.samples(groups, modalities, seed=seed)
    declared.write_text(sheet_text(sheet), out / "samples.tsv")
    declared.write_text(sheet_text(pd.DataFrame(units, columns=list(_UNITS))), out / "units.tsv")
    declared.write(cohorts.truth(groups), "truth", out)
    declared.write_text(_config(seed=seed, ascertained=ascertained), out / "config.yaml")


def _people(group: Group, seed: int) -> list[_Sequenced]:
    latent = clusters.draw(group.cases, group.scenario, seed=seed)
    by_row = dict(iter(latent.groupby("row")))
    out = []
    for patient in patients.of(group, seed=seed):
        small = mini_genome().patient(patient)
        mine = pd.concat([by_row[row] for row in sorted({t.row for t in patient.tumours})])
        designs = [mini_exome().design] * len(small.tumours)
        out.append(_Sequenced(group, small, dna_mutations.draw(small, mine, designs)))
    return out


def _on_reference(people: list[_Sequenced], reference: np.ndarray) -> list[_Sequenced]:
    """Give the reference the mutations' reference bases, in place.

    A mutation at a SNP, or where another patient has one of another reference base, is left out.
    """
    taken = {int(place): -1 for place in mini_exome().design.sites.place}
    out = []
    for one in people:
        mutations = one.mutations
        ref = _codes(mutations.table["ref"])
        keep = np.array(
            [
                taken.setdefault(int(place), int(base)) == base
                for place, base in zip(mutations.place, ref, strict=True)
            ],
            dtype=bool,
        )
        reference[mutations.place[keep]] = ref[keep]
        out.append(_Sequenced(one.group, one.patient, mutations.rows(keep)))
    return out


def _codes(letters: pd.Series) -> np.ndarray:
    return letters.map({"A": 0, "C": 1, "G": 2, "T": 3}).to_numpy(dtype=np.uint8)


def _dna(one: _Sequenced, reference: np.ndarray, out: Path, *, depth: float) -> list[dict]:
    """Write the DNA reads of one patient; return their rows of units.tsv."""
    patient, scenario = one.patient, one.patient.scenario
    units = []
    samples: list[int | None] = list(range(len(patient.tumours)))
    if scenario.normal == "sample":
        samples.append(None)
    for s in samples:
        name = patient.normal if s is None else patient.tumours[s].sample
        genome = None if s is None else patient.tumours[s].genome
        time = "normal" if genome is None else genome.biopsy.time
        fixed = scenario.preservation == "ffpe" and s is not None
        wanted = depth * (_NORMAL_DEPTH if s is None else 1)
        chemistry = Chemistry(wanted, *(_FIXED if fixed else _FRESH))
        rng = patient.stream("reads", "normal" if s is None else s)
        person = _person(one, reference, other=scenario.swapped == time)
        library = molecules.draw(rng, person, s, genome, chemistry, reference)
        count = len(library.start)
        again = rng.integers(0, count, round(count * chemistry.duplicates))
        chosen = rng.permutation(np.r_[np.arange(count), again])
        lanes = np.array_split(chosen, _LANES if time == "baseline" else 1)
        for lane, part in enumerate(lanes, start=1):
            paths = _save(rng, library, part, f"{name}_L{lane}", "dna", READ_LENGTH, reference, out)
            units.append(
                {
                    "sample": name,
                    "assay": "wes",
                    "filetype": "fastq",
                    "path": paths[0],
                    "path2": paths[1],
                    "lane": f"L{lane}",
                    "library": name,
                    "targets": references.TARGETS,
                }
            )
    return units


def _person(one: _Sequenced, reference: np.ndarray, *, other: bool) -> Person:
    genotype = dna_snps.germline(one.patient, mini_exome().design, other=other)
    _, snp_alt = references.snp_alleles(reference)
    return Person(genotype, snp_alt, one.mutations, _codes(one.mutations.table["alt"]))


def _save(
    rng: np.random.Generator,
    library: molecules.Molecules,
    chosen: np.ndarray,
    name: str,
    kind: str,
    read_length: int,
    reference: np.ndarray,
    out: Path,
) -> tuple[str, str]:
    """Write the reads of both mates; return their paths relative to the folder."""
    pairs = fastq.sequenced(rng, library, chosen, reference=reference, read_length=read_length)
    numbers = np.arange(len(chosen))
    paths = []
    for mate, bases, quality in (
        (1, pairs.first, pairs.first_quality),
        (2, pairs.second, pairs.second_quality),
    ):
        path = f"fastq/{name}.{kind}_R{mate}.fastq.gz"
        fastq.save(fastq.text(name, numbers, bases, quality), out / path)
        paths.append(path)
    return paths[0], paths[1]


def _rna(
    groups: Sequence[Group], found: Transcriptome, out: Path, *, seed: int, pairs: int
) -> tuple[list[dict], pd.DataFrame]:
    """Write the RNA reads of all samples; return their rows of units.tsv and the truth."""
    units, truth = [], []
    universe = rna.universe(transcriptome.GENES)
    for group, part in zip(groups, clinical.rna_samples(groups, {"rna"}), strict=True):
        library = rna.library_of(group.cases, part)
        blocks = rna.count_rows(group.cases, library, group.scenario, genes=universe, seed=seed)
        counts = np.vstack([values for _, values in blocks])
        for column, sample in enumerate(library.sample):
            rng = stream(seed, group.scenario.name, "rna reads", sample)
            per_gene = transcriptome.reads_per_gene(rng, counts[:, column], pairs)
            drawn = transcriptome.molecules(rng, found, per_gene)
            chosen = rng.permutation(len(drawn.start))
            paths = _save(
                rng, drawn, chosen, f"{sample}_R", "rna", RNA_READ_LENGTH, found.sequence, out
            )
            units.append(
                {
                    "sample": sample,
                    "assay": "rna",
                    "filetype": "fastq",
                    "path": paths[0],
                    "path2": paths[1],
                    "library": sample,
                    "strandedness": "reverse",
                }
            )
            density = per_gene / found.genes["length"].to_numpy()
            truth.append(
                pd.DataFrame(
                    {
                        "sample": sample,
                        "gene": found.genes["gene"],
                        "read_pairs": per_gene,
                        "tpm": 1e6 * density / density.sum(),
                    }
                )
            )
    return units, declared.typed(pd.concat(truth, ignore_index=True), "truth_rna")


def _alleles(people: Sequence[_Sequenced]) -> pd.DataFrame:
    """Return table ``truth_alleles``."""
    parts = [
        one.mutations.table[["mutation_id", "clone"]].assign(
            sample=tumour.sample,
            patient=one.patient.name,
            allele_fraction=one.mutations.share[s],
        )
        for one in people
        for s, tumour in enumerate(one.patient.tumours)
    ]
    return declared.typed(pd.concat(parts, ignore_index=True), "truth_alleles")


def _config(*, seed: int, ascertained: bool) -> str:
    title = "Simulated reads: the truth is in truth*.tsv."
    return config_text(title, seed=seed, ascertained=ascertained) + (
        "genome_build: custom\n"
        f"genome_tables: {references.TABLES}\n"
        "reads:\n"
        f"  reference: {references.FASTA}\n"
        f"  snp_sites: {references.SITES}\n"
        f"  gtf: {references.GTF}\n"
        f"  transcripts: {references.TRANSCRIPTS}\n"
        "  # The mini genome is 140 times shorter than the human one.\n"
        "  off_target_bin: 20000\n"
    )
