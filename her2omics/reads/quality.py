"""How good the reads of each sample are: what the tools said, sex chromosomes, foreign DNA."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.reads.alleles import snp_sites
from her2omics.reads.contamination import contamination
from her2omics.reads.depth import read_regions
from her2omics.reads.plan import Alignment, Lane, Plan
from her2omics.reads.sex import sex
from her2omics.thresholds import limits


def table(plan: Plan) -> pd.DataFrame:
    """Return table ``reads_quality``: one row per DNA sample and RNA library, sheet order.

    What a user's BAM does not tell (trimming, duplicates) is missing, and so is foreign DNA where
    nothing shows it: without common SNPs, and in a tumour without a normal.
    """
    people = plan.study.samples.set_index("sample")["patient"]
    known: dict[str, pd.DataFrame] = {}
    if plan.study.config["reads"]["snp_sites"] is not None:
        designs = dict.fromkeys(one.design for one in plan.alignments)
        folder = plan.folder / "snp_sites"
        known = {design: snp_sites(folder / f"{design}.vcf") for design in designs}
    rows = [_dna(plan, alignment, known.get(alignment.design)) for alignment in plan.alignments]
    rows += [
        {"sample": sample, "assay": "rna", **_trimming(plan, lanes, ".rna")}
        for sample, lanes in plan.rna.items()
    ]
    frame = pd.DataFrame(rows)
    return tables.typed(frame.assign(patient=frame["sample"].map(people)), "reads_quality")


def _dna(plan: Plan, alignment: Alignment, common: pd.DataFrame | None) -> dict[str, Any]:
    """Return the row of one alignment; ``common`` are the common SNPs of its design."""
    row: dict[str, Any] = {"sample": alignment.sample, "assay": alignment.assay}
    if alignment.lanes:
        row |= _trimming(plan, alignment.lanes, "")
        marked = plan.folder / "bam" / f"{alignment.name}.duplicates.txt"
        row["duplicates"] = duplicates(marked.read_text(encoding="utf-8"))
    windows = pd.read_csv(
        plan.folder / "windows" / f"{alignment.design}.tsv", sep="\t", dtype={"chromosome": str}
    )
    regions = read_regions(plan.folder / "depth" / f"{alignment.name}.regions.bed.gz")
    summary = plan.folder / "depth" / f"{alignment.name}.mosdepth.summary.txt"
    both = windows.merge(regions, on=["chromosome", "start", "end"])
    on_target = both["on_target"].eq(1)
    if not on_target.any():
        on_target[:] = True
    length = (both["end"] - both["start"])[on_target]
    bases = float((length * both.loc[on_target, "depth"]).sum())
    row["depth"] = bases / length.sum() if length.sum() else np.nan
    if alignment.targets:
        whole = pd.read_csv(summary, sep="\t").set_index("chrom")["bases"]["total"]
        row["on_target"] = bases / whole if whole else np.nan
    return row | _person(plan, alignment, both, common)


def _person(
    plan: Plan, alignment: Alignment, windows: pd.DataFrame, common: pd.DataFrame | None
) -> dict[str, Any]:
    """Return sex chromosomes and foreign DNA of a sample, from depth and common SNPs."""
    config = plan.study.config
    snps = _counts(plan, alignment) if common is not None else None
    normal = alignment.timepoint == "normal"
    found = sex(
        snps,
        windows,
        build=config["genome_build"],
        normal=normal,
        limit=limits(config["thresholds"]),
    )
    row: dict[str, Any] = {
        "x_heterozygous": found.heterozygous,
        "x_heterozygous_low": found.low,
        "x_heterozygous_high": found.high,
        "x_depth": found.x_depth,
        "y_depth": found.y_depth,
        "sex": found.call,
    }
    matched = plan.normal_of(alignment)
    of_normal = None if normal or matched is None else _counts(plan, matched)
    if common is not None and snps is not None and (normal or of_normal is not None):
        foreign = contamination(snps, of_normal, common)
        row |= {
            "contamination": foreign.share,
            "contamination_low": foreign.low,
            "contamination_high": foreign.high,
            "contamination_sites": foreign.sites,
        }
    return row


def _counts(plan: Plan, alignment: Alignment) -> pd.DataFrame | None:
    """Return the allele counts of SNPs that were made of an alignment, if they were."""
    if not plan.makes(alignment, "snps"):
        return None
    return pd.read_csv(plan.path("snps", alignment.name), sep="\t", dtype={"chromosome": str})


def _trimming(plan: Plan, lanes: tuple[Lane, ...], ending: str) -> dict[str, Any]:
    """Return reads before and after trimming, and the insert size of the largest lane."""
    folder = plan.folder / "fastp"
    texts = [(folder / f"{lane.name}{ending}.json").read_text(encoding="utf-8") for lane in lanes]
    found = [json.loads(text) for text in texts]
    before, after = (
        [one["summary"][f"{when}_filtering"]["total_reads"] for one in found]
        for when in ("before", "after")
    )
    largest = found[int(np.argmax(before))]
    size = largest.get("insert_size", {}).get("peak") or np.nan
    return {"reads": sum(before), "reads_kept": sum(after), "insert_size": size}


def duplicates(marked: str) -> float:
    """Return the share of duplicates from what ``samtools markdup -f`` wrote."""
    counts = {}
    for line in marked.splitlines():
        name, _, value = line.partition(": ")
        if value.strip().isdigit():
            counts[name] = int(value)
    examined = counts.get("EXAMINED", 0)
    total = counts.get("DUPLICATE PAIR", 0) + counts.get("DUPLICATE SINGLE", 0)
    return total / examined if examined else np.nan
