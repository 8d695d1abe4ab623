"""Purity of each sample.

Writes purity.tsv. Purity comes from the sheet (columns purity, tumour_content) alone.
"""

from __future__ import annotations

import argparse

from her2omics import tables
from her2omics.cli.study_arguments import add_study_arguments, chosen_patients, load_study
from her2omics.copy_number import purity


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    study = load_study(args)
    samples = study.samples[study.samples["patient"].isin(chosen_patients(args, study))]
    tables.write(purity.from_sheet(samples), "purity", args.out)
