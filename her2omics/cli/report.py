"""Write the report of a study: case pages, cohort page, methods and versions.

`--pages cases` writes OUT/cases/<case>.html for the chosen patients (config report.case_pages: all,
losses, none); `--pages cohort` writes OUT/index.html, OUT/figures/*.svg and, beside the tables,
methods.md and versions.yaml. All pages are static, self-contained and work offline.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from her2omics.cli.study_arguments import add_study_arguments, chosen_patients, load_study
from her2omics.errors import InputError, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--tables",
        type=Path,
        metavar="DIR",
        help="folder with cases.tsv and the tables beside it (default: the folder above OUT)",
    )
    parser.add_argument(
        "--pages",
        choices=("cases", "cohort", "all"),
        default="all",
        help="case pages, cohort page or both (default: all)",
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    study = load_study(args)
    patients = chosen_patients(args, study)
    results = args.tables or args.out.resolve().parent
    from her2omics.report import pages

    if args.pages in ("cases", "all"):
        part = args.batch or args.patients
        pages.write_cases(study, results, args.out, patients=patients if part else None)
    if args.pages in ("cohort", "all"):
        pages.write_cohort(
            study,
            results,
            _cohort_folder(args.cohort, results),
            args.out,
            sheets=(Path(study.config["samples"]), Path(study.config["units"])),
            config_file=args.config,
        )


def _cohort_folder(given: Path | None, results: Path) -> Path | None:
    """Return the cohort folder: as given, or beside the tables if it is there.

    The report describes what ran and therefore never makes a cohort.
    """
    if given is None:
        beside = results / "cohort"
        return beside if (beside / "cohort.yaml").is_file() else None
    if not (given / "cohort.yaml").is_file():
        message = f"{given} holds no cohort (cohort.yaml): make one with `her2omics cohort`"
        raise InputError(Problem(message, column="--cohort"))
    return given
