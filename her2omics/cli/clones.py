"""Clones of each patient: clusters of mutations, their tree, and what changed between samples.

  her2omics clones --mutations FILE --out DIR
  her2omics clones --samples TSV --units TSV [--copy-number DIR] [--batch I/N] --out DIR

With the sheets, the mutations are the units of filetype mutations; purity and copies come from the
tables purity and copy_number_segments of --copy-number, where it has them. A list of calls that
names its targets: what it does not list is absent inside them.

FILE is a table in PyClone-VI's columns, one row per mutation and sample: mutation_id, sample_id,
ref_counts, alt_counts, tumour_content and, where known, major_cn, minor_cn, normal_cn, patient and
timepoint (baseline, followup). Counts that are empty or have no row: not covered. Without timepoint
a patient's samples are compared with the first of them in the file.

Writes mutations.tsv, clusters.tsv, clones.tsv, clone_samples.tsv, cluster_shifts.tsv, lineage.tsv,
amplicon_branch.tsv, drivers.tsv and clone_trees.json into --out; with the sheets also, for
`on_bad_file: gate`, clone_errors.tsv.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2omics import tables
from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    load_config,
    load_study,
)
from her2omics.errors import InputError, Problem, raise_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from her2omics.clones.amplicon import Erbb2
    from her2omics.clones.arm import Patient
    from her2omics.readers.dna import PatientDna, SampleDna
    from her2omics.sheets.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--mutations", type=Path, metavar="FILE", help="one table instead of the sheets"
    )
    parser.add_argument(
        "--copy-number",
        type=Path,
        metavar="DIR",
        help="with the sheets: folder of purity.tsv, copy_number_segments.tsv (default: --out)",
    )
    parser.add_argument("--cores", type=int, default=1, metavar="N", help="processes (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(Problem("is a file, expected a folder to write to", file=str(args.out)))
    if args.mutations is None:
        patients, config, lost, branches = _of_study(args)
    else:
        (patients, config), lost, branches = _of_table(args), None, pd.DataFrame()
    from her2omics.clones import arm
    from her2omics.thresholds import limits

    found, trees = arm.analyse_all(
        patients,
        seed=config["seed"],
        limit=limits(config["thresholds"]),
        build=config["genome_build"],
        cores=args.cores,
        progress=True,
    )
    found["amplicon_branch"] = branches
    for name in (*arm.TABLES, "amplicon_branch"):
        tables.write(found[name] if len(found[name]) else tables.empty(name), name, args.out)
    text = json.dumps(trees, indent=1, ensure_ascii=False) + "\n"
    tables.write_text(text, args.out / "clone_trees.json")
    if lost is not None:
        tables.write(tables.error_rows(lost), "clone_errors", args.out)


def _of_table(args: argparse.Namespace) -> tuple[list[Patient], dict[str, Any]]:
    """Return the patients of one table, and the config."""
    given = {
        "--samples": args.samples,
        "--units": args.units,
        "--cohort": args.cohort,
        "--copy-number": args.copy_number,
        "--batch": args.batch,
        "--patients": args.patients,
    }
    raise_all(
        [
            Problem("goes with the sheets: leave it or --mutations out", column=name)
            for name, value in given.items()
            if value is not None
        ]
    )
    config = load_config(args)
    from her2omics.clones.arm import Patient
    from her2omics.readers.mutation_table import read_mutation_table

    frame = read_mutation_table(args.mutations).frame
    patients = [
        Patient(str(name), rows, _pairs(rows))
        for name, rows in frame.groupby("patient", sort=False)
    ]
    if "timepoint" not in frame and any(one.pairs for one in patients):
        print(
            "clones: no column timepoint: samples are compared with the first of their patient",
            file=sys.stderr,
        )
    return patients, config


def _of_study(
    args: argparse.Namespace,
) -> tuple[list[Patient], dict[str, Any], list[tuple[str, str, str]], pd.DataFrame]:
    """Return the patients of the sheets that have mutations, the config, the lost files, and what
    the reads on the amplicon say.
    """
    study = load_study(args)
    names = chosen_patients(args, study)
    folder = args.copy_number or args.out
    if args.copy_number is not None and not (folder / "purity.tsv").is_file():
        message = "holds no purity.tsv: run `her2omics copy-number` first, or leave the option out"
        raise InputError(Problem(message, file=str(folder)))
    from her2omics import genome
    from her2omics.clones.arm import Patient
    from her2omics.clones.branch_table import branch_table, on_amplicon
    from her2omics.clones.study_table import study_table
    from her2omics.copy_number.purity import from_sheet
    from her2omics.readers.dna import read_patient
    from her2omics.thresholds import limits

    purity = tables.read_or_empty(folder, "purity")
    if purity.empty:
        purity = from_sheet(study.samples)
    segments = tables.read_or_empty(folder, "copy_number_segments")
    copies = tables.read_or_empty(folder, "copy_number")
    build = genome.of_config(study.config)
    patients, problems, lost, left_out = [], [], [], []
    for name in names:
        dna = read_patient(study, name, genome=build, kinds=("mutations",))
        designs, unread = _designs(dna.tumours)
        problems += [*dna.problems, *unread]
        lost += dna.lost
        for line in _left_out(dna):
            print(f"clones: {line}", file=sys.stderr)
        frame, unknown = study_table(dna.tumours, purity=purity, segments=segments, designs=designs)
        left_out += unknown
        if len(frame):
            here = set(frame["sample_id"])
            cases = study.cases[study.cases["patient"].eq(name)]
            both = cases["baseline"].isin(here) & cases["followup"].isin(here)
            pairs = cases.loc[both, ["case", "baseline", "followup"]]
            known = tuple(pairs.itertuples(index=False, name=None))
            normal = _normal(study, dna)
            baselines = copies[copies["sample"].isin(cases["baseline"]) & (normal != "none")]
            apart = frozenset(on_amplicon(frame, baselines))
            patients.append(Patient(name, frame, known, normal, _erbb2(copies, here), apart))
    problems = list(dict.fromkeys(problems))
    if study.config["on_bad_file"] == "stop":
        raise_all(problems)
    for problem in [*problems, *left_out]:
        print(f"her2omics clones: warning: {problem}", file=sys.stderr)
    branches = branch_table(
        study.cases[study.cases["patient"].isin(names)],
        # Without a normal some of them are germline variants, which the amplification carried, too.
        {one.name: one.frame for one in patients if one.normal != "none"},
        purity=purity,
        copy_number=copies,
        seed=study.config["seed"],
        limit=limits(study.config["thresholds"]),
    )
    return patients, study.config, lost, branches


def _designs(tumours: Sequence[SampleDna]) -> tuple[dict[Path, pd.DataFrame], list[Problem]]:
    """Return the regions of the designs that samples with mutations name, and what is wrong."""
    from her2omics.readers.targets import read_targets

    regions, problems = {}, []
    for path in dict.fromkeys(dna.targets for dna in tumours if dna.mutations and dna.targets):
        try:
            regions[path] = read_targets(path, path.name)
        except InputError as error:
            problems += error.problems
    return regions, problems


def _normal(study: Study, dna: PatientDna) -> str:
    """Return how far a matched normal stands behind a patient's mutations."""
    from her2omics.readers.somatic import has_normal

    if has_normal([one.mutations for one in dna.tumours], [one.mutations for one in dna.normals]):
        return "reads"
    samples = study.samples[study.samples["patient"].eq(dna.patient)]
    in_sheet = samples["timepoint"].eq("normal") & samples["exclude"].isna()
    return "sheet" if in_sheet.any() else "none"


def _erbb2(copies: pd.DataFrame, samples: set[str]) -> dict[str, Erbb2]:
    """Return the copies of ERBB2 of the samples where an amplicon would have been seen."""
    from her2omics.clones.amplicon import Erbb2

    columns = ["erbb2_copies", "erbb2_copies_low", "erbb2_copies_high", "other_copies"]
    known = copies[copies["sample"].isin(samples) & copies["resolved"].eq("yes")]
    known = known.dropna(subset=columns).set_index("sample")[columns]
    return {
        str(sample): Erbb2(*row) for sample, row in zip(known.index, known.to_numpy(), strict=True)
    }


def _left_out(dna: PatientDna) -> list[str]:
    """Return how many mutations of each sample were left out, and why."""
    lines = []
    for one in dna.tumours:
        if one.mutations is not None and one.mutations.dropped:
            reasons = (f"{count} {why}" for why, count in one.mutations.dropped.items())
            lines.append(f"{one.sample}: mutations left out: {', '.join(reasons)}")
    return lines


def _pairs(rows: pd.DataFrame) -> tuple[tuple[str, str, str], ...]:
    """Return (case, baseline, followup) of a patient's samples."""
    names = list(dict.fromkeys(rows["sample_id"]))
    first, later = names[:1], names[1:]
    if "timepoint" in rows:
        times = rows.drop_duplicates("sample_id").set_index("sample_id")["timepoint"]
        first = [name for name in names if times[name] == "baseline"]
        later = [name for name in names if times[name] == "followup"]
    return tuple((f"{b}__{f}", b, f) for b in first for f in later)
