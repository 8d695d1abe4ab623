"""Clones of each patient: clusters of mutations, their tree, and what changed between samples.

  her2omics clones --mutations FILE --out DIR

FILE is a table in PyClone-VI's columns, one row per mutation and sample: mutation_id, sample_id,
ref_counts, alt_counts, tumour_content and, where known, major_cn, minor_cn, normal_cn, patient and
timepoint (baseline, followup). Counts that are empty or have no row: not covered. Without timepoint
a patient's samples are compared with the first of them in the file.

Writes mutations.tsv, clusters.tsv, clones.tsv, clone_samples.tsv, cluster_shifts.tsv, lineage.tsv
and clone_trees.json into --out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.cli.study_arguments import load_config
from her2omics.errors import InputError, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("--mutations", type=Path, metavar="FILE", required=True, help="the table")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--cores", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--config", type=Path, metavar="YAML", help="settings; all have defaults")
    parser.add_argument(
        "--genome-build", metavar="BUILD", help="GRCh38 (default) or GRCh37: places of hotspots"
    )
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="config keys, such as seed=2 or thresholds.shift_probability=0.9",
    )
    parser.set_defaults(samples=None, units=None)


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(Problem("is a file, expected a folder to write to", file=str(args.out)))
    config = load_config(args)
    from her2omics.clones import arm
    from her2omics.readers.mutation_table import read_mutation_table
    from her2omics.thresholds import limits

    frame = read_mutation_table(args.mutations).frame
    patients = [
        arm.Patient(str(name), rows, _pairs(rows))
        for name, rows in frame.groupby("patient", sort=False)
    ]
    if "timepoint" not in frame and any(one.pairs for one in patients):
        print(
            "clones: no column timepoint: samples are compared with the first of their patient",
            file=sys.stderr,
        )
    found, trees = arm.analyse_all(
        patients,
        seed=config["seed"],
        limit=limits(config["thresholds"]),
        build=config["genome_build"],
        cores=args.cores,
        progress=True,
    )
    for name in arm.TABLES:
        tables.write(found[name], name, args.out)
    text = json.dumps(trees, indent=1, ensure_ascii=False) + "\n"
    tables.write_text(text, args.out / "clone_trees.json")


def _pairs(rows: pd.DataFrame) -> tuple[tuple[str, str, str], ...]:
    """Return (case, baseline, followup) of a patient's samples."""
    names = list(dict.fromkeys(rows["sample_id"]))
    first, later = names[:1], names[1:]
    if "timepoint" in rows:
        times = rows.drop_duplicates("sample_id").set_index("sample_id")["timepoint"]
        first = [name for name in names if times[name] == "baseline"]
        later = [name for name in names if times[name] == "followup"]
    return tuple((f"{b}__{f}", b, f) for b in first for f in later)
