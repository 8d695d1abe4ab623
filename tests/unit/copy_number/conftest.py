"""A small generator of DNA tables whose truth is known: arms, an amplicon, germline SNPs."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from her2omics import genome
from her2omics.cohort.bias import arm_of
from her2omics.copy_number import arm, tracks
from her2omics.copy_number.joint import joint_profile
from her2omics.readers.bins import COLUMNS as BIN_COLUMNS
from her2omics.readers.bins import Bins
from her2omics.readers.dna import PatientDna, SampleDna
from her2omics.readers.gene_cn import GeneCopyNumber
from her2omics.readers.mutations import Mutations
from her2omics.readers.purity import Purity
from her2omics.readers.segments import COLUMNS as SEGMENT_COLUMNS
from her2omics.readers.segments import Segments
from her2omics.readers.snps import Snps

# Copies of both haplotypes of the arms that are not 1 and 1.
KARYOTYPE = {
    "1q": (2, 1), "3p": (1, 0), "4q": (1, 0), "5q": (2, 0), "7p": (2, 1), "8p": (1, 0),
    "8q": (3, 1), "10q": (1, 0), "11q": (2, 0), "13q": (1, 0), "16q": (1, 0), "17p": (1, 0),
    "18q": (2, 1), "20q": (3, 1), "22q": (1, 0), "6q": (2, 1), "9p": (2, 0), "12q": (2, 1),
}  # fmt: skip
AMPLICON = (39_500_000, 40_100_000)
GRCH38 = genome.load("GRCh38")
WIDE, NARROW, NEAR = 1_000_000, 20_000, 3_000_000


@dataclass(frozen=True)
class Tumour:
    """Truth of one sample: purity, copies of the arms, mean copies of ERBB2 in cancer cells."""

    purity: float = 0.6
    erbb2: float = 12.0
    arms: dict = field(default_factory=lambda: KARYOTYPE)
    amplicon: tuple[int, int] = AMPLICON
    times: int = 1  # 2 after a doubling of the genome, which leaves the amplicon as it is

    def copies(self, chromosome, start, end):
        """Copies (n, 2) of both haplotypes of intervals; the first one is amplified."""
        place = pd.DataFrame({"chromosome": chromosome, "start": start, "end": end})
        pairs = [self.arms.get(name, (1, 1)) for name in arm_of(place, genome=GRCH38)]
        both = self.times * np.array(pairs, dtype=float).reshape(-1, 2)
        middle = (place["start"] + place["end"]) / 2
        inside = place["chromosome"].eq("17") & middle.between(*self.amplicon)
        both[inside, 0] = self.erbb2 - both[inside, 1]
        return both

    def ploidy(self):
        """Mean copies of the autosomes."""
        arms = GRCH38.arms()
        arms = arms[~arms["chromosome"].isin(["X", "Y"])]
        total = self.copies(arms["chromosome"], arms["start"], arms["end"]).sum(axis=1)
        return float(np.average(total, weights=arms["end"] - arms["start"]))

    def ratio(self, copies):
        """Linear ratio of copies to the genome's mean in the whole sample."""
        normal = 2 * (1 - self.purity)
        return (self.purity * copies + normal) / (self.purity * self.ploidy() + normal)


def grid(step=WIDE, near=NARROW, chromosomes=genome.CHROMOSOMES[:22]):
    """Bins along the genome, finer around ERBB2; none in centromeres."""
    rows = []
    for name, place in GRCH38.contigs.loc[list(chromosomes)].iterrows():
        edges = np.arange(0, place["length"] - step, step)
        if name == "17" and near:
            edges = edges[(edges < 36_000_000) | (edges >= 43_000_000)]
            edges = np.sort(np.append(edges, np.arange(36_000_000, 43_000_000, near)))
        width = np.where((edges >= 36_000_000) & (edges < 43_000_000) & (name == "17"), near, step)
        rows.append(pd.DataFrame({"chromosome": name, "start": edges, "end": edges + width}))
    bins = pd.concat(rows, ignore_index=True)
    centre = GRCH38.contigs.loc[bins["chromosome"]]
    middle = (bins["start"] + bins["end"]).to_numpy() / 2
    inside = (middle > centre["centromere_start"].to_numpy()) & (
        middle < centre["centromere_end"].to_numpy()
    )
    return bins[~inside].reset_index(drop=True)


def bins_of(tumour, rng, *, sd=0.1, where=None, offset=0.0):
    """Bins of a sample as the reader returns them."""
    where = grid() if where is None else where
    total = tumour.copies(where["chromosome"], where["start"], where["end"]).sum(axis=1)
    log2 = np.log2(tumour.ratio(total)) + sd * rng.standard_normal(len(where)) + offset
    frame = where.assign(log2=log2).reindex(columns=list(BIN_COLUMNS))
    return Bins(frame.astype(dict.fromkeys(BIN_COLUMNS[3:], float)), "bins.tsv", {}, 0, 0)


def segments_of(tumour, *, kind="plain", copies=False, probes=True, swallowed=False):
    """Segments of a sample: its arms, the amplicon apart unless the arm swallowed it."""
    arms = GRCH38.arms()
    arms = arms[~arms["chromosome"].isin(["X", "Y"])][["chromosome", "start", "end"]]
    if not swallowed:
        start, end = tumour.amplicon
        last = arms[arms["chromosome"].eq("17")].index[-1]
        long = arms.loc[last]
        parts = [(long["start"], start), (start, end), (end, long["end"])]
        cut = pd.DataFrame([("17", *part) for part in parts], columns=arms.columns)
        arms = pd.concat([arms.drop(index=last), cut])
    order = {name: rank for rank, name in enumerate(genome.CHROMOSOMES)}
    arms = arms.assign(rank=arms["chromosome"].map(order)).sort_values(["rank", "start"])
    both = tumour.copies(arms["chromosome"], arms["start"], arms["end"])
    total = both.sum(axis=1)
    frame = arms.drop(columns="rank").assign(
        log2=np.nan if copies else np.log2(tumour.ratio(total)),
        total_cn=total if copies else np.nan,
        minor_cn=both.min(axis=1) if copies else np.nan,
        probes=np.maximum((arms["end"] - arms["start"]) // 20_000, 1.0) if probes else np.nan,
    )
    frame = frame.reindex(columns=list(SEGMENT_COLUMNS)).reset_index(drop=True)
    return Segments(frame.astype(dict.fromkeys(SEGMENT_COLUMNS[3:], float)), kind, "seg.tsv", {}, 0)


@dataclass(frozen=True)
class Germline:
    """Heterozygous sites of a patient and which haplotype the alternative allele lies on."""

    chromosome: np.ndarray
    position: np.ndarray
    haplotype: np.ndarray


def germline(rng, sites=1200, on_amplicon=6):
    """Sites along the autosomes, some of them on the amplicon."""
    arms = GRCH38.arms()
    arms = arms[~arms["chromosome"].isin(["X", "Y"])]
    length = (arms["end"] - arms["start"]).to_numpy()
    pick = rng.choice(len(arms), sites, p=length / length.sum())
    place = arms["start"].to_numpy()[pick] + (rng.random(sites) * length[pick]).astype(int)
    chromosome = np.append(arms["chromosome"].to_numpy()[pick], ["17"] * on_amplicon)
    place = np.append(place, rng.integers(*AMPLICON, on_amplicon))
    frame = pd.DataFrame({"chromosome": chromosome, "position": place + 1}).drop_duplicates()
    order = {name: rank for rank, name in enumerate(genome.CHROMOSOMES)}
    frame = frame.assign(rank=frame["chromosome"].map(order)).sort_values(["rank", "position"])
    return Germline(
        frame["chromosome"].to_numpy(), frame["position"].to_numpy(), rng.integers(0, 2, len(frame))
    )


def snps_of(tumour, sites, rng, *, depth=80, bias=0.5, dispersion=0.004, normal=True):
    """Reads of both alleles at germline sites; ``bias``: alternative share where balanced."""

    def reads(share, ratio):
        odds = share / (1 - share) * bias / (1 - bias)
        share, size = odds / (1 + odds), 1 / dispersion - 1
        depths = rng.poisson(depth * ratio)
        alt = rng.binomial(depths, rng.beta(share * size, (1 - share) * size))
        return (depths - alt).astype(float), alt.astype(float)

    both = tumour.copies(sites.chromosome, sites.position - 1, sites.position)
    on = np.take_along_axis(both, sites.haplotype[:, None], axis=1)[:, 0]
    p, total = tumour.purity, both.sum(axis=1)
    ref, alt = reads((p * on + 1 - p) / (p * total + 2 * (1 - p)), tumour.ratio(total))
    frame = pd.DataFrame(
        {
            "chromosome": sites.chromosome,
            "position": sites.position,
            "ref_count": ref,
            "alt_count": alt,
            "normal_ref_count": np.nan,
            "normal_alt_count": np.nan,
        }
    )
    if normal:
        half = np.full(len(frame), 0.5)
        frame["normal_ref_count"], frame["normal_alt_count"] = reads(half, 1.0)
    return Snps(frame, "snps.tsv", {}, 0, "normal.tsv" if normal else None)


def mutations_of(tumour, rng, *, count=60, depth=150):
    """Clonal mutations of one copy on arms with 1 and 1 copies, the same ones in every sample."""
    share = tumour.purity * np.ones(count) / 2
    alt = rng.binomial(depth, share)
    frame = pd.DataFrame(
        {
            "mutation_id": [f"m{number:02d}" for number in range(count)],
            "chromosome": "2",
            "position": pd.array(np.arange(count) * 1000 + 1, dtype="Int64"),
            "ref": "A",
            "alt": "T",
            "ref_count": (depth - alt).astype(float),
            "alt_count": alt.astype(float),
            "major_cn": np.nan,
            "minor_cn": np.nan,
            "normal_cn": np.nan,
            "tumour_content": np.nan,
        }
    )
    return Mutations(frame, "mutations.tsv", {})


def genes_of(tumour, unit, *, others=200):
    """Values per gene: the genes of chromosome 17 that are looked at, and others at the mean."""
    genes = GRCH38.genes
    total = tumour.copies(genes["chromosome"], genes["start"], genes["end"]).sum(axis=1)
    rest = np.full(others, tumour.ploidy())
    copies = pd.Series(
        np.append(total, rest), index=[*genes.index, *(f"G{n}" for n in range(others))]
    )
    if unit == "log2":
        copies = np.log2(tumour.ratio(copies))
    elif unit == "discrete":
        copies = np.clip(np.round((copies - tumour.ploidy()) / 2), -2, 2)
    return copies


def purity_of(purity, ploidy, tool="facets"):
    """One mode of another program."""
    modes = pd.DataFrame(
        [{"purity": purity, "purity_sd": 0.06, "ploidy": ploidy, "weight": 1.0, "tool": tool}]
    )
    return Purity(modes, "purity.txt")


def dna(sample, timepoint, **tables):
    """One sample's tables; ``genes``: values and unit of a gene matrix."""
    assay = tables.pop("assay", "wes")
    if "genes" in tables:
        values, unit = tables.pop("genes")
        tables["gene_cn"] = GeneCopyNumber(values.rename(sample).to_frame(), unit, "genes.tsv")
    return SampleDna(sample, "P", timepoint, assay, **tables)


def sheet_of(tumours, **columns):
    """The sample sheet of a patient."""
    unique = {one.sample: one.timepoint for one in tumours}
    frame = pd.DataFrame(
        {
            "patient": "P",
            "sample": list(unique),
            "timepoint": list(unique.values()),
            "exclude": None,
            "purity": np.nan,
            "tumour_content": np.nan,
            "ploidy": np.nan,
        }
    )
    return frame.assign(**columns)


def analysed(*tumours, genome=GRCH38, seed=1, sheet=None, **options):
    """Tables of one patient through the whole arm."""
    sheet = sheet_of(tumours) if sheet is None else sheet
    times = dict(zip(sheet["sample"], sheet["timepoint"], strict=True))
    pairs = [
        {"case": f"{b}__{f}", "patient": "P", "baseline": b, "followup": f}
        for b, first in times.items()
        for f, second in times.items()
        if (first, second) == ("baseline", "followup")
    ]
    cases = pd.DataFrame(pairs, columns=["case", "patient", "baseline", "followup"])
    out = arm.Rows()
    rng = np.random.default_rng(seed)
    patient = PatientDna("P", tuple(tumours), ())
    arm.analyse(patient, sheet, cases, out, genome=genome, rng=rng, **options)
    return out.tables()


def profile_of(*tumours, seed=5, sd=0.1, tau=0.1, chromosomes=genome.CHROMOSOMES[:22]):
    """The shared profile of samples measured by bins."""
    rng = np.random.default_rng(seed)
    where = grid(chromosomes=chromosomes)
    made = [
        tracks.of_bins(
            bins_of(tumour, rng, sd=sd, where=where).frame,
            sample=f"S{number}", assay="wes", genome=GRCH38,
        )
        for number, tumour in enumerate(tumours)
    ]  # fmt: skip
    return joint_profile(made, [tau] * len(made), genome=GRCH38)


def pair_of(before, after, *, seed=3, snps=True, sd=0.1, depth=80, normal=True):
    """Bins (and SNPs) of a baseline B and a follow-up F."""
    rng = np.random.default_rng(seed)
    sites = germline(rng)
    made = []
    for name, time, tumour in (("B", "baseline", before), ("F", "followup", after)):
        tables = {"bins": bins_of(tumour, rng, sd=sd)}
        if snps:
            tables["snps"] = snps_of(tumour, sites, rng, depth=depth, normal=normal)
        made.append(dna(name, time, **tables))
    return made


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture(scope="session")
def made():
    """The generator: its functions by name."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if name[0] != "_"})
