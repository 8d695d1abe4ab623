"""Second primaries and true pairs, early-branching ones included: what the lineage test says.

Usage: ``python benchmarks/clones_lineage.py --sets 30 --first 900000``.
"""

from __future__ import annotations

import argparse

import clones_sets
import numpy as np
import pandas as pd

from her2omics.clones.clustering import cluster
from her2omics.clones.lineage import lineage
from her2omics.thresholds import limits

SCENARIOS = ("independent", "early", "usual", "low_purity", "panel")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=30, help="sets of each scenario")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    args = parser.parse_args()
    rows = []
    for scenario in SCENARIOS:
        for seed in range(args.first, args.first + args.sets):
            found = cluster(clones_sets.simulate(scenario, seed).input)
            unknown = np.full(len(found.observed.mutations), np.nan)
            judged = lineage(found, "S0", "S1", frequency=unknown, limit=limits())
            rows.append({"scenario": scenario, "seed": seed, **judged.__dict__})
    frame = pd.DataFrame(rows)
    print(pd.crosstab(frame["scenario"], frame["call"]).to_string())
    columns = ["shared", "private_baseline", "private_followup", "log10_bayes_factor"]
    print(frame.groupby("scenario")[columns].agg(["min", "median", "max"]).round(1).to_string())


if __name__ == "__main__":
    main()
