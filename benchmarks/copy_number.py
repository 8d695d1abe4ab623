"""Copy-number arm: diluted exomes beside other programs, and simulated pairs against their truth.

    python benchmarks/copy_number.py dilution FOLDER
    python benchmarks/copy_number.py simulated --pairs 150 --seed 900001 --out DIR
    python benchmarks/copy_number.py grid --pairs 38 --seeds 910001 911001 912001 --out DIR
    python benchmarks/copy_number.py peers FOLDER --out DIR

``dilution`` reads ``bins.tsv.gz`` (chromosome, start, end, weight, a column of log2 ratios per
mixture) and ``snps.tsv.gz`` (chromosome, position, ``ref,alt`` reads of normal and mixtures) and
runs each pair in a process of its own, for its CPU seconds and memory. ``peers`` runs CNVkit and
PureCN on the same tables where they are installed. ``simulated`` writes the files of a cohort per
cell, runs the arm on them and scores intervals and calls; its cells depart from a middle one in one
thing each, those of ``grid`` in all at once. Seeds from 900000 on are for reporting.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from her2omics import genome
from her2omics.copy_number import arm
from her2omics.genome import plain_chromosomes
from her2omics.readers.bins import COLUMNS as BIN_COLUMNS
from her2omics.readers.bins import Bins
from her2omics.readers.dna import PatientDna, SampleDna, read_patient
from her2omics.readers.snps import Snps
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study
from her2omics.simulate import cohort, scenarios
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.tables import draw_groups

BASELINE = "p0.538_c12"
SEED = 17
# Copies of ERBB2 that other programs called on these mixtures (12 copies), by purity: measured
# once, by whoever made the mixtures, not by this benchmark; -: no figure.
PEERS = pd.DataFrame(
    {
        "FACETS": ["12", "13", "15", "5, no purity", "3, no purity"],
        "PureCN": ["11.6", "11.7", "11.7", "7", "5"],
        "CNVkit": ["8", "-", "4", "3", "3"],
    },
    index=[0.538, 0.269, 0.179, 0.09, 0.045],
)
# What happened to the amplification, so that every call has its truth.
_FATES = {"R": 0.35, "CS": 0.2, "DA": 0.2, "MIX": 0.05, "PR": 0.2}
KEPT, PARTLY = 0.5, 0.25  # true retention from which a call of loss is wrong, or doubtful
GONE = 0.05  # nothing of the gain is left: a call of loss is wanted, not only right


# --- diluted exomes


def mixtures(folder: Path) -> list[str]:
    """Return the names of the mixtures, ``p<purity>_c<copies>``."""
    header = pd.read_csv(folder / "bins.tsv.gz", sep="\t", nrows=0).columns
    return [name for name in header if name.startswith("p") and "_c" in name]


def diluted(folder: Path, name: str, timepoint: str) -> SampleDna:
    """Return the tables of one mixture."""
    place = ["chromosome", "start", "end", "weight"]
    bins = pd.read_csv(folder / "bins.tsv.gz", sep="\t", usecols=[*place, name])
    bins = bins.rename(columns={name: "log2"}).reindex(columns=list(BIN_COLUMNS))
    bins["chromosome"] = plain_chromosomes(bins["chromosome"])
    columns = ["chromosome", "position", "normal", name]
    sites = pd.read_csv(folder / "snps.tsv.gz", sep="\t", usecols=columns)
    frame = pd.DataFrame(
        {"chromosome": plain_chromosomes(sites["chromosome"]), "position": sites["position"]}
    )
    for prefix, column in (("", name), ("normal_", "normal")):
        counts = sites[column].str.split(",", expand=True).astype(float)
        frame[f"{prefix}ref_count"], frame[f"{prefix}alt_count"] = counts[0], counts[1]
    return SampleDna(
        name,
        "P",
        timepoint,
        "wes",
        bins=Bins(bins, "bins.tsv.gz", {}, 0, 0),
        snps=Snps(frame, "snps.tsv.gz", {}, 0, "snps.tsv.gz"),
    )


def analysed(baseline: SampleDna, followup: SampleDna, build: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a pair."""
    samples = pd.DataFrame(
        {
            "patient": "P",
            "sample": [baseline.sample, followup.sample],
            "timepoint": ["baseline", "followup"],
            "exclude": None,
            "purity": np.nan,
            "tumour_content": np.nan,
            "ploidy": np.nan,
        }
    )
    case = {"case": "pair", "patient": "P"}
    case |= {"baseline": baseline.sample, "followup": followup.sample}
    rows = arm.Rows()
    arm.analyse(
        PatientDna("P", (baseline, followup), ()),
        samples,
        pd.DataFrame([case]),
        rows,
        genome=genome.load(build),
        rng=np.random.default_rng(SEED),
    )
    return rows.tables()


def diluted_pair(folder: Path, name: str) -> dict:
    """Return what the arm says of one follow-up, and what it cost."""
    both = diluted(folder, BASELINE, "baseline"), diluted(folder, name, "followup")
    start = time.process_time()
    found = analysed(*both, "GRCh37")
    seconds = time.process_time() - start
    here = found["copy_number"].set_index("sample").loc[name]
    pair = found["copy_number_pairs"].iloc[0]
    purity, copies = name.lstrip("p").split("_c")
    return {
        "purity": float(purity),
        "copies": int(copies),
        "purity_found": _shown(here, "purity", 3),
        "erbb2_copies": _shown(here, "erbb2_copies", 1),
        "high_over_low": round(here["erbb2_copies_high"] / here["erbb2_copies_low"], 2),
        "retention": _shown(pair, "retention", 2),
        "call": pair["call"],
        "seconds": round(seconds, 1),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _shown(row: pd.Series, name: str, digits: int) -> str:
    middle, low, high = (round(float(row[name + end]), digits) for end in ("", "_low", "_high"))
    return f"{middle} ({low}-{high})"


def dilution(args: argparse.Namespace) -> None:
    names = [name for name in mixtures(args.folder) if name != BASELINE]
    alone = {"max_workers": 1, "max_tasks_per_child": 1, "mp_context": get_context("spawn")}
    with ProcessPoolExecutor(**alone) as pool:
        rows = list(pool.map(diluted_pair, [args.folder] * len(names), names))
    frame = pd.DataFrame(rows).sort_values(["copies", "purity"], ascending=False)
    print(frame.to_string(index=False))
    print("\nother programs, the mixtures of 12 copies")
    print(PEERS.rename_axis("purity").to_string())


# --- simulated pairs


def cells() -> dict[str, Scenario]:
    """Return the cells of the grid: one departure each from a middle one."""
    middle = replace(
        scenarios.SCENARIOS["standard"],
        states=_FATES,
        selection="none",
        doubling_between=0.0,
        fixed={"purity_baseline": (0.4, 0.8), "purity_followup": 0.4},
    )
    found = {"middle": middle}

    def vary(name: str, fixed: dict | None = None, **changes) -> None:
        found[name] = replace(middle, fixed=middle.fixed | (fixed or {}), **changes)

    for purity in (0.9, 0.6, 0.25, 0.18, 0.09, 0.045):
        vary(f"purity {purity}", {"purity_followup": purity})
    for copies in (6, 8, 12, 20):
        fixed = {"copies_amplified_baseline": copies, "copies_other": (2, 3), "ploidy": (2, 2.3)}
        vary(f"copies {copies}", fixed)
    for share in (0.3, 0.6, 1.0):
        vary(f"clonal share {share}", {"f_baseline": share})
    vary("doubling between", doubling_between=1.0)
    vary("quiet genome", quiet_genome=True)
    vary("private segments .3", private_segments=0.3)
    vary("private segments .5", private_segments=0.5)
    vary("panel", assay="panel")
    vary("WGS", assay="wgs")
    vary("noise x 1.6", copy_number_noise=1.6)
    return found


# Levels of the grid: each row of an orthogonal array of 27 rows (Taguchi's L27) holds one level of
# every factor, and every pair of levels of two factors is in three rows.
GRID = {
    "purity": ((0.045, 0.12), (0.12, 0.3), (0.3, 0.9)),
    "copies": ((4, 7), (7, 12), (12, 20)),
    "clonal share": ((0.3, 0.6), (0.6, 0.9), (0.9, 1.0)),
    "genome": ("usual", "doubling between", "quiet"),
    "noise": ("WES", "panel", "WES x 1.6"),
    "private segments": (0.1, 0.3, 0.5),
}
_COLUMNS = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 2, 1), (1, 1, 2))


def grid_rows() -> list[tuple[dict[str, str], Scenario]]:
    """Return the levels of every row of the grid, and its scenario."""
    rows = []
    for row in np.ndindex(3, 3, 3):
        level = {
            factor: GRID[factor][int(np.dot(row, column) % 3)]
            for factor, column in zip(GRID, _COLUMNS, strict=True)
        }
        scenario = replace(
            cells()["middle"],
            fixed={
                "purity_baseline": (0.4, 0.8),
                "purity_followup": level["purity"],
                "copies_amplified_baseline": level["copies"],
                "f_baseline": level["clonal share"],
            },
            doubling_between=float(level["genome"] == "doubling between"),
            quiet_genome=level["genome"] == "quiet",
            private_segments=level["private segments"],
            assay="panel" if level["noise"] == "panel" else "wes",
            copy_number_noise=1.6 if level["noise"].endswith("1.6") else 1.0,
        )
        rows.append(({factor: str(value) for factor, value in level.items()}, scenario))
    return rows


def grid(args: argparse.Namespace) -> None:
    every = [_grid_of(seed, args.pairs, args.out / str(seed)) for seed in args.seeds]
    scores = pd.concat(every)
    rows = {"all": summary(scores)}
    for factor in GRID:
        for level, part in scores.groupby(factor, sort=False):
            rows[f"{factor} {level}"] = summary(part)
    table = pd.DataFrame(rows).T
    table.to_csv(args.out / "grid.tsv", sep="\t", index_label="cell")
    print(table.round(3).to_string())


def _grid_of(seed: int, pairs: int, out: Path) -> pd.DataFrame:
    """Return the scores of one seed, of all 27 rows; those of an earlier run are read."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "grid_pairs.tsv"
    every = [pd.read_csv(path, sep="\t")] if path.exists() else []
    done = len(every[0]) // pairs if every else 0
    for number, (levels, scenario) in enumerate(grid_rows()):
        if number < done:
            continue
        scores = pd.DataFrame(simulated_pairs(scenario, pairs, seed + number))
        every.append(scores.assign(**levels))
        pd.concat(every).to_csv(path, sep="\t", index=False)
        print(f"seed {seed}, row {number + 1} of 27: {levels}", file=sys.stderr, flush=True)
    return pd.concat(every)


def simulated_pairs(scenario: Scenario, pairs: int, seed: int) -> Iterator[dict]:
    """Yield the score of every pair of a cell."""
    groups = draw_groups(pairs, seed=seed, mixture=[(scenario, 1.0)], ascertained=False)
    cases = groups[0].cases.set_index("case")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        cohort.write(
            groups, out, seed=seed, genes=2500, modalities=frozenset({"cn"}), ascertained=False
        )
        truth = pd.read_csv(out / "truth_dna.tsv", sep="\t").set_index("sample")
        overrides = {"samples": str(out / "samples.tsv"), "units": str(out / "units.tsv")}
        config = read_config(None, overrides | {"seed": seed, "ascertained": False})
        study = read_study(out / "samples.tsv", out / "units.tsv", config=config)
        build = genome.of_config(config)
        for number, patient in enumerate(study.cases["patient"].unique()):
            dna = read_patient(study, patient, genome=build)
            rows = arm.Rows()
            start = time.process_time()
            arm.analyse(
                dna,
                study.samples[study.samples["patient"].eq(patient)],
                study.cases[study.cases["patient"].eq(patient)],
                rows,
                genome=build,
                rng=np.random.default_rng([seed, number]),
            )
            seconds = time.process_time() - start
            tables = rows.tables()
            for pair in tables["copy_number_pairs"].to_dict("records"):
                doubled = bool(cases.at[pair["case"], "doubling_between"])
                yield _scored(pair, tables["copy_number"], truth, doubled) | {"seconds": seconds}


def _scored(pair: dict, samples: pd.DataFrame, truth: pd.DataFrame, doubled: bool) -> dict:
    """Return truth, call, and which intervals cover."""
    before, after = truth.loc[pair["baseline"]], truth.loc[pair["followup"]]
    # As the arm defines it: gain over the genome's mean; a doubling doubles what was kept.
    times = 2 if doubled else 1
    gain = before["erbb2_copies"] - before["ploidy"]
    rho = (after["erbb2_copies"] - after["ploidy"]) / (times * gain)
    out = {"case": pair["case"], "call": pair["call"], "reason": pair["reason"], "retention": rho}
    out |= {"retention_found": pair["retention"], "gain": gain}
    out["retention_covered"] = pair["retention_low"] <= rho <= pair["retention_high"]
    found = samples.set_index("sample")
    for time_point, sample, known in (
        ("before", pair["baseline"], before),
        ("after", pair["followup"], after),
    ):
        for name in ("erbb2_copies", "purity"):
            low, high = found.at[sample, f"{name}_low"], found.at[sample, f"{name}_high"]
            out[f"{name}_{time_point}"] = low <= known[name] <= high
        for name in ("erbb2_copies", "purity", "ploidy"):
            out[f"{name}_{time_point}_true"] = known[name]
            out[f"{name}_{time_point}_found"] = found.at[sample, name]
    return out


def summary(scores: pd.DataFrame) -> pd.Series:
    """Return the figures of one cell; shares of its pairs."""
    truth, call = scores["retention"], scores["call"]
    kept, lost, gone = truth.ge(0.75), truth.lt(PARTLY), truth.lt(GONE)

    def share(hit: pd.Series, of: pd.Series) -> float:
        return float(hit[of].mean()) if of.any() else np.nan

    return pd.Series(
        {
            "pairs": len(scores),
            "copies": scores[["erbb2_copies_before", "erbb2_copies_after"]].to_numpy().mean(),
            "purity": scores[["purity_before", "purity_after"]].to_numpy().mean(),
            "purity_after": scores["purity_after"].mean(),
            "retention": scores["retention_covered"].mean(),
            "swaps": int((call.eq("lost") & truth.ge(KEPT)).sum())
            + int((call.eq("retained") & lost).sum()),
            "lost>=.5": share(call.eq("lost"), truth.ge(KEPT)),
            "lost.25-.5": share(call.eq("lost"), truth.between(PARTLY, KEPT)),
            "kept:retained": share(call.eq("retained"), kept),
            "gone:lost": share(call.eq("lost"), gone),
            "between:reduced": share(call.eq("reduced"), ~kept & ~lost),
            "not_assessable": call.eq("not_assessable").mean(),
            "seconds": scores["seconds"].mean(),
        }
    )


def simulated(args: argparse.Namespace) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    every, rows = [], {}
    for number, (name, scenario) in enumerate(cells().items()):
        if args.cells and name not in args.cells:
            continue
        scores = pd.DataFrame(simulated_pairs(scenario, args.pairs, args.seed + number))
        every.append(scores.assign(cell=name))
        rows[name] = summary(scores)
        pd.concat(every).to_csv(args.out / "pairs.tsv", sep="\t", index=False)
        pd.DataFrame(rows).T.to_csv(args.out / "cells.tsv", sep="\t", index_label="cell")
        print(f"{name}: {rows[name].round(3).to_dict()}", flush=True)
    rows["all"] = summary(pd.concat(every))
    table = pd.DataFrame(rows).T
    table.to_csv(args.out / "cells.tsv", sep="\t", index_label="cell")
    print(table.round(3).to_string())


def peers(args: argparse.Namespace) -> None:
    from copy_number_peers import run  # which takes the mixtures from here

    run(args.folder, args.mixtures or mixtures(args.folder), args.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("dilution")
    verb.add_argument("folder", type=Path, help="folder of bins.tsv.gz and snps.tsv.gz")
    verb.set_defaults(run=dilution)
    verb = verbs.add_parser("peers")
    verb.add_argument("folder", type=Path, help="folder of bins.tsv.gz and snps.tsv.gz")
    verb.add_argument("--out", type=Path, required=True)
    verb.add_argument("--mixtures", nargs="+", metavar="NAME", help="these alone")
    verb.set_defaults(run=peers)
    verb = verbs.add_parser("simulated")
    verb.add_argument("--pairs", type=int, default=150, help="pairs per cell (default 150)")
    verb.add_argument("--seed", type=int, default=900_001)
    verb.add_argument("--cells", nargs="+", metavar="NAME", help="these cells only")
    verb.add_argument("--out", type=Path, required=True)
    verb.set_defaults(run=simulated)
    verb = verbs.add_parser("grid")
    verb.add_argument("--pairs", type=int, default=38, help="pairs per row of 27 (default 38)")
    verb.add_argument("--seeds", type=int, nargs="+", default=[910_001])
    verb.add_argument("--out", type=Path, required=True)
    verb.set_defaults(run=grid)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    sys.exit(main())
