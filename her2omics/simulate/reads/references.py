"""Reference files of the mini genome: sequence, transcripts, genes, SNP sites, targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from her2omics import tables as declared
from her2omics.simulate import assay
from her2omics.simulate.coordinates import CHROMOSOMES
from her2omics.simulate.reads import transcriptome as transcripts
from her2omics.simulate.reads.design import mini_exome
from her2omics.simulate.reads.fastq import BASES
from her2omics.simulate.reads.mini_genome import mini_genome, write_tables
from her2omics.simulate.reads.transcriptome import Transcriptome

FASTA, SITES = "reference/genome.fa", "reference/sites.vcf"
GTF, TRANSCRIPTS = "reference/genes.gtf", "reference/transcripts.fa"
TABLES, TARGETS = "reference/tables", "reference/targets.bed"
_LINE = 60


def snp_alleles(reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return reference and alternative base of the SNP sites: transitions."""
    ref = reference[mini_exome().design.sites.place]
    return ref, ref ^ 2


def write(out: Path, reference: np.ndarray, found: Transcriptome) -> None:
    """Write all reference files below ``out``."""
    where = mini_genome().where
    chromosomes = [
        (f"chr{name}", reference[start : start + length])
        for name, start, length in zip(CHROMOSOMES, where.starts, where.lengths, strict=True)
    ]
    _fasta(out / FASTA, chromosomes)
    ends = np.r_[found.starts[1:], len(found.sequence)]
    _fasta(
        out / TRANSCRIPTS,
        [
            (f"{gene}-201", found.sequence[start:end])
            for gene, start, end in zip(found.genes["gene"], found.starts, ends, strict=True)
        ],
    )
    declared.write_text(transcripts.gtf(found), out / GTF)
    declared.write_text(assay.bed(mini_exome().design), out / TARGETS)
    declared.write_text(_sites(reference), out / SITES)
    write_tables(out / TABLES)


def _fasta(path: Path, records: list[tuple[str, np.ndarray]]) -> None:
    """Write a FASTA and its index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    index = []
    with temporary.open("wb") as handle:
        for name, codes in records:
            handle.write(f">{name}\n".encode())
            index.append(f"{name}\t{len(codes)}\t{handle.tell()}\t{_LINE}\t{_LINE + 1}\n")
            whole = len(codes) // _LINE * _LINE
            lines = np.full((whole // _LINE, _LINE + 1), ord("\n"), dtype=np.uint8)
            lines[:, :_LINE] = BASES[codes[:whole]].reshape(-1, _LINE)
            handle.write(lines.tobytes())
            if whole < len(codes):
                handle.write(BASES[codes[whole:]].tobytes() + b"\n")
    temporary.replace(path)
    declared.write_text("".join(index), path.with_name(f"{path.name}.fai"))


def _sites(reference: np.ndarray) -> str:
    """Return the SNP sites as VCF with their population frequency."""
    where, sites = mini_genome().where, mini_exome().design.sites
    ref, alt = snp_alleles(reference)
    head = ["##fileformat=VCFv4.2"]
    head += [
        f"##contig=<ID=chr{name},length={length}>"
        for name, length in zip(CHROMOSOMES, where.lengths, strict=True)
    ]
    head += [
        '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency of the alternative allele">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
    ]
    letters = "ACGT"
    rows = [
        f"chr{CHROMOSOMES[k]}\t{position}\t.\t{letters[a]}\t{letters[b]}\t.\t.\tAF={frequency:.3f}"
        for k, position, a, b, frequency in zip(
            sites.chromosome, sites.position, ref, alt, sites.frequency, strict=True
        )
    ]
    return "\n".join([*head, *rows, ""])
