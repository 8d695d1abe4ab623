"""Sites at which alleles are counted, and the counts of one sample from a pileup."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam

from her2omics.errors import InputError, Problem
from her2omics.genome import Genome, plain_chromosomes
from her2omics.readers.mutations import read_mutations
from her2omics.reads.plan import Plan

SITE = ("chromosome", "position", "ref", "alt")
ANNOTATION = ("gene", "change", "effect")
#: A common SNP: its site, and the frequency of its alternative allele (missing where unknown).
COMMON_SNP = (*SITE, "frequency")
SNP_COLUMNS = ("chromosome", "position", "ref_count", "alt_count")
MUTATION_COLUMNS = ("mutation_id", *SITE, "sample_id", "ref_counts", "alt_counts", *ANNOTATION)
#: Base pairs beside a target in which its reads still show alleles.
BESIDE = 100
_BASES = ("A", "C", "G", "T")


def snp_sites(path: Path) -> pd.DataFrame:
    """Return the SNPs of a VCF with one alternative base: columns :data:`COMMON_SNP`.

    Raises
    ------
    InputError
        If the file is no VCF.
    """
    return pd.DataFrame(_snps(path), columns=list(COMMON_SNP)).drop_duplicates(list(SITE[:2]))


def _snps(path: Path) -> Iterator[tuple[str, int, str, str, float]]:
    """Yield the SNPs of a VCF with one alternative base, and its frequency (NaN if unknown)."""
    try:
        with pysam.VariantFile(str(path)) as records:
            for record in records:
                alts = record.alts or ()
                if len(alts) == 1 and record.ref in _BASES and alts[0] in _BASES:
                    yield record.chrom, record.pos, record.ref, alts[0], _frequency(record.info)
    except (OSError, ValueError) as error:
        message = f"is no VCF of SNPs ({error})"
        raise InputError(Problem(message, str(path), column="reads.snp_sites")) from None


def _frequency(info: Mapping[str, Any]) -> float:
    """Return the frequency of the alternative allele: AF, or CAF of dbSNP (reference first)."""
    for name, number in (("AF", 0), ("CAF", 1)):
        if name in info:
            values = info[name]
            values = values if isinstance(values, tuple) else (values,)
            try:
                return float(values[number])
            except (IndexError, TypeError, ValueError):
                return float("nan")
    return float("nan")


def snps_of_design(path: Path, windows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the SNPs of a VCF that a design sees: :data:`COMMON_SNP`, contigs as in ``names``.

    Parameters
    ----------
    path
        VCF of common SNPs, contigs with or without ``chr``.
    windows
        :func:`her2omics.reads.windows.windows`; with targets, SNPs in them and up to
        :data:`BESIDE` base pairs beside them are kept, else all.
    names
        Chromosome (no ``chr``) -> name of its contig in the reference.

    Raises
    ------
    InputError
        If the file is no VCF, or none of its SNPs lies in the design.
    """
    targets = windows[windows["on_target"].astype(bool)]
    starts, ends = ({}, {})
    for contig, rows in targets.groupby("chromosome"):
        starts[contig] = (rows["start"] - BESIDE).tolist()
        ends[contig] = (rows["end"] + BESIDE).tolist()
    contigs: dict[str, str | None] = {}
    rows = []
    for chromosome, position, ref, alt, frequency in _snps(path):
        if chromosome not in contigs:
            contigs[chromosome] = names.get(plain_chromosomes(pd.Series([chromosome])).iloc[0])
        contig = contigs[chromosome]
        if contig is None:
            continue
        if len(targets):
            at = bisect_right(starts.get(contig, []), position - 1) - 1
            if at < 0 or position - 1 >= ends[contig][at]:
                continue
        rows.append((contig, position, ref, alt, frequency))
    if not rows:
        message = "none of its SNPs lies where this design looks: is it of the same build?"
        raise InputError(Problem(message, str(path), column="reads.snp_sites"))
    return pd.DataFrame(rows, columns=list(COMMON_SNP)).drop_duplicates(list(SITE[:2]))


def vcf_text(sites: pd.DataFrame, contigs: Mapping[str, int]) -> str:
    """Return common SNPs as a VCF without samples; ``contigs`` are those of the reference."""
    head = [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency of the alternative allele">',
    ]
    head += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
    head.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    rows = sites[list(COMMON_SNP)].itertuples(index=False)
    lines = [
        f"{chrom}\t{position}\t.\t{ref}\t{alt}\t.\t.\t"
        + (f"AF={frequency:.6g}" if frequency == frequency else ".")
        for chrom, position, ref, alt, frequency in rows
    ]
    return "\n".join([*head, *lines, ""])


def mutation_sites(
    plan: Plan, patient: str, *, genome: Genome, names: Mapping[str, str]
) -> pd.DataFrame:
    """Return the union of the mutations in a patient's files.

    Parameters
    ----------
    plan
        Study and its reads.
    patient
        Whose files are read.
    genome
        Build that the positions must fit.
    names
        Chromosome (no ``chr``) -> name of its contig in the reference.

    Returns
    -------
    DataFrame
        Columns :data:`SITE` with contigs as the reference names them, and :data:`ANNOTATION`.

    Raises
    ------
    InputError
        If a file cannot be read, or names mutations without their place.
    """
    parts = []
    for unit in plan.mutation_units(patient).to_dict("records"):
        path = Path(unit["path"])
        table = read_mutations(
            path, genome=genome, column=unit["column"], sample=unit["sample"], patient=patient
        )
        frame = table.frame[table.frame["passed"].to_numpy(dtype=bool)]
        if frame["position"].isna().any():
            message = (
                "names mutations without chromosome, position, ref and alt: alleles can be counted "
                "in aligned reads at places only"
            )
            raise InputError(Problem(message, table.file, sample=unit["sample"]))
        parts.append(frame[[*SITE, *ANNOTATION]])
    both = pd.concat(parts, ignore_index=True).drop_duplicates(list(SITE))
    return in_reference(both, names)


def in_reference(sites: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return sites with contigs as the reference names them, in the reference's order."""
    order = {name: number for number, name in enumerate(names)}
    known = sites[sites["chromosome"].isin(order)]
    known = known.assign(
        rank=known["chromosome"].map(order),
        position=known["position"].astype(np.int64),
        chromosome=known["chromosome"].map(names),
    )
    ordered = known.sort_values(["rank", "position", "ref", "alt"], kind="stable")
    return ordered.drop(columns="rank").reset_index(drop=True)


def positions_text(sites: Iterable[pd.DataFrame]) -> str:
    """Return contig and position of all sites, each once, as ``bcftools mpileup -T`` takes them."""
    both = pd.concat([frame[["chromosome", "position"]] for frame in sites], ignore_index=True)
    both = both.drop_duplicates().sort_values(["chromosome", "position"], kind="stable")
    return both.to_csv(sep="\t", index=False, header=False, lineterminator="\n")


Counts = dict[tuple[str, int], list[tuple[str, tuple[str, ...], tuple[int, ...]]]]


def read_pileup(path: Path) -> Counts:
    """Return the counts of one sample's pileup: (contig, position) -> (ref, alts, depths).

    Raises
    ------
    InputError
        If the file is no pileup with allele depths.
    """
    found: Counts = {}
    try:
        with pysam.VariantFile(str(path)) as records:
            if "AD" not in records.header.formats or len(records.header.samples) != 1:
                raise ValueError("no allele depths of one sample")
            for record in records:
                depths = record.samples[0]["AD"]
                if record.ref is None or depths is None:
                    continue
                entry = (record.ref.upper(), record.alts or (), tuple(n or 0 for n in depths))
                found.setdefault((record.chrom, record.pos), []).append(entry)
    except (OSError, ValueError) as error:
        message = f"is no pileup ({error}): delete it and run again"
        raise InputError(Problem(message, str(path))) from None
    return found


def counts(sites: pd.DataFrame, pileup: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Return reference and alternative reads at each site.

    A base that was not seen has no read; of insertions and deletions those count that have the same
    bases once what both alleles begin or end with is taken off.
    """
    ref, alt = np.zeros((2, len(sites)), dtype=np.int64)
    columns = (sites[name].tolist() for name in SITE)
    for row, (chromosome, position, first, other) in enumerate(zip(*columns, strict=True)):
        entries = pileup.get((chromosome, position), ())
        if len(first) == len(other) == 1:
            ref[row], alt[row] = _of_base(entries, other)
        else:
            ref[row], alt[row] = _of_indel(entries, _trimmed(first, other))
    return ref, alt


def _of_base(entries: Sequence, alt: str) -> tuple[int, int]:
    for found_ref, alts, depths in entries:
        if len(found_ref) == 1 and all(len(x) == 1 or x.startswith("<") for x in alts):
            number = depths[1 + alts.index(alt)] if alt in alts else 0
            return depths[0], number
    return 0, 0


def _of_indel(entries: Sequence, wanted: tuple[str, str]) -> tuple[int, int]:
    depth = 0
    for found_ref, alts, depths in entries:
        depth = max(depth, depths[0])
        for number, alt in enumerate(alts, start=1):
            if not alt.startswith("<") and _trimmed(found_ref, alt) == wanted:
                return depths[0], depths[number]
    return depth, 0


def _trimmed(ref: str, alt: str) -> tuple[str, str]:
    """Return two alleles without the bases that both end or begin with, but for the first."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return ref, alt


def snp_table(sites: pd.DataFrame, pileup: Counts) -> pd.DataFrame:
    """Return the allele counts of the SNPs that any read covers: columns :data:`SNP_COLUMNS`."""
    ref, alt = counts(sites, pileup)
    frame = sites[list(SITE[:2])].assign(ref_count=ref, alt_count=alt)
    return frame[ref + alt > 0].reset_index(drop=True)


def mutation_table(sites: pd.DataFrame, pileup: Counts, sample: str) -> pd.DataFrame:
    """Return the reads of one sample at all mutations: columns :data:`MUTATION_COLUMNS`."""
    ref, alt = counts(sites, pileup)
    ids = [":".join(map(str, row)) for row in sites[list(SITE)].itertuples(index=False)]
    frame = sites.assign(mutation_id=ids, sample_id=sample, ref_counts=ref, alt_counts=alt)
    return frame.reindex(columns=list(MUTATION_COLUMNS))
