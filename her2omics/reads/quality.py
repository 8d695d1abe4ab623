"""How good the reads of each sample are: trimming, duplicates, depth, share on the targets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.reads.depth import read_regions
from her2omics.reads.plan import Alignment, Lane, Plan


def table(plan: Plan) -> pd.DataFrame:
    """Return table ``reads_quality``: one row per DNA sample and RNA library, sheet order.

    What a user's BAM does not tell (trimming, duplicates) is missing.
    """
    people = plan.study.samples.set_index("sample")["patient"]
    rows = [_dna(plan, alignment) for alignment in plan.alignments]
    rows += [
        {"sample": sample, "assay": "rna", **_trimming(plan, lanes, ".rna")}
        for sample, lanes in plan.rna.items()
    ]
    frame = pd.DataFrame(rows)
    return tables.typed(frame.assign(patient=frame["sample"].map(people)), "reads_quality")


def _dna(plan: Plan, alignment: Alignment) -> dict[str, Any]:
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
    return row


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
