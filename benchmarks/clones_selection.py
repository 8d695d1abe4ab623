"""Shifts of clusters on sets whose clones are known: false calls, sweeps found, intervals, trees.

Null sets have the same fractions in both samples, with purities as they are and off by a fifth.
``--folder DIR`` reads kept sets instead of drawing them.

Usage: ``python benchmarks/clones_selection.py --scenarios null null_wrong_purity sweep --sets 20``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import clones_sets
import numpy as np
import pandas as pd
from clones import sets

from her2omics.clones.clustering import cluster
from her2omics.clones.selection import SHIFTS, shifts
from her2omics.clones.trees import trees
from her2omics.thresholds import limits

CHANGED = 0.25  # true change of a clone that its power is compared on


def clusters_of(one: clones_sets.SimulatedSet) -> pd.DataFrame:
    """Return one row per cluster with its call and the truth of most of its members."""
    found = cluster(one.input)
    first, last = found.observed.samples[0], found.observed.samples[-1]
    table = shifts(found, first, last, limit=limits()).set_index("cluster_id")
    label = found.mutations.drop_duplicates("mutation_id").set_index("mutation_id")["cluster_id"]
    truth = one.truth.set_index("mutation_id").reindex(label.index)
    own = found.clusters.pivot(index="cluster_id", columns="sample_id")
    kept = trees(found.posterior, own["mutations"][first].to_numpy(), seed=1)
    ids = kept.clusters
    parents = {int(ids[k]): int(ids[p]) if p >= 0 else -1 for k, p in enumerate(kept.parent)}
    rows, clones = [], {}
    for k in table.index:
        clone = truth.loc[label.index[label == k], "clone"]
        clones[k] = int(clone.mode().iloc[0]) if len(clone) else -1
    for k, row in table.iterrows():
        members = truth[truth["clone"] == clones[k]]
        artefact = clones[k] < 0
        true = [np.nan] * 2 if artefact else [members[f"ccf_{s}"].iloc[0] for s in (first, last)]
        above = clones.get(parents.get(k, -1), -1)
        rows.append(
            {
                "set": one.name,
                "scenario": one.meta["scenario"],
                "cluster": k,
                "clone": clones[k],
                "size": row["mutations"],
                "call": row["call"],
                "p_sweep": row["p_sweep"],
                "power": row["power"],
                "true_first": true[0],
                "true_last": true[1],
                "parent_right": above == one.meta["parent"][clones[k]] if not artefact else np.nan,
                **_errors(own.loc[k], first, true[0], "first"),
                **_errors(own.loc[k], last, true[1], "last"),
                "whole": (label.reindex(members.index) == k).mean(),
                "clusters": len(table),
                "clones": truth.loc[truth["clone"] >= 0, "clone"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def _errors(own: pd.Series, sample: str, true: float, name: str) -> dict:
    low, high = own["ccf_low", sample], own["ccf_high", sample]
    return {
        f"inside_{name}": float(low - 1e-9 <= true <= high + 1e-9) if true == true else np.nan,
        f"error_{name}": own["ccf_mean", sample] - true,
        f"sd_{name}": own["ccf_sd", sample],
    }


def summary(frame: pd.DataFrame) -> str:
    """Return the figures in words."""
    return "\n".join(
        f"{scenario}: {line}"
        for scenario, part in frame.groupby("scenario")
        for line in _lines(part)
    )


def _lines(part: pd.DataFrame) -> Iterator[str]:
    shifted = part["call"].isin(SHIFTS)
    same = (part["true_first"] - part["true_last"]).abs() < 1e-9
    sweep = (part["true_first"] < 0.5) & (part["true_last"] > 0.85)
    yield f"{part['set'].nunique()} sets, {len(part)} clusters, {shifted.mean():.3f} called shifted"
    if same.any():
        yield f"of {same.sum()} without change {shifted[same].mean():.3f} called shifted"
        by_set = shifted[same].groupby(part["set"][same]).any()
        yield f"of {len(by_set)} sets with such clusters {by_set.mean():.3f} have a false call"
    if sweep.any():
        found = (part["p_sweep"] > limits().shift_probability)[sweep].groupby(part["set"]).any()
        yield f"sweeps found in {found.mean():.3f} of {len(found)} sets"
        false = (part["p_sweep"] > limits().shift_probability)[~sweep].mean()
        yield f"sweep called in {false:.3f} of the other clusters"
    change = (part["true_last"] - part["true_first"]).abs()
    near = change.between(CHANGED - 0.05, CHANGED + 0.05) & (part["whole"] > 0.7)
    if near.sum() > 5:
        called, power = shifted[near].mean(), part["power"][near].mean()
        yield f"changes near .25: {called:.3f} of {near.sum()} called, power {power:.3f}"
    inside = pd.concat([part["inside_first"], part["inside_last"]])
    z = pd.concat([part[f"error_{x}"] / np.hypot(part[f"sd_{x}"], 0.03) for x in ("first", "last")])
    yield f"90 % intervals hold {inside.mean():.3f}; errors beyond 3 SD {(z.abs() > 3).mean():.3f}"
    right = part[part["clusters"] == part["clones"]]
    if len(right):
        whole = right.groupby("set")["parent_right"].min().mean()
        yield f"parent right in {right['parent_right'].mean():.3f}, whole tree in {whole:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="folder of kept sets")
    parser.add_argument("--scenarios", nargs="*", default=["null", "null_wrong_purity", "sweep"])
    parser.add_argument("--sets", type=int, default=20, help="sets of each scenario")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--out", type=Path, help="one row per cluster")
    args = parser.parse_args()
    frame = pd.concat([clusters_of(one) for one in sets(args)], ignore_index=True)
    if args.out:
        frame.to_csv(args.out, sep="\t", index=False)
    print(summary(frame))


if __name__ == "__main__":
    main()
