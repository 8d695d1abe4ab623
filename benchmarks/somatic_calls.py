"""Somatic calls of simulated reads against the truth: recall by expected reads, and precision.

``python benchmarks/somatic_calls.py FOLDER [FOLDER ...]``; each FOLDER was written by ``her2omics
simulate reads --modalities dna`` and run with ``snakemake --until somatic_calls`` (see
docs/reads.md). A mutation's expected reads are its allele fraction times the depth of its site in
the tumour that has most of it; depth is that of the candidates called, else of the sample's
targets.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables

CLASSES = ((12, np.inf), (8, 12), (5, 8), (3, 5))


def depths(folder: Path, sample: str, sites: pd.DataFrame) -> np.ndarray:
    """Return the reads at sites of a sample from its depth in windows."""
    path = next((folder / "results/reads/depth").glob(f"{sample}.*.regions.bed.gz"))
    names = ["chromosome", "start", "end", "depth"]
    windows = pd.read_csv(path, sep="\t", header=None, names=names)
    out = np.zeros(len(sites))
    for chromosome, rows in windows.groupby("chromosome"):
        mine = sites["chromosome"].eq(chromosome).to_numpy()
        at = np.searchsorted(rows["start"].to_numpy(), sites.loc[mine, "position"] - 1, "right") - 1
        out[mine] = rows["depth"].to_numpy()[np.maximum(at, 0)]
    return out


def compare(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the true mutations with what was expected of them, and the calls with their truth."""
    alleles = tables.read(folder, "truth_alleles")
    parts = alleles["mutation_id"].str.split(":", expand=True)
    alleles = alleles.assign(chromosome=parts[0], position=parts[1].astype(int))
    for sample in alleles["sample"].unique():
        mine = alleles["sample"].eq(sample)
        alleles.loc[mine, "depth"] = depths(folder, sample, alleles[mine])
    alleles["expected"] = alleles["depth"] * alleles["allele_fraction"]
    key = ["patient", "mutation_id", "clone"]
    true = alleles.groupby(key, sort=False)["expected"].max().reset_index()
    true = true[~true["clone"].isin(["artefact", "germline"])]
    calls = []
    for patient in true["patient"].unique():
        found = pd.read_csv(folder / f"results/reads/somatic/{patient}.tsv", sep="\t")
        columns = [found[name].astype(str) for name in ("chromosome", "position", "ref", "alt")]
        ids = columns[0].str.cat(columns[1:], sep=":")
        calls.append(pd.DataFrame({"patient": patient, "mutation_id": ids}))
    called = pd.concat(calls, ignore_index=True)
    right = called.merge(true, on=["patient", "mutation_id"], how="left")["expected"].gt(0)
    called = called.assign(right=right.to_numpy())
    pairs = set(zip(called["patient"], called["mutation_id"], strict=True))
    ids = zip(true["patient"], true["mutation_id"], strict=True)
    true["called"] = [pair in pairs for pair in ids]
    return true, called


def main(folders: list[str]) -> None:
    """Print recall by class and precision over all folders."""
    both = [compare(Path(folder)) for folder in folders]
    true, called = (pd.concat(part, ignore_index=True) for part in zip(*both, strict=True))
    print("expected alternative reads\tmutations\trecall")
    for low, high in CLASSES:
        rows = true[true["expected"].ge(low) & true["expected"].lt(high)]
        recall = rows["called"].mean() if len(rows) else np.nan
        print(f"{low} to {high:g}\t{len(rows)}\t{recall:.3f}")
    print(f"calls {len(called)}, precision {called['right'].mean():.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
