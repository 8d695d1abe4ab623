"""Learn the noise of the cohort from the evidence of the whole sheet.

Reads the sheets, the cohort folder and the arms' tables of all batches (--tables DIR DIR ...);
writes model_noise.tsv, which `her2omics classify --noise FILE` uses. With config cohort_from the
noise of that folder is taken over, so that a verdict does not move when patients are added.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from her2omics import tables
from her2omics.cli.evidence_tables import evidence_of, quality_of
from her2omics.cli.study_arguments import add_study_arguments, cohort_folder, load_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser, batch=False)
    parser.add_argument(
        "--tables",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="folders with the arms' tables (default: --out)",
    )
    parser.add_argument("--cores", type=int, default=1, metavar="N", help="processes (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Write the table."""
    from her2omics.mechanism import calibrate
    from her2omics.mechanism.classify import gates_by_case
    from her2omics.mechanism.evidence import parse
    from her2omics.mechanism.noise import DEFAULT

    study = load_study(args)
    frozen = study.config["cohort_from"]
    if frozen is not None:
        noise = tables.read_or_empty(Path(frozen), "model_noise")
        if not len(noise):
            print(
                f"calibrate: {frozen} holds no model_noise.tsv: the assumed noise is used",
                file=sys.stderr,
            )
            noise = calibrate.table(DEFAULT, {})
        tables.write(noise, "model_noise", args.out)
        return
    cohort = cohort_folder(args, study)
    folders = args.tables or [args.out]
    evidence = evidence_of(study, study.cases, folders=folders, cohort=cohort)
    multipliers = study.config["priors"]["multipliers"]
    noise, counts = calibrate.learn(
        parse(evidence, study.cases, multipliers=multipliers),
        quality=gates_by_case(quality_of(folders)),
        config=study.config,
        cores=args.cores,
    )
    tables.write(calibrate.table(noise, counts), "model_noise", args.out)
