"""Is ``amplicon_branch_loglr`` honest: among cases of one ratio, how many are truly of the branch.

    python benchmarks/clones_branch.py --cases 300 --seed 950100 --out DIR

Simulates files of cases in equal parts of clonal selection (branch) and of a loss inside the
lineage or an amplification that is kept (trunk), runs cohort, copy-number and clones on them, and
prints, by bins of the ratio, the share that is truly of the branch beside the share stated: prior
odds times the ratio. ``gone``: without the cases that keep the amplification. The last lines weigh
the cases as if losses took the haplotype along more or less often than the ratio assumes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.simulate import cohort, patients
from her2omics.simulate.chromosome_17 import DELETED
from her2omics.simulate.coordinates import axis
from her2omics.simulate.scenarios import SCENARIOS
from her2omics.simulate.tables import draw_groups
from her2omics.simulate.tumour_genome import AMPLIFIED

STATES = {"CS": 0.4, "DA": 0.25, "SS-lost": 0.15, "D": 0.1, "R": 0.1}
GONE = ("CS", "DA", "SS-lost")
EDGES = (-3.01, -2, -1, -0.5, -0.2, 0.2, 0.5, 1, 2, 3.01)
GENES = 2000  # of the expression matrix, which is not read


def results(folder: Path, *, cases: int, seed: int, assay: str) -> pd.DataFrame:
    """Return table ``amplicon_branch`` beside the truth, simulating what is not there yet."""
    scenario = replace(SCENARIOS["standard"], states=STATES, selection="none", assay=assay)
    groups = draw_groups(cases, seed=seed, mixture=[(scenario, 1.0)])
    if not (folder / "results" / "amplicon_branch.tsv").is_file():
        cohort.write(
            groups,
            folder,
            seed=seed,
            genes=GENES,
            modalities=("cn", "clusters"),
            ascertained=True,
        )
        study = ["--samples", folder / "samples.tsv", "--units", folder / "units.tsv"]
        study += ["--config", folder / "config.yaml"]
        _verb("cohort", *study, "--out", folder / "cohort")
        for verb in ("copy-number", "clones"):
            _verb(verb, *study, "--cohort", folder / "cohort", "--out", folder / "results")
    found = tables.read(folder / "results", "amplicon_branch")
    truth = tables.read(folder, "truth")[["case", "state", "purity_followup"]]
    truth["deleted"] = [_deleted(patient) for patient in patients.of(groups[0], seed=seed)]
    return truth.merge(found[["case", "log_lr", "mutations", "haplotype_share"]], how="left")


def _deleted(patient: patients.Patient) -> bool:
    """Return whether the amplified lineage lost the amplified haplotype."""
    lost = []
    for tumour in patient.tumours:
        genome = tumour.genome
        k = genome.segment_of(np.array([axis().at("17", tumour.biopsy.amplicon[0])]))[0]
        lost.append(genome.copies[AMPLIFIED, :, k] == 0)
    return bool((lost[1] & ~lost[0]).any())


def _verb(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "her2omics", *map(str, words)], check=True)


def by_bin(found: pd.DataFrame) -> pd.DataFrame:
    """Return stated and true share of the branch by bins of the ratio."""
    known = found[found["log_lr"].notna()]
    branch = known["state"].eq("CS")
    odds = branch.mean() / (1 - branch.mean()) * np.exp(known["log_lr"])
    stated = odds / (1 + odds)
    table = known.assign(branch=branch, stated=stated, bin=pd.cut(known["log_lr"], EDGES))
    grouped = table.groupby("bin", observed=True)
    out = grouped.agg(
        cases=("branch", "size"), stated=("stated", "mean"), branch=("branch", "mean")
    )
    gain = np.where(branch, np.log(stated / branch.mean()), np.log((1 - stated) / (~branch).mean()))
    print(f"{len(known)} cases, mean gain {gain.mean():.3f} nats, ", end="")
    print(f"Brier {((stated - branch) ** 2).mean():.3f}, prior {branch.mean():.2f}")
    return out.round(2)


def gain(gone: pd.DataFrame, deleted: float) -> float:
    """Return the mean gain over the prior in nats, losses weighed as if so many were deletions."""
    lost = ~gone["state"].eq("CS")
    weight = np.where(gone["deleted"], deleted / DELETED, (1 - deleted) / (1 - DELETED))
    weight = np.where(lost, weight * lost.sum() / weight[lost].sum(), 1.0)
    odds = (~lost).sum() / lost.sum() * np.exp(gone["log_lr"])
    right = np.where(lost, 1 / (1 + odds), odds / (1 + odds))
    prior = np.where(lost, lost.mean(), 1 - lost.mean())
    return float(np.average(np.log(right / prior), weights=weight))


def main() -> None:
    """Simulate and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=950100)
    parser.add_argument("--assay", default="wes", choices=("wes", "wgs", "panel"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = results(args.out, cases=args.cases, seed=args.seed, assay=args.assay)
    summary = found.groupby("state")["log_lr"].describe()[["count", "mean", "25%", "50%", "75%"]]
    print(summary.round(2).to_string())
    print(f"missing: {found['log_lr'].isna().sum()} of {len(found)}")
    for limit in (0.5, 1.0, 2.0):
        print(f"beyond {limit:g}: {found['log_lr'].abs().gt(limit).mean():.2f} of the cases")
    for name, part in (("gone", found[found["state"].isin(GONE)]), ("all", found)):
        print(f"\n{name}")
        print(by_bin(part).to_string())
    gone = found[found["state"].isin(GONE) & found["log_lr"].notna()]
    for share in (0.0, DELETED, 0.6, 0.9):
        print(
            f"gone, if {share:g} of the losses take the haplotype along: {gain(gone, share):+.3f}"
        )
    carried = found[found["state"].isin(GONE) & found["mutations"].gt(0)]
    print("\ngone, with mutations on the amplicon")
    print(by_bin(carried).to_string())


if __name__ == "__main__":
    main()
