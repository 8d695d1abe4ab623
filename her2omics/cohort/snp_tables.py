"""The SNP tables of a study as genotypes: read once, kept small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from her2omics.cohort.genotypes import CHROMOSOME, Genotypes, genotypes
from her2omics.errors import InputError, Problem
from her2omics.genome import CHROMOSOMES, Genome
from her2omics.readers import dna, snps
from her2omics.sheets.study import Study

# Sites kept of a table, of each pair's shared ones first: thousands say all there is to say.
MAX_SITES = 4000
# Sites kept to compare what two tables list.
MAX_LISTED = 3000
# Sites with fewer reads than a quarter of the table's median say little, unless all have few.
_LEAST_DEPTH, _ENOUGH_DEPTH, _PART_OF_MEDIAN = 3, 20, 0.25
# Windows in which two lists are compared: about so many sites, and not shorter than this.
_WINDOW_SITES, _SHORTEST_WINDOW, _GENOME = 20, 30_000_000, 2_900_000_000
_AUTOSOMES = {name: number + 1 for number, name in enumerate(CHROMOSOMES[:22])}


@dataclass(frozen=True)
class SnpTable:
    """The SNPs of one sample in one assay.

    Attributes
    ----------
    patient, sample, assay
        As in the sheets.
    targets
        BED of the design, or ``None``.
    normal
        Whether the reads are of normal tissue.
    beside
        The reads are of the matched normal, in the file of the tumour ``sample``.
    genotypes
        At most 4,000 sites.
    listed
        Numbers of a random part of the sites listed, ascending: those whose hash is at most
        ``hash_limit``, the same ones in every table.
    hash_limit
        The part: sites of the table with a larger hash are not in ``listed``.
    """

    patient: str
    sample: str
    assay: str
    targets: Path | None
    normal: bool
    beside: bool
    genotypes: Genotypes
    listed: np.ndarray
    hash_limit: int

    @property
    def design(self) -> tuple[str, str | None]:
        """What tables that can list the same sites have in common."""
        return self.assay, str(self.targets) if self.targets else None


@dataclass
class SnpInput:
    """What the SNP files hold.

    ``tables`` are in the order of the sheet; ``problems`` are those of files that could not be
    read; ``lost`` holds (sample, file name, message) of their samples.
    """

    tables: list[SnpTable] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)


def read_snp_tables(study: Study, *, genome: Genome) -> SnpInput:
    """Read every SNP file of the study, patient by patient.

    The reads of a normal that stand in a tumour's file are a table of their own. A sample with a
    bad file is left out; its problems are listed and nothing is raised.
    """
    found = SnpInput()
    units = dna.dna_units(study, ("snps",))
    rows = study.samples[study.samples["sample"].isin(units["sample"])]
    for _, samples in rows.groupby("patient", sort=False):
        read: list[tuple[dna.SampleDna, bool]] = []
        for sample in samples["sample"]:
            try:
                tables = dna.read_sample(study, sample, genome=genome, kinds=("snps",))
            except InputError as error:
                found.problems += error.problems
                found.lost += [(sample, p.file or "", p.message) for p in error.problems]
                continue
            for table in tables:
                read.append((table, False))
                if table.snps.normal_file is not None and table.timepoint != "normal":
                    read.append((table, True))
        found.tables += _of_patient(read)
    return found


def _of_patient(read: Sequence[tuple[dna.SampleDna, bool]]) -> list[SnpTable]:
    """Return the tables of one patient, thinned to sites that several of them have."""
    counted = [_counts(table.snps, beside=beside) for table, beside in read]
    if not counted:
        return []
    sites, tables = np.unique(np.concatenate([part[0] for part in counted]), return_counts=True)
    out = []
    for (table, beside), (site, ref, alt) in zip(read, counted, strict=True):
        if not len(site):
            continue
        hashed = site_hash(site)
        common = tables[np.searchsorted(sites, site)]
        # Those that most tables have first; among them the smallest hash, alike in all patients.
        rows = np.sort(np.lexsort((hashed, -common))[:MAX_SITES])
        normal = beside or table.timepoint == "normal"
        listed = np.sort(np.argsort(hashed, kind="stable")[:MAX_LISTED])
        whole = len(listed) == len(site)
        out.append(
            SnpTable(
                table.patient,
                table.sample,
                table.assay,
                table.targets,
                normal,
                beside,
                genotypes(site[rows], ref[rows], alt[rows], normal=normal),
                site[listed],
                int(np.iinfo(np.uint64).max if whole else hashed[listed].max()),
            )
        )
    return out


def _counts(table: snps.Snps, *, beside: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return site, reference and alternative reads of the autosomal sites with enough reads."""
    names = list(snps.NORMAL_COUNTS if beside else snps.COUNTS)
    frame = table.frame
    ref, alt = (frame[name].to_numpy(dtype=float) for name in names)
    number = frame["chromosome"].map(_AUTOSOMES).to_numpy(dtype=float)
    depth = ref + alt
    known = np.isfinite(depth) & np.isfinite(number) & (depth >= _LEAST_DEPTH)
    if known.any():
        enough = _PART_OF_MEDIAN * np.median(depth[known])
        known &= depth >= min(enough, _ENOUGH_DEPTH)
    site = number[known].astype(np.int64) * CHROMOSOME + frame["position"].to_numpy()[known]
    order = np.argsort(site, kind="stable")
    return site[order], ref[known][order], alt[known][order]


def site_hash(site: np.ndarray) -> np.ndarray:
    """Return a random number per site, the same in every run (finaliser of splitmix64)."""
    x = site.astype(np.uint64)
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@dataclass(frozen=True)
class Frequencies:
    """Frequency of the alternative allele by site number; one half at other sites."""

    site: np.ndarray
    frequency: np.ndarray

    def at(self, site: np.ndarray) -> np.ndarray:
        """Return the frequency at these sites."""
        if not len(self.site):
            return np.full(len(site), 0.5)
        row = np.minimum(np.searchsorted(self.site, site), len(self.site) - 1)
        return np.where(self.site[row] == site, self.frequency[row], 0.5)


def frequencies(tables: Sequence[SnpTable]) -> Frequencies:
    """Return (alternative alleles + 1) / (alleles + 2) by site, over one table per patient.

    Of each patient the first normal counts, else its first table.
    """
    first: dict[str, Genotypes] = {}
    for table in sorted(tables, key=lambda table: not table.normal):
        first.setdefault(table.patient, table.genotypes)
    if not first:
        return Frequencies(np.arange(0), np.arange(0.0))
    dosage = []
    for one in first.values():
        posterior = one.likelihood * one.share[:, None]
        dosage.append((posterior[1] + 2 * posterior[2]) / posterior.sum(axis=0))
    place = np.concatenate([one.site for one in first.values()])
    site, row, people = np.unique(place, return_inverse=True, return_counts=True)
    alternative = np.bincount(row, weights=np.concatenate(dosage))
    return Frequencies(site, (alternative + 1) / (2 * people + 2))


def shared_list(
    a: SnpTable, b: SnpTable, elsewhere: dict[tuple[str, str | None], np.ndarray]
) -> tuple[int, int] | None:
    """Return how many sites of the shorter list are in the other one, and its length.

    Parameters
    ----------
    a, b
        Two tables.
    elsewhere
        Sites listed in several patients, by design: of two designs only these are looked at, which
        the other design can see. Tables of one design are compared as they are.

    Returns
    -------
    int, int
        ``None`` where the lists cannot be compared.
    """
    limit = np.uint64(min(a.hash_limit, b.hash_limit))
    lists = [table.listed[site_hash(table.listed) <= limit] for table in (a, b)]
    if a.design != b.design:
        if a.design not in elsewhere or b.design not in elsewhere:
            return None
        seen = [elsewhere[b.design], elsewhere[a.design]]
        lists = [part[np.isin(part, there)] for part, there in zip(lists, seen, strict=True)]
    both = len(np.intersect1d(*lists, assume_unique=True))
    return both, _comparable(*lists)


def _comparable(a: np.ndarray, b: np.ndarray) -> int:
    """Return the sites that could be in both lists: the fewer of each window.

    A tumour's own list has gaps where an allele is lost, which the other's has elsewhere.
    """
    length = _WINDOW_SITES * _GENOME // max(min(len(a), len(b)), 1)
    length = int(np.clip(length, _SHORTEST_WINDOW, CHROMOSOME))
    window = np.concatenate([a, b])
    window = window // CHROMOSOME * CHROMOSOME + window % CHROMOSOME // length
    _, row = np.unique(window, return_inverse=True)
    counts = [
        np.bincount(part, minlength=row.max(initial=-1) + 1)
        for part in (row[: len(a)], row[len(a) :])
    ]
    return int(np.minimum(*counts).sum())


def listed_elsewhere(tables: Sequence[SnpTable]) -> dict[tuple[str, str | None], np.ndarray]:
    """Return the sites that at least two patients list, by design; none if all have one design."""
    by_design: dict[tuple[str, str | None], dict[str, list[np.ndarray]]] = {}
    for table in tables:
        by_design.setdefault(table.design, {}).setdefault(table.patient, []).append(table.listed)
    if len(by_design) < 2:
        return {}
    out = {}
    for design, patients in by_design.items():
        each = [np.unique(np.concatenate(listed)) for listed in patients.values()]
        site, count = np.unique(np.concatenate(each), return_counts=True)
        out[design] = site[count > 1]
    return out
