"""ERBB2 and 17q12 expression: the level of each sample and the paired change of each case.

Writes expression.tsv and expression_pairs.tsv. Purity comes from purity.tsv in --tables (default:
--out) or, without one, from the sheet.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from her2omics.cli import study_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    study_arguments.add_study_arguments(parser)
    parser.add_argument(
        "--tables", type=Path, metavar="DIR", help="where purity.tsv is; default: --out"
    )


def run(args: argparse.Namespace) -> None:
    """Write the expression tables of the chosen patients to ``--out``."""
    study = study_arguments.load_study(args)
    patients = study_arguments.chosen_patients(args, study)
    folder = study_arguments.cohort_folder(args, study)
    from her2omics import tables
    from her2omics.cohort import store
    from her2omics.cohort.inputs import samples_in
    from her2omics.copy_number import purity
    from her2omics.expression.erbb2 import pair_table
    from her2omics.expression.levels import expression_table

    cohort = store.load(folder)
    given = (args.tables or args.out) / tables.TABLES["purity"].filename
    shares = tables.read(given, "purity") if given.is_file() else purity.from_sheet(study.samples)
    names = samples_in(cohort, study, patients=patients)
    if not names:
        single, paired = tables.empty("expression"), tables.empty("expression_pairs")
    else:
        obs = cohort.expression.obs.loc[names]
        levels = cohort.levels(names)
        options = {"thresholds": study.config["thresholds"]}
        single = expression_table(levels, obs, cohort.reference, **options)
        paired = pair_table(
            study.cases[study.cases["patient"].isin(patients)],
            levels,
            obs,
            single,
            shares,
            cohort.reference,
            seed=study.config["seed"],
            **options,
        )
    tables.write(single, "expression", args.out)
    tables.write(paired, "expression_pairs", args.out)
