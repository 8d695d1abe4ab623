"""Purity of each sample, and from DNA the copies of ERBB2 and what became of its amplification.

Writes purity.tsv, copy_number.tsv, copy_number_pairs.tsv, copy_number_segments.tsv,
locus_bins.tsv and, for `on_bad_file: gate`, copy_number_errors.tsv. Without DNA the purity is that
of the sheet (columns purity, tumour_content). Bins are corrected by the reference of normals of
their assay and design, where the cohort folder has one.
"""

from __future__ import annotations

import argparse
import sys

from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    cohort_folder,
    load_study,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    study = load_study(args)
    patients = chosen_patients(args, study)

    import numpy as np

    from her2omics import genome, tables
    from her2omics.cohort import normals
    from her2omics.copy_number import arm
    from her2omics.copy_number.correction import by_references
    from her2omics.errors import raise_all
    from her2omics.readers.dna import read_patient
    from her2omics.sheets.normal_bins import wants_references
    from her2omics.sheets.seeds import seed_for

    build = genome.of_config(study.config)
    rows, problems, lost, warnings, correct = arm.Rows(), [], [], [], None
    if wants_references(study):
        references = normals.load(cohort_folder(args, study))
        correct = by_references(references, genome=build, warnings=warnings)
    for done, patient in enumerate(patients, start=1):
        dna = read_patient(study, patient, genome=build)
        problems += dna.problems
        lost += dna.lost
        if problems and study.config["on_bad_file"] == "stop":
            continue
        seed = seed_for(study.config["seed"], "copy-number", patient)
        arm.analyse(
            dna,
            study.samples[study.samples["patient"].eq(patient)],
            study.cases[study.cases["patient"].eq(patient)],
            rows,
            genome=build,
            rng=np.random.default_rng(seed),
            correct=correct,
        )
        if dna.tumours and (done % 10 == 0 or done == len(patients)):
            print(f"copy-number: {done} of {len(patients)} patients", file=sys.stderr, flush=True)
    if study.config["on_bad_file"] == "stop":
        raise_all(problems)
    for warning in warnings:
        print(f"her2omics copy-number: warning: {warning}", file=sys.stderr)
    for name, table in rows.tables().items():
        tables.write(table, name, args.out)
    tables.write(tables.error_rows(lost), "copy_number_errors", args.out)
