"""The reference files that the config names: there, indexed, and of one genome build."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pandas as pd
import pysam

from her2omics.errors import InputError, Problem
from her2omics.files import problem as file_problem
from her2omics.genome import Genome, contradiction, plain_chromosomes
from her2omics.readers.targets import read_targets
from her2omics.reads import reference
from her2omics.reads.plan import Plan

_LOOKED_AT = 2000  # SNPs whose reference base is looked at, spread over the chromosomes of a file
_SAME_BASE = 0.95  # share of them that has to be that of the FASTA; chance alone gives a quarter
_KNOWN_TRANSCRIPTS = 0.9  # share of the transcripts that the GTF has to give a gene
_ATTRIBUTE = {name: re.compile(rf'{name} "([^"]+)"') for name in ("transcript_id", "gene_name")}


def problems(plan: Plan, genome: Genome | None) -> list[Problem]:
    """Return what is wrong with the reference files that the reads of a study need.

    Parameters
    ----------
    plan
        Study and its reads.
    genome
        Genome build of the config; None if its tables are wrong, which is said elsewhere.
    """
    files = {key: Path(path) for key, path in plan.reference_files().items()}
    found = []
    for key, path in files.items():
        if problem := file_problem(path, shown=str(path)):
            found.append(Problem(problem.message, str(path), column=f"reads.{key}"))
    if found or genome is None:
        return found
    if "reference" in files and Path(f"{files['reference']}.fai").is_file():
        found += _of_dna(plan, files, genome)
    if "gtf" in files and "transcripts" in files:
        found += _of_rna(files["gtf"], files["transcripts"], genome)
    return found


def _of_dna(plan: Plan, files: Mapping[str, Path], genome: Genome) -> list[Problem]:
    fasta = files["reference"]
    place = {"file": str(fasta), "column": "reads.reference"}
    try:
        contigs = reference.check(fasta, genome=genome)
        with pysam.FastaFile(str(fasta)) as sequence:
            last = list(contigs)[-1]
            if len(sequence.fetch(last)) != contigs[last]:
                raise ValueError(f"{last} is shorter than its index says")
    except InputError as error:
        return list(error.problems)
    except (OSError, ValueError) as error:
        message = f"does not fit its index ({error}): make it again with `samtools faidx {fasta}`"
        return [Problem(message, **place)]
    found = []
    if "snp_sites" in files and (message := _snps_message(files["snp_sites"], fasta, contigs)):
        found.append(Problem(message, str(files["snp_sites"]), column="reads.snp_sites"))
    names = reference.names_by_chromosome(contigs)
    for path in dict.fromkeys(one.targets for one in plan.alignments if one.targets):
        found += _of_targets(path, names, genome)
    return found


def _snps_message(path: Path, fasta: Path, contigs: Mapping[str, int]) -> str | None:
    """Return why SNPs are not those of a FASTA: their reference bases are those of another one."""
    names = reference.names_by_chromosome(contigs)
    contig_of: dict[str, str | None] = {}
    looked_at = same = 0
    try:
        with pysam.VariantFile(str(path)) as records, pysam.FastaFile(str(fasta)) as sequence:
            for record in islice(_spread(records), _LOOKED_AT):
                if record.chrom not in contig_of:
                    plain = plain_chromosomes(pd.Series([record.chrom])).iloc[0]
                    contig_of[record.chrom] = names.get(plain)
                contig = contig_of[record.chrom]
                if contig is None or record.ref is None or len(record.ref) != 1:
                    continue
                looked_at += 1
                inside = record.pos <= contigs[contig]
                same += inside and (
                    sequence.fetch(contig, record.pos - 1, record.pos).upper() == record.ref
                )
    except (OSError, ValueError) as error:
        return f"is no VCF of SNPs ({error})"
    if not looked_at:
        return f"has no SNP on the chromosomes of {fasta}"
    if same < _SAME_BASE * looked_at:
        return (
            f"{looked_at - same:,} of {looked_at:,} SNPs have another reference base than {fasta}: "
            "give both of one genome build"
        )
    return None


def _spread(records: pysam.VariantFile) -> Iterator[pysam.VariantRecord]:
    """Return records of every contig of an indexed file; the first ones of another."""
    if records.index is None:
        yield from records
        return
    contigs = list(records.index)
    for contig in contigs:
        yield from islice(records.fetch(contig), max(_LOOKED_AT // len(contigs), 1))


def _of_targets(path: str, names: Mapping[str, str], genome: Genome) -> list[Problem]:
    place = {"file": path, "column": "targets"}
    try:
        design = read_targets(Path(path), path)
    except InputError as error:
        return list(error.problems)
    if message := contradiction(genome, chromosomes=design["chromosome"], positions=design["end"]):
        return [Problem(message, **place)]
    if not design["chromosome"].isin(list(names)).any():
        return [Problem("none of its regions lies on a chromosome of the reference", **place)]
    return []


def _of_rna(gtf: Path, transcripts: Path, genome: Genome) -> list[Problem]:
    known, erbb2 = _transcripts_of(gtf)
    if not known:
        return [Problem("has no line with a transcript_id", str(gtf), column="reads.gtf")]
    found = []
    gene = genome.genes.loc["ERBB2"]
    if erbb2 and not any(start < gene["end"] and end > gene["start"] for start, end in erbb2):
        message = (
            f"has ERBB2 at {erbb2[0][0] + 1:,} of chromosome 17; in {genome.build} it begins at "
            f"{gene['start'] + 1:,}: give the genes of that build"
        )
        found.append(Problem(message, str(gtf), column="reads.gtf"))
    names = _names(transcripts)
    missing = [name for name in names if name not in known]
    if not names or len(missing) > (1 - _KNOWN_TRANSCRIPTS) * len(names):
        message = (
            f"{len(missing):,} of {len(names):,} transcripts ({', '.join(missing[:3])}) are not in "
            f"{gtf}: give both of one release, with the same versions in the names"
            if names
            else "is no FASTA of transcripts"
        )
        found.append(Problem(message, str(transcripts), column="reads.transcripts"))
    return found


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as handle:
        yield from handle


def _transcripts_of(gtf: Path) -> tuple[set[str], list[tuple[int, int]]]:
    """Return the transcripts of a GTF, and the places (0-based, half-open) of gene ERBB2 on 17."""
    known: set[str] = set()
    erbb2 = []
    for line in _lines(gtf):
        fields = line.split("\t")
        if len(fields) != 9:
            continue
        if found := _ATTRIBUTE["transcript_id"].search(fields[8]):
            known.add(found[1])
        name = _ATTRIBUTE["gene_name"].search(fields[8])
        on_17 = fields[0] in ("17", "chr17")
        if name and name[1] == "ERBB2" and on_17 and fields[3].isdigit() and fields[4].isdigit():
            erbb2.append((int(fields[3]) - 1, int(fields[4])))
    return known, erbb2


def _names(transcripts: Path) -> list[str]:
    """Return the names of the records of a FASTA as salmon takes them: up to a space or ``|``."""
    heads = (line[1:].rstrip() for line in _lines(transcripts) if line.startswith(">"))
    return [re.split(r"[\s|]", head, maxsplit=1)[0] for head in heads]
