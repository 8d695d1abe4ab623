"""Make the cohort folder: expression store, references, noise, identity of the samples.

Reads every RNA and SNP file and the bins of normals once. Other verbs take the folder with
--cohort; config cohort_from reuses the references of an earlier cohort, so that no verdict moves
when patients are added.
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
    from her2omics.readers.dna import dna_units
    from her2omics.sheets.normal_bins import normal_bins

    counts = {
        "RNA files": rna_units(study)["path"].nunique(),
        "SNP files": dna_units(study, ("snps",))["path"].nunique(),
        "files of normals' bins": len(normal_bins(study)),
    }
    words = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    print(f"her2omics cohort: reading {words or 'no files'}", file=sys.stderr)
    for warning in build(study, args.out):
        print(f"her2omics cohort: warning: {warning}", file=sys.stderr)
