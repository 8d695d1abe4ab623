"""The mechanism of HER2 loss of each case.

From a study: reads the sheets, the cohort folder and the arms' tables in --tables (purity,
expression, switches) and the gates of `her2omics quality` (--quality). From evidence measured
elsewhere:

  her2omics classify --evidence evidence.tsv --pairs pairs.tsv [--quality quality.tsv] --out DIR

Writes cases.tsv, evidence.tsv, contributions.tsv and quality.tsv (all gates) into --out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    cohort_folder,
    load_config,
    load_study,
)
from her2omics.errors import InputError, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--tables", type=Path, metavar="DIR", help="the arms' tables (default: --out)"
    )
    parser.add_argument("--evidence", type=Path, metavar="TSV", help="evidence from elsewhere")
    parser.add_argument("--pairs", type=Path, metavar="TSV", help="the cases of that evidence")
    parser.add_argument("--quality", type=Path, metavar="TSV", help="gates that fired before")
    parser.add_argument("--cores", type=int, default=1, metavar="N", help="processes (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    if (args.evidence is None) != (args.pairs is None):
        raise InputError(Problem("--evidence and --pairs go together: give both or neither"))
    if args.evidence is None:
        config, evidence, pairs, quality = _from_study(args)
    else:
        config, evidence, pairs, quality = _from_files(args)
    from her2omics.mechanism.classify import classify
    from her2omics.mechanism.evidence import check, parse

    check(evidence, pairs, file=str(args.evidence or "evidence.tsv"))
    cases = parse(evidence, pairs, multipliers=config["priors"]["multipliers"])
    verdicts, contributions, gates = classify(
        cases, quality=quality, config=config, cores=args.cores, progress=True
    )
    tables.write(evidence, "evidence", args.out)
    tables.write(contributions, "contributions", args.out)
    tables.write(gates, "quality", args.out)
    tables.write(verdicts, "cases", args.out)


def _from_study(
    args: argparse.Namespace,
) -> tuple[dict, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    from her2omics.copy_number.purity import from_sheet
    from her2omics.mechanism.evidence import build

    study = load_study(args)
    cohort = cohort_folder(args, study)
    cases = study.cases[study.cases["patient"].isin(chosen_patients(args, study))]
    folder = args.tables or args.out
    reference = tables.read_or_empty(cohort, "reference")
    purity = tables.read_or_empty(folder, "purity")
    evidence = build(
        samples=study.samples,
        cases=cases,
        purity=purity if len(purity) else from_sheet(study.samples),
        expression=tables.read_or_empty(folder, "expression"),
        switches=tables.read_or_empty(folder, "switches"),
        reference_is_cohort=bool(reference["source"].ne("bundled").any()),
    )
    return dict(study.config), evidence, cases, _quality(args)


def _from_files(
    args: argparse.Namespace,
) -> tuple[dict, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    config = load_config(args)
    wanted = ("case", "variable", "time", "value")
    evidence = tables.read(args.evidence, "evidence", required=wanted)
    pairs = tables.read(args.pairs, "pairs", required=("case",))
    for column in ("patient", "baseline"):
        pairs[column] = pairs[column].fillna(pairs["case"])
    if pairs["followup"].isna().all():
        pairs["followup"] = pairs["case"]
    return config, evidence, pairs, _quality(args)


def _quality(args: argparse.Namespace) -> pd.DataFrame:
    if args.quality is None:
        return tables.empty("quality")
    return tables.read(args.quality, "quality", required=("case", "code", "kind"))
