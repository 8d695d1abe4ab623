"""Which clones carry the ERBB2 amplification, against the clone that their mutations are of.

    her2omics simulate cohort --cases 100 --seed 4600 --modalities bulk --out DIR
    (all verbs up to `her2omics clones --copy-number DIR/results --out DIR/results`)
    python benchmarks/clones_amplicon.py DIR

A row per latent state and true clone; ``?``: not sure.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from her2omics import tables


def main() -> None:
    """Print how often each kind of clone was said to carry it."""
    folder = Path(sys.argv[1])
    results = folder / "results"
    clones = tables.read(results, "clones").drop_duplicates(["patient", "clone"])
    own = tables.read(results, "mutations").drop_duplicates(["patient", "mutation_id"])
    known = tables.read(folder, "truth_mutations")[["patient", "mutation_id", "clone"]]
    both = own[own["cluster_id"].ge(0)].merge(known, on=["patient", "mutation_id"])
    true = both.groupby(["patient", "cluster_id"])["clone"].agg(lambda names: names.mode()[0])
    truth = tables.read(folder, "truth")
    state = truth.assign(patient=truth["case"].str.split("-").str[0])[["patient", "state"]]
    found = clones.merge(
        true.rename("true").reset_index(),
        left_on=["patient", "clone"],
        right_on=["patient", "cluster_id"],
    ).merge(state, on="patient")
    carries = found["carries_erbb2_amplification"].fillna("?")
    table = pd.crosstab([found["state"], found["true"]], carries)
    print(table.to_string())


if __name__ == "__main__":
    main()
