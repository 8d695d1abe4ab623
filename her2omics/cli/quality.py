"""Gates: what the data of each case cannot carry.

Reads the sheets, the cohort folder and the arms' tables (subtypes.tsv, switches.tsv, lineage.tsv,
single_cell.tsv, copy_number_errors.tsv, clone_errors.tsv, single_cell_errors.tsv) in --tables;
writes quality.tsv. `her2omics classify` adds the gates that follow from the evidence.
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
    load_study,
)
from her2omics.quality.gates import quality


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--tables", type=Path, metavar="DIR", help="the arms' tables (default: --out)"
    )


def run(args: argparse.Namespace) -> None:
    """Write the table."""
    study = load_study(args)
    cohort = cohort_folder(args, study)
    cases = study.cases[study.cases["patient"].isin(chosen_patients(args, study))]
    folder = args.tables or args.out
    found = quality(
        cases,
        samples=study.samples,
        noise=tables.read_or_empty(cohort, "noise"),
        subtypes=tables.read_or_empty(folder, "subtypes"),
        switches=tables.read_or_empty(folder, "switches"),
        input_errors=pd.concat(
            [
                tables.read_or_empty(cohort, "input_errors"),
                tables.read_or_empty(folder, "copy_number_errors"),
                tables.read_or_empty(folder, "clone_errors"),
                tables.read_or_empty(folder, "single_cell_errors"),
            ]
        ).drop_duplicates(),
        identity=tables.read_or_empty(cohort, "identity"),
        lineage=tables.read_or_empty(folder, "lineage"),
        single_cell=tables.read_or_empty(folder, "single_cell"),
        thresholds=study.config["thresholds"],
    )
    tables.write(found, "quality", args.out)
