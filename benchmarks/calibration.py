"""Is the classifier as often right as it says, also where its assumptions fail.

    python benchmarks/calibration.py --level evidence --cases 5000 --seed 900001 --out DIR
    python benchmarks/calibration.py --level files --cases 300 --seed 900001 --out DIR

Every cell is a scenario and a modality set, drawn by the simulator, classified, and scored against
the latent truth. ``--level files`` goes through the files and all verbs. Seeds from 900000 on are
for reporting only; nothing is tuned on them. Writes ``calibration.tsv`` (a row per cell),
``bands.tsv`` (by follow-up purity, setting and label), ``reliability.tsv``, ``reliability.svg``,
and ``tables.md`` with the tables of ``docs/calibration.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.mechanism.calibrate import learn, with_noise
from her2omics.mechanism.classify import classify, gates_by_case
from her2omics.mechanism.evidence import parse
from her2omics.sheets.config import defaults
from her2omics.simulate import evidence as evidence_level
from her2omics.simulate import scenarios
from her2omics.simulate.tables import draw_groups, truth
from her2omics.tables import LABELS

BINS = 15
BOOTSTRAPS = 200
LATENTS = (
    "f_baseline",
    "f_followup",
    "copies_amplified_baseline",
    "copies_amplified_followup",
    "repression_log2",
)
PURITY_BANDS = ((0.0, 0.10), (0.10, 0.20), (0.20, 0.30), (0.30, 1.0))

# name: (scenario, modalities, kept whatever was reported)
STANDARD = {
    "standard, mixed": ("standard", "mixed", False),
    "standard, all bulk": ("standard", "bulk", False),
    "standard, all bulk + ISH": ("standard", "bulk+ish", False),
    "standard, copy number + RNA": ("standard", "cn+rna", False),
    "standard, RNA": ("standard", "rna", False),
    "standard, RNA + ISH": ("standard", "rna+ish", False),
    "unselected, mixed": ("standard", "mixed", True),
    "standard, all bulk + cells": ("standard", "bulk+cells", False),
    "standard, RNA + cells": ("standard", "rna+cells", False),
}
DEPARTURES = {
    name: (name, "mixed", False)
    for name in (
        "rna_noise_doubled",
        "settings_wrong",
        "pieces_025",
        "exponent_110",
        "exponent_190",
        "repression_weak",
        "neighbours_following",
        "private_wide",
        "purity_high",
        "purity_low",
        "panel",
        "ffpe",
        "dark_stroma",
        "copy_number_noise",
        "all_gains_cut",
        "settings_unknown",
        "purity_noisy",
        "wgs",
        "programme_noisy",
        "incomplete_amplicon",
        "early_branching",
        "ffpe_artefacts",
        "different_panels",
    )
}
EVIDENCE_CELLS = STANDARD | DEPARTURES
FILE_CELLS = {
    "files, RNA": ("standard", "rna", False),
    "files, RNA + purity": ("standard", "rna+dna", False),
    "files, RNA + purity + ISH": ("standard", "rna+dna+ish", False),
    "files, copy number": ("standard", "cn", False),
    "files, copy number + RNA": ("standard", "cn+rna", False),
    "files, copy number + RNA + ISH": ("standard", "cn+rna+ish", False),
    "files, all bulk": ("standard", "bulk", False),
    "files, RNA + cells": ("standard", "rna+cells", False),
}


def classified(cell: tuple, *, cases: int, seed: int, cores: int) -> pd.DataFrame:
    """Return verdicts beside the truth, one row per case, from simulated evidence."""
    scenario, modalities, unselected = cell
    groups = draw_groups(
        cases, seed=seed, mixture=scenarios.parse(scenario), ascertained=not unselected
    )
    kinds = evidence_level.parse_modalities(modalities)
    evidence = evidence_level.evidence(groups, kinds, seed=seed)
    pairs = evidence_level.pairs(groups, kinds, ascertained=not unselected)
    config, quality = defaults(), evidence_level.quality(groups)
    parsed = parse(evidence, pairs, multipliers=config["priors"]["multipliers"])
    noise, _ = learn(parsed, quality=gates_by_case(quality), config=config, cores=cores)
    verdicts, _, _ = classify(
        with_noise(parsed, noise),
        quality=quality,
        config=config,
        cores=cores,
        explain=False,
    )
    return beside(verdicts, truth(groups))


def from_files(cell: tuple, *, cases: int, seed: int, cores: int, work: Path) -> pd.DataFrame:
    """Return verdicts beside the truth, one row per case, from simulated files and all verbs."""
    scenario, modalities, _ = cell
    folder = work / f"{scenario}_{modalities.replace('+', '_')}_{seed}"
    simulate = ["simulate", "cohort", "--cases", cases, "--seed", seed, "--scenario", scenario]
    _verb(*simulate, "--modalities", modalities, "--out", folder)
    study = ["--samples", folder / "samples.tsv", "--units", folder / "units.tsv"]
    study += ["--config", folder / "config.yaml", "--cohort", folder / "cohort"]
    out = folder / "results"
    _verb("cohort", *study[:-2], "--out", folder / "cohort")
    for verb in ("copy-number", "clones", "expression", "subtype"):
        _verb(verb, *study, "--out", out)
    if "cells" in modalities:
        _verb("single-cell", *study[:-2], "--out", out)
    _verb("quality", *study, "--tables", out, "--out", out / "gates")
    gates = ["--quality", out / "gates" / "quality.tsv", "--tables", out]
    _verb("calibrate", *study, "--tables", out, "--cores", cores, "--out", folder / "cohort")
    gates += ["--noise", folder / "cohort" / "model_noise.tsv"]
    _verb("classify", *study, *gates, "--cores", cores, "--out", out)
    return beside(tables.read(out, "cases"), tables.read(folder, "truth"))


def _verb(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "her2omics", *map(str, words)], check=True)


def beside(verdicts: pd.DataFrame, truths: pd.DataFrame) -> pd.DataFrame:
    """Return verdicts joined to the truth of the same case (columns ``true_*``)."""
    return verdicts.merge(truths.add_prefix("true_"), left_on="case", right_on="true_case")


def _ece(confidence: np.ndarray, right: np.ndarray) -> float:
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    gap = np.bincount(place, right - confidence, minlength=BINS)
    return float(np.abs(gap[count > 0]).sum() / len(confidence))


def ece_excess(confidence: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return ECE of the top label, and its excess over the mean under perfect calibration.

    The expectation is a parametric bootstrap: outcomes drawn with the stated probabilities.
    """
    rng = np.random.default_rng(1)
    expected = np.mean(
        [_ece(confidence, rng.random(len(confidence)) < confidence) for _ in range(BOOTSTRAPS)]
    )
    found = _ece(confidence, right.astype(float))
    return found, found - float(expected)


def score(frame: pd.DataFrame) -> dict[str, float]:
    """Return the figures of one cell."""
    assessed = frame[frame["p_not_lost"].notna()]
    p = assessed[[f"p_{label}" for label in LABELS]].to_numpy()
    p = p / p.sum(axis=1, keepdims=True)
    y = assessed["true_label"].map({label: i for i, label in enumerate(LABELS)}).to_numpy()
    right = p.argmax(axis=1) == y
    confidence = p.max(axis=1)
    called = assessed["call"].eq("called").to_numpy()
    ece, excess = ece_excess(confidence, right)
    own = np.maximum(p[np.arange(len(y)), y], 1e-6)
    losses = called & (assessed["label"] != "not_lost").to_numpy()
    out = {
        "cases": len(frame),
        "assessed": len(assessed) / len(frame),
        "accuracy": right.mean(),
        "confidence": confidence.mean(),
        "ece": ece,
        "ece_excess": excess,
        "brier": np.mean(((p - np.eye(len(LABELS))[y]) ** 2).sum(axis=1)),
        "log_loss": -np.log(own).mean(),
        "called": called.sum() / len(frame),
        "called_right": right[called].mean() if called.any() else np.nan,
        "called_stated": confidence[called].mean() if called.any() else np.nan,
        "loss_called_wrong": (losses & ~right).sum() / len(frame),
        "low_ess": frame["gates"].fillna("").str.contains("LOW_ESS").mean(),
    }
    for i, label in enumerate(LABELS):
        mine = y == i
        out[f"recall_{label}"] = right[mine].mean() if mine.any() else np.nan
    for name in LATENTS:
        inside = assessed[f"true_{name}"].between(
            assessed[f"{name}_low"] - 1e-6, assessed[f"{name}_high"] + 1e-6
        )
        out[f"coverage_{name}"] = inside.mean()
    return out


def bands(frame: pd.DataFrame) -> list[dict]:
    """Return the figures by follow-up purity, setting and true label."""
    groups = {
        f"purity {low:.2f}-{high:.2f}": frame["true_purity_followup"].between(low, high, "left")
        for low, high in PURITY_BANDS
    }
    groups |= {
        setting: frame["true_setting"].eq(setting)
        for setting in sorted(frame["true_setting"].dropna().unique())
    }
    rows = []
    for name, chosen in groups.items():
        if chosen.sum() >= 30 and frame.loc[chosen, "p_not_lost"].notna().any():
            rows.append({"group": name, **score(frame[chosen])})
    return rows


def reliability(frame: pd.DataFrame) -> pd.DataFrame:
    """Return stated against found frequency of the top label, by bin of the stated one."""
    assessed = frame[frame["p_not_lost"].notna()]
    p = assessed[[f"p_{label}" for label in LABELS]].to_numpy()
    top = np.array(LABELS)[p.argmax(axis=1)]
    place = np.minimum((p.max(axis=1) * 10).astype(int), 9)
    table = pd.DataFrame(
        {"bin": place, "stated": p.max(axis=1), "right": top == assessed["true_label"]}
    )
    grouped = table.groupby("bin").agg(
        stated=("stated", "mean"), found=("right", "mean"), cases=("right", "size")
    )
    grouped["se"] = np.sqrt(grouped["found"] * (1 - grouped["found"]) / grouped["cases"])
    return grouped.reset_index()


def draw(curves: dict[str, pd.DataFrame], path: Path) -> None:
    """Write the reliability diagrams, one panel per cell."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "her2omics"
    from matplotlib.figure import Figure

    columns = min(4, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(2.6 * columns, 2.7 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    for axis in axes[len(curves) :]:
        axis.set_visible(False)
    for axis, (name, curve) in zip(axes, curves.items(), strict=False):
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axis.errorbar(
            curve["stated"],
            curve["found"],
            yerr=1.645 * curve["se"],
            fmt="o-",
            markersize=3,
            color="#0072B2",
            linewidth=1,
        )
        axis.set(title=name, xlim=(0.2, 1.02), ylim=(0, 1.02))
        axis.title.set_fontsize(8)
        axis.tick_params(labelsize=7)
    figure.supxlabel("stated probability of the leading label", fontsize=9)
    figure.supylabel("share that was right (90 % interval)", fontsize=9)
    figure.savefig(path, metadata={"Date": None})


def markdown(rows: list[dict], banded: list[dict]) -> str:
    """Return the tables of the page on calibration."""
    frame, parts = pd.DataFrame(rows).set_index("cell"), pd.DataFrame(banded)
    blocks = [
        _table(
            [
                "evidence",
                "cases",
                "leading label right",
                "stated",
                "called",
                "of those right",
                "ECE excess",
            ],
            [
                [
                    name,
                    f"{row.cases:.0f}",
                    _share(row.accuracy, row.assessed * row.cases),
                    f"{row.confidence:.3f}",
                    f"{row.called:.2f}",
                    _share(row.called_right, row.called * row.cases),
                    f"{row.ece_excess:+.3f}",
                ]
                for name, row in frame.iterrows()
            ],
        ),
        _table(
            ["label", *frame.index],
            [[label, *(f"{value:.2f}" for value in frame[f"recall_{label}"])] for label in LABELS],
        ),
        _table(
            ["evidence", *(name.replace("_", " ") for name in LATENTS)],
            [
                [cell, *(f"{row[f'coverage_{name}']:.3f}" for name in LATENTS)]
                for cell, row in frame.iterrows()
            ],
        ),
    ]
    for cell, group in parts.groupby("cell", sort=False):
        blocks.append(
            f"{cell}:\n\n"
            + _table(
                ["group", "cases", "leading label right", "stated", "called", "of those right"],
                [
                    [
                        row.group,
                        f"{row.cases:.0f}",
                        f"{row.accuracy:.2f}",
                        f"{row.confidence:.2f}",
                        f"{row.called:.2f}",
                        f"{row.called_right:.2f}",
                    ]
                    for row in group.itertuples()
                ],
            )
        )
    return "\n\n".join(blocks) + "\n"


def _share(value: float, count: float) -> str:
    """Return a share with its standard error."""
    if not count or np.isnan(value):
        return "-"
    return f"{value:.3f} ± {np.sqrt(max(value * (1 - value), 1e-9) / count):.3f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Run the cells asked for and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--level", choices=("evidence", "files"), default="evidence")
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=900001)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--cells", help="comma-separated names; `standard` or `departures`")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cells = EVIDENCE_CELLS if args.level == "evidence" else FILE_CELLS
    if args.cells in ("standard", "departures"):
        cells = STANDARD if args.cells == "standard" else DEPARTURES
    elif args.cells:
        cells = {name.strip(): cells[name.strip()] for name in args.cells.split(";")}
    args.out.mkdir(parents=True, exist_ok=True)
    rows, banded, curves = [], [], {}
    for position, (name, cell) in enumerate(cells.items()):
        start = time.perf_counter()
        seed = args.seed + position
        if args.level == "evidence":
            frame = classified(cell, cases=args.cases, seed=seed, cores=args.cores)
        else:
            frame = from_files(
                cell, cases=args.cases, seed=seed, cores=args.cores, work=args.out / "cohorts"
            )
        rows.append({"cell": name, "seed": seed, **score(frame)})
        banded += [{"cell": name, **row} for row in bands(frame)]
        curves[name] = reliability(frame)
        found = rows[-1]
        print(
            f"{name}: accuracy {found['accuracy']:.3f} called {found['called']:.3f} "
            f"right {found['called_right']:.3f} ECE excess {found['ece_excess']:+.3f} "
            f"({time.perf_counter() - start:.0f} s)",
            flush=True,
        )
        save(rows, args.out / "calibration.tsv")
        save(banded, args.out / "bands.tsv")
        joined = pd.concat([curve.assign(cell=name) for name, curve in curves.items()])
        save(joined.to_dict("records"), args.out / "reliability.tsv")
        (args.out / "tables.md").write_text(markdown(rows, banded), encoding="utf-8")
    draw(curves, args.out / "reliability.svg")


def save(rows: list[dict], path: Path) -> None:
    """Write rows as a table with four digits."""
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
