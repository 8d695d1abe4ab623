"""Single cells of simulated cohorts, read from their files as a user's: cells named, shares, calls.

    python benchmarks/single_cell_files.py --cases 40 --seeds 5001 5002 [--dna] [--wrong-dna]

Files come from ``her2omics simulate cohort --modalities cells``: cells of the same latent cases as
all other files, genes with laws of their own, normal epithelium beside the tumour, low doses among
high ones. Nothing but the files is given: lineages, malignant cells, clones and doses are found.
Truth is ``truth_cells.tsv`` and ``truth_barcodes.tsv``. With ``--dna`` exomes of the same biopsies
are read as well, and the cells are named twice, without and with the segments of their DNA; with
``--wrong-dna`` also with segments that are not those of the tumour: see :func:`wrong`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.readers.cells import read_cells
from her2omics.simulate import cohort, scenarios, tables
from her2omics.single_cell import arm, statement

LOW_DOSE = 5.0
EPITHELIAL = ("normal_epithelium", "malignant")


def patient_rows(
    folder: Path,
    truth: pd.DataFrame,
    barcodes: pd.DataFrame,
    segments: pd.DataFrame | None,
    dna: str,
) -> tuple[list, list]:
    """Return a row per sample, and the row of the pair, of one patient."""
    read = [
        read_cells(
            folder / f"cells/{name}.h5ad", filetype="h5ad", sample=name, column=None,
            annotation=None, shown=name,
        )
        for name in truth["sample"]
    ]  # fmt: skip
    name = truth["patient"].iloc[0]
    times = dict(zip(truth["sample"], truth["timepoint"], strict=True))
    start = time.process_time()
    cells = arm.name_cells(read, timepoints=times, name=name, seed=1, segments=segments)
    said = statement.state(cells, name=name, seed=1)
    seconds = time.process_time() - start
    obs = cells.data.obs
    keys = pd.Index(barcodes["sample"] + ":" + barcodes["barcode"])
    known = barcodes.set_index(keys).loc[obs.index]
    single = cells.kept & known["doublet"].eq("no").to_numpy()
    rows = []
    for own, row in zip(truth.itertuples(), statement.sample_rows(cells, said, name), strict=True):
        mine = single & obs["sample"].eq(own.sample).to_numpy()
        called = cells.tumour_cells
        of = {kind: mine & known["lineage"].eq(kind).to_numpy() for kind in EPITHELIAL}
        rows.append(
            {
                "sample": own.sample,
                "dna": dna,
                "by": row["malignant_by"],
                "truth": own.amplified_fraction,
                "piece": piece_share(own),
                "dose": own.dosage,
                "malignant": own.malignant_cells,
                "umis": row["median_umis"],
                "normal": int(of["normal_epithelium"].sum()),
                "normal_called": called[of["normal_epithelium"]].mean(),
                "anchor_cells": int(cells.normal_epithelium.sum()),
                "malignant_called": called[of["malignant"]].mean(),
                "identifiable": row["identifiable"] == "yes",
                "share": row["amplified_fraction"],
                "low": row["amplified_fraction_low"],
                "high": row["amplified_fraction_high"],
                "said_dose": row["dosage"],
                "note": row["note"],
                "seconds": seconds / len(truth),
            }
        )
    if len(truth) < 2:
        return rows, []
    case = {"case": name, "patient": name, "baseline": "", "followup": ""}
    case |= {row.timepoint: row.sample for row in truth.itertuples()}
    pair = statement.pair_rows(cells, said, [case])[0]
    first, later = (truth[truth["timepoint"].eq(t)].iloc[0] for t in ("baseline", "followup"))
    pair["true_change"] = later["amplified_fraction"] - first["amplified_fraction"]
    pair["true_erbb2_log2"] = later["erbb2_log2"] - first["erbb2_log2"]
    pair["true_dose_ratio"] = later["dosage"] / first["dosage"]
    return rows, [pair]


def segments_of(folder: Path) -> pd.DataFrame:
    """Return the segments of a cohort's DNA, by the verbs."""
    if not (folder / "results" / "copy_number_segments.tsv").exists():
        study = ["--samples", folder / "samples.tsv", "--units", folder / "units.tsv"]
        study += ["--config", folder / "config.yaml"]
        for words in (
            ["cohort", *study, "--out", folder / "cohort"],
            ["copy-number", *study, "--cohort", folder / "cohort", "--out", folder / "results"],
        ):
            subprocess.run([sys.executable, "-m", "her2omics", *map(str, words)], check=True)
    return declared.read(folder / "results", "copy_number_segments")


def piece_share(own: Any) -> float:
    """Return the amplified share of the piece that the cells are a sample of."""
    below = own.amplified_fraction == 0 and own.lineage_cells > 0  # the copies do not count
    return 0.0 if below else own.f_cells


def wrong(segments: pd.DataFrame, patients: list[str], name: str) -> dict[str, pd.DataFrame]:
    """Return segments of the next patient, of no tumour, and of one whose purity is ten times less.

    Copies of the last two differ from those they should have by an SD of .05.
    """
    own = segments[segments["patient"].eq(name)]
    following = patients[(patients.index(name) + 1) % len(patients)]
    noise = np.random.default_rng(patients.index(name)).normal(0, 0.05, len(own))
    return {
        "of another patient": segments[segments["patient"].eq(following)],
        "flat": own.assign(copies=2 + noise),
        "a tenth": own.assign(copies=2 + 0.1 * (own["copies"] - 2) + noise),
    }


def measured(
    cases: int, seed: int, scenario: str, folder: Path, *, dna: bool, wrong_dna: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a row per sample and a row per pair of one cohort."""
    kinds = frozenset({"cells", "cn"} if dna else {"cells"})
    if not (folder / "truth_cells.tsv").exists():
        groups = tables.draw_groups(cases, seed=seed, mixture=scenarios.parse(scenario))
        cohort.write(groups, folder, seed=seed, genes=2500, modalities=kinds, ascertained=True)
    truth = pd.read_csv(folder / "truth_cells.tsv", sep="\t")
    barcodes = pd.read_csv(folder / "truth_barcodes.tsv", sep="\t")
    segments = segments_of(folder) if dna else None
    samples, pairs = [], []
    for patient, part in truth.groupby("patient", sort=False):
        own = barcodes[barcodes["patient"].eq(patient)]
        given = {"not given": None}
        if segments is not None:
            given["given"] = segments[segments["patient"].eq(patient)]
            if wrong_dna:
                given |= wrong(segments, list(truth["patient"].unique()), patient)
        for kind, of_dna in given.items():
            of_samples, of_pair = patient_rows(folder, part, own, of_dna, kind)
            samples += of_samples
            pairs += [row | {"dna": kind} for row in of_pair]
    return pd.DataFrame(samples).assign(seed=seed), pd.DataFrame(pairs).assign(seed=seed)


def described(samples: pd.DataFrame) -> dict[str, float]:
    """Return the figures of some samples."""
    said = samples[samples["identifiable"]]
    error = said["share"] - said["truth"]
    # Half a cell from 0 and 1, which no interval holds.
    half = 0.5 / said["malignant"]
    inside = {
        of: said[of].clip(half, 1 - half).between(said["low"], said["high"]).mean()
        for of in ("piece", "truth")
    }
    return {
        "samples": len(samples),
        "no_malignant_found": (samples["malignant_called"] < 0.1).mean(),
        "malignant_found": samples["malignant_called"].mean(),
        "normal_taken_for_malignant": samples["normal_called"].mean(),
        "identifiable": samples["identifiable"].mean(),
        "share_error": error.abs().mean(),
        "bias": error.mean(),
        "error_over_.2": (error.abs() > 0.2).mean(),
        "piece_covered": inside["piece"],
        "cells_covered": inside["truth"],
        "width": (said["high"] - said["low"]).mean(),
        "cpu_s": samples["seconds"].mean(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5001])
    parser.add_argument("--scenario", default="standard")
    parser.add_argument("--dna", action="store_true", help="also with the segments of exomes")
    parser.add_argument("--wrong-dna", action="store_true", help="with --dna: wrong segments, too")
    parser.add_argument("--keep", type=Path, help="folder of the simulated files, used again")
    parser.add_argument("--out", type=Path, help="folder for the rows of all samples and pairs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.keep or Path(name)
        parts = [
            measured(
                args.cases,
                seed,
                args.scenario,
                folder / str(seed),
                dna=args.dna,
                wrong_dna=args.wrong_dna,
            )
            for seed in args.seeds
        ]
    samples = pd.concat([part[0] for part in parts])
    pairs = pd.concat([part[1] for part in parts])
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        samples.to_csv(args.out / "samples.tsv", sep="\t", index=False)
        pairs.to_csv(args.out / "pairs.tsv", sep="\t", index=False)
    for dna, own in samples.groupby("dna", sort=False):
        if args.dna:
            print(f"\nsegments of the DNA: {dna}")
        report(own, pairs[pairs["dna"].eq(dna)] if args.dna else pairs)


def report(samples: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Print the figures of samples and calls of pairs."""
    low = samples["dose"] < LOW_DOSE
    table = pd.DataFrame(
        {
            "all": described(samples),
            f"dose < {LOW_DOSE:g}": described(samples[low]),
            f"dose >= {LOW_DOSE:g}": described(samples[~low]),
            "normal epithelium >= 15": described(samples[samples["normal"] >= 15]),
        }
    )
    print(table.round(3).to_string())
    change = np.select(
        [pairs["true_change"] < -0.2, pairs["true_erbb2_log2"] < -1],
        ["share falls", "output falls"],
        "neither",
    )
    print(pd.crosstab(change, pairs["call"]).to_string())


if __name__ == "__main__":
    main()
