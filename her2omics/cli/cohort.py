"""Make the cohort folder: expression store, HER2-negative reference, platform offset, noise.

Reads every RNA file of the sheets once. Other verbs take the folder with --cohort; config
cohort_from reuses the references of an earlier cohort, so that no verdict moves when patients are
added.
"""

from __future__ import annotations

import argparse
import sys

from her2omics.cli import study_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    study_arguments.add_study_arguments(parser, batch=False, cohort=False)


def run(args: argparse.Namespace) -> None:
    """Write the cohort folder to ``--out``."""
    study = study_arguments.load_study(args)
    from her2omics.cohort.build import build
    from her2omics.cohort.inputs import rna_units

    files = rna_units(study)["path"].nunique()
    print(f"her2omics cohort: reading {files} RNA files", file=sys.stderr)
    build(study, args.out)
