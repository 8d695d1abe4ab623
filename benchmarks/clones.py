"""Accuracy of the clusters beside PyClone-VI's algorithm, on sets whose clones are known.

``--folder DIR`` reads kept sets; with ``peer_results.tsv`` in it the peer's own figures stand
beside ours. Without it, sets are drawn by ``clones_sets``: ``--scenarios``, ``--sets`` of each from
``--first`` on; seeds below 900000 are for development, figures are reported from 900000 on.

Usage: ``python benchmarks/clones.py --sets 4 --first 900000 --out results.tsv``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import clones_sets
import numpy as np
import pandas as pd
import pyclone_vi_baseline
from scipy import stats
from scipy.special import comb

from her2omics.clones.clustering import cluster

MEASURES = ("ari", "ccf_mae", "count_error", "cpu_s")


def adjusted_rand(truth: np.ndarray, found: np.ndarray) -> float:
    """Adjusted Rand index of two labellings (Hubert & Arabie 1985, J Classif 2:193)."""
    table = pd.crosstab(truth, found).to_numpy()
    both, rows, columns = (comb(x, 2).sum() for x in (table, table.sum(1), table.sum(0)))
    expected = rows * columns / comb(len(truth), 2)
    largest = (rows + columns) / 2
    return 1.0 if largest == expected else float((both - expected) / (largest - expected))


def measures(truth: pd.DataFrame, found: pd.DataFrame) -> dict[str, float]:
    """Return ARI, mean absolute error of the mutations' CCF, and clusters found and true.

    Artefacts (clone -1 of the truth) count in the number of clusters only; so do the mutations the
    tool left out of its answer.
    """
    real = truth[truth["clone"] >= 0].set_index("mutation_id")
    ccf = real[[c for c in real if c.startswith("ccf_")]]
    ccf.columns = [c.removeprefix("ccf_") for c in ccf]
    label = found.drop_duplicates("mutation_id").set_index("mutation_id")["cluster_id"]
    kept = real.index.intersection(label.index)
    prevalence = found.pivot(index="mutation_id", columns="sample_id", values="cellular_prevalence")
    error = (prevalence.loc[kept, ccf.columns] - ccf.loc[kept]).abs()
    return {
        "ari": adjusted_rand(real.loc[kept, "clone"].to_numpy(), label[kept].to_numpy()),
        "ccf_mae": float(error.to_numpy().mean()),
        "clusters": int(label[label >= 0].nunique()),
        "clones": int(real["clone"].nunique()),
        "fair_target": fair_target(real, label.loc[kept], ccf, prevalence),
    }


def fair_target(
    real: pd.DataFrame, label: pd.Series, ccf: pd.DataFrame, prevalence: pd.DataFrame
) -> bool:
    """Whether every clone has one cluster of its own, CCF within .05, >= 90 % of its members."""
    used = set()
    for _, members in real.groupby("clone"):
        own = label.reindex(members.index)
        counts = own.value_counts()
        best = counts.index[0] if len(counts) else -1
        if best < 0 or best in used or counts.iloc[0] < 0.9 * len(members):
            return False
        used.add(best)
        true = ccf.loc[members.index[0]]
        given = prevalence.loc[own.index[own == best][0], ccf.columns]
        if (given - true).abs().max() > 0.05:
            return False
    return len(used) == real["clone"].nunique()


def sets(args: argparse.Namespace) -> Iterator[clones_sets.SimulatedSet]:
    """Yield the sets asked for."""
    if args.folder is not None:
        for folder in sorted(args.folder.iterdir()):
            if folder.is_dir() and (not args.scenarios or folder.name[:3] in args.scenarios):
                yield clones_sets.read_set(folder)
        return
    for scenario in args.scenarios or clones_sets.GENERAL:
        for seed in range(args.first, args.first + args.sets):
            yield clones_sets.simulate(scenario, seed)


def peer_of_folder(folder: Path) -> dict[str, dict]:
    """Return the peer's kept figures by set."""
    path = folder / "peer_results.tsv"
    if not path.is_file():
        return {}
    frame = pd.read_csv(path, sep="\t").rename(columns={"k": "clusters", "k_true": "clones"})
    return frame.set_index("dataset").to_dict("index")


def timed(function, frame: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    start = time.process_time()
    found = function(frame)
    seconds = time.process_time() - start
    return {**measures(truth, found), "cpu_s": seconds}


def compare(args: argparse.Namespace) -> pd.DataFrame:
    """Return one row per set and tool."""
    kept = peer_of_folder(args.folder) if args.folder else {}
    rows = []
    for one in sets(args):
        tools = {"her2omics": timed(lambda x: cluster(x).mutations, one.input, one.truth)}
        if one.name in kept:
            tools["pyclone_vi"] = kept[one.name]
        elif not args.alone:
            tools["pyclone_vi"] = timed(pyclone_vi_baseline.fit, one.input, one.truth)
        for tool, row in tools.items():
            error = abs(row["clusters"] - row["clones"])
            rows.append(
                {
                    "tool": tool,
                    "scenario": one.meta["scenario"],
                    "set": one.name,
                    **{name: row.get(name) for name in ("ari", "ccf_mae", "clusters", "clones")},
                    "count_error": error,
                    "fair_target": row.get("fair_target"),
                    "cpu_s": row["cpu_s"],
                }
            )
    return pd.DataFrame(rows)


def summary(frame: pd.DataFrame) -> str:
    """Return means by tool and scenario, and the paired comparison."""
    frame = frame.assign(fair_target=frame["fair_target"].astype(float))
    columns = [*MEASURES, "fair_target"]
    lines = [frame.groupby(["scenario", "tool"])[columns].mean().round(4).to_string()]
    lines.append(frame.groupby("tool")[columns].mean().round(4).to_string())
    wide = frame.pivot(index="set", columns="tool", values=list(MEASURES))
    if frame["tool"].nunique() == 2 and len(wide) > 1:
        for name in MEASURES:
            ours, peer = wide[name]["her2omics"], wide[name]["pyclone_vi"]
            p = stats.ttest_rel(ours, peer).pvalue
            rank = stats.wilcoxon(ours, peer).pvalue if (ours != peer).any() else 1.0
            lines.append(
                f"{name}: {ours.mean():.4f} against {peer.mean():.4f}, difference "
                f"{(ours - peer).mean():+.4f} over {len(ours)} sets, paired t p = {p:.2g}, "
                f"Wilcoxon p = {rank:.2g}; ratio {ours.mean() / peer.mean():.3f}"
            )
    return "\n\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="folder of kept sets")
    parser.add_argument("--scenarios", nargs="*", help="of the simulator, or S01 ... of a folder")
    parser.add_argument("--sets", type=int, default=3, help="sets of each scenario")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--alone", action="store_true", help="without the peer")
    parser.add_argument("--out", type=Path, help="one row per set and tool")
    args = parser.parse_args()
    np.set_printoptions(precision=4)
    frame = compare(args)
    if args.out:
        frame.to_csv(args.out, sep="\t", index=False)
    print(summary(frame))


if __name__ == "__main__":
    main()
