"""The mechanism of HER2 loss of each case.

From a study: reads the sheets, the cohort folder and the arms' tables in --tables (purity,
expression, switches) and the gates of `her2omics quality` (--quality). From evidence measured
elsewhere:

  her2omics classify --evidence evidence.tsv --pairs pairs.tsv [--quality quality.tsv] --out DIR

Writes cases.tsv, evidence.tsv, contributions.tsv and quality.tsv (all gates) into --out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.cli.evidence_tables import evidence_of, require_tables
from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    cohort_folder,
    load_config,
    load_study,
)
from her2omics.errors import InputError, Problem, raise_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--tables", type=Path, metavar="DIR", help="the arms' tables (default: --out)"
    )
    parser.add_argument("--evidence", type=Path, metavar="TSV", help="evidence from elsewhere")
    parser.add_argument("--pairs", type=Path, metavar="TSV", help="the cases of that evidence")
    parser.add_argument("--quality", type=Path, metavar="TSV", help="gates that fired before")
    parser.add_argument(
        "--noise",
        type=Path,
        metavar="TSV",
        help="model_noise.tsv of `her2omics calibrate`; without it the noise is learnt from all "
        "the evidence given",
    )
    parser.add_argument("--cores", type=int, default=1, metavar="N", help="processes (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    if (args.evidence is None) != (args.pairs is None):
        raise InputError(Problem("--evidence and --pairs go together: give both or neither"))
    read = _from_study if args.evidence is None else _from_files
    config, evidence, pairs, chosen = read(args)
    quality = _quality(args)
    from her2omics.mechanism import calibrate
    from her2omics.mechanism.classify import classify, gates_by_case
    from her2omics.mechanism.evidence import check, parse

    check(evidence, pairs, file=str(args.evidence or "evidence.tsv"))
    cases = parse(evidence, pairs, multipliers=config["priors"]["multipliers"])
    known = _noise(args, config)
    if known is None:
        gates = gates_by_case(quality)
        noise, _ = calibrate.learn(cases, quality=gates, config=config, cores=args.cores)
    else:
        noise = calibrate.from_table(known)
    cases = [case for case in cases if case.patient in chosen]
    verdicts, contributions, gates = classify(
        calibrate.with_noise(cases, noise),
        quality=quality,
        config=config,
        cores=args.cores,
        progress=True,
    )
    mine = set(verdicts["case"])
    tables.write(evidence[evidence["case"].isin(mine)], "evidence", args.out)
    tables.write(contributions, "contributions", args.out)
    tables.write(gates, "quality", args.out)
    tables.write(verdicts, "cases", args.out)


def _noise(args: argparse.Namespace, config: Mapping) -> pd.DataFrame | None:
    """Return the noise that is known: --noise, of the cohort folder or of the frozen cohort.

    None: learn it from the evidence, which must then be that of all cases; a part of the patients
    gets the assumed noise instead.
    """
    if args.noise is not None:
        return tables.read(args.noise, "model_noise")
    for folder in (config["cohort_from"], args.cohort):
        if folder is not None and (Path(folder) / "model_noise.tsv").is_file():
            return tables.read(folder, "model_noise")
    partial = args.batch or args.patients or config["cohort_from"]
    return tables.empty("model_noise") if partial else None


def _from_study(
    args: argparse.Namespace,
) -> tuple[dict, pd.DataFrame, pd.DataFrame, set[str]]:
    """Return config, evidence, cases and the patients to give a verdict on."""
    study = load_study(args)
    cohort = cohort_folder(args, study)
    chosen = set(chosen_patients(args, study))
    cases = study.cases[study.cases["patient"].isin(chosen)]
    folder = args.tables or args.out
    require_tables(study, chosen, folder=folder)
    evidence = evidence_of(study, cases, folders=[folder], cohort=cohort)
    return dict(study.config), evidence, cases, chosen


def _from_files(
    args: argparse.Namespace,
) -> tuple[dict, pd.DataFrame, pd.DataFrame, set[str]]:
    config = load_config(args)
    wanted = ("case", "variable", "time", "value")
    evidence = tables.read(args.evidence, "evidence", required=wanted)
    pairs = tables.read(args.pairs, "pairs", required=("case",))
    raise_all(
        [
            Problem("occurs twice: one row per case", str(args.pairs), row + 2, case, "case")
            for row, case in enumerate(pairs["case"])
            if pairs["case"].duplicated().iloc[row]
        ]
    )
    header = pd.read_csv(args.pairs, sep="\t", nrows=0).columns
    ids = [_samples_of(case) for case in pairs["case"]]
    for column, values in zip(("baseline", "followup"), zip(*ids, strict=True), strict=True):
        if column not in header:
            pairs[column] = list(values)
    pairs["patient"] = pairs["patient"].fillna(pairs["case"])
    return config, evidence, pairs, set(pairs["patient"])


def _samples_of(case: str) -> tuple[str, str | None]:
    """Return the sample ids in a case id ``<baseline>__<followup>``, or ids made from it."""
    parts = case.split("__")
    if len(parts) != 2:
        return f"{case}:baseline", f"{case}:followup"
    return parts[0], None if parts[1] == "none" else parts[1]


def _quality(args: argparse.Namespace) -> pd.DataFrame:
    """Return the gates that fired before; of a study those of `her2omics quality` must be there.

    Raises
    ------
    InputError
        If a study has none: a verdict without its gates would be firmer than the data.
    """
    if args.quality is not None:
        return tables.read(args.quality, "quality", required=("case", "code", "kind"))
    if args.evidence is not None:
        return tables.empty("quality")
    folder = args.tables or args.out
    from her2omics.mechanism import gates

    for place in (folder / "gates", folder):
        if (place / tables.TABLES["quality"].filename).is_file():
            found = tables.read(place, "quality")
            # A table that classify wrote before holds its own gates too: they are judged anew.
            return found[~found["code"].isin(gates.CODES)]
    message = "holds no quality.tsv: run `her2omics quality` first, or name one with --quality"
    raise InputError(Problem(message, file=str(folder)))
