"""Single cells: which malignant cells carry the ERBB2 amplification, and which have silenced it.

Reads the units of assay scrna (h5ad, or 10x folders and .h5), raw counts. Writes single_cell.tsv,
single_cell_clones.tsv, single_cell_pairs.tsv, single_cell_errors.tsv, and single_cell/SAMPLE.h5ad
with the cells of each sample: raw counts in layers["counts"], results in obs["her2omics_*"],
parameters in uns["her2omics"].
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2omics import __version__, tables
from her2omics.cli.study_arguments import add_study_arguments, chosen_patients, load_study
from her2omics.errors import InputError, Problem
from her2omics.sheets.seeds import seed_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from her2omics.readers.cells import CellCounts
    from her2omics.sheets.study import Study

FOLDER = "single_cell"
TABLES = ("single_cell", "single_cell_clones", "single_cell_pairs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser, cohort=False)
    parser.add_argument(
        "--umap",
        action="store_true",
        help='also a map of the cells, obsm["X_umap"], by scanpy; of more than 8,000 cells every '
        'k-th lays it out (obs["her2omics_laid_out"]), the others are put beside the most alike',
    )


def run(args: argparse.Namespace) -> None:
    """Write the tables and the cells."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(Problem("is a file, expected a folder to write to", file=str(args.out)))
    study = load_study(args)
    patients = chosen_patients(args, study)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    problems: list[Problem] = []
    written: list[Path] = []
    try:
        for patient in patients:
            cells, found = _read(study, patient)
            problems += found
            if found and study.config["on_bad_file"] == "stop":
                continue
            if cells and not (problems and study.config["on_bad_file"] == "stop"):
                print(f"single-cell: {patient}", file=sys.stderr)
                written += _patient(cells, study, patient, rows, args.out / FOLDER, args.umap)
        if study.config["on_bad_file"] == "stop" and problems:
            raise InputError(problems)
        (args.out / FOLDER).mkdir(parents=True, exist_ok=True)
        while written:
            part = written.pop()
            part.replace(part.with_name(part.name.removeprefix(".").removesuffix(".part")))
    finally:
        for part in written:
            part.unlink(missing_ok=True)
    for problem in problems:
        print(f"her2omics single-cell: warning: {problem}", file=sys.stderr)
    for name in TABLES:
        frame = pd.DataFrame(rows[name]) if rows[name] else tables.empty(name)
        tables.write(frame, name, args.out)
    lost = [(p.sample or "", p.file or "", p.message) for p in problems]
    tables.write(tables.error_rows(lost), "single_cell_errors", args.out)


def _read(study: Study, patient: str) -> tuple[list[CellCounts], list[Problem]]:
    """Return the cells of a patient's samples, and what is wrong with its files."""
    from her2omics.readers.cells import read_cells, sample_name

    samples = study.samples[study.samples["patient"].eq(patient)]
    samples = samples[samples["timepoint"].isin(("baseline", "followup"))]
    units = study.units[study.units["assay"].eq("scrna")].set_index("sample")
    cells: list[CellCounts] = []
    problems: list[Problem] = []
    for sample in samples["sample"]:
        if sample not in units.index:
            continue
        row = units.loc[sample]
        try:
            cells.append(
                read_cells(
                    Path(row["path"]),
                    filetype=row["filetype"],
                    sample=sample,
                    column=sample_name(study.units, sample),
                    annotation=study.config["single_cell"]["annotation"],
                    shown=Path(row["path"]).name,
                )
            )
        except InputError as error:
            problems += error.problems
    return cells, problems


def _patient(
    samples: Sequence[CellCounts],
    study: Study,
    patient: str,
    rows: dict[str, list[dict[str, Any]]],
    folder: Path,
    umap: bool,
) -> list[Path]:
    """Add a patient's rows; return the files of its cells, under temporary names."""
    from her2omics.single_cell import arm, h5ad, statement

    seed = study.config["seed"]
    times = study.samples.set_index("sample")["timepoint"]
    cells = arm.name_cells(samples, timepoints=times, name=patient, seed=seed)
    said = statement.state(cells, name=patient, seed=seed)
    if umap:
        from her2omics.single_cell import display

        place = display.umap(cells, seed=seed_for(seed, "umap", patient) % 2**32)
        cells.data.obsm["X_umap"] = place
        cells.data.obs["her2omics_laid_out"] = display.laid_out(cells)
    cases = study.cases[study.cases["patient"].eq(patient)].to_dict("records")
    rows["single_cell"] += statement.sample_rows(cells, said, patient)
    rows["single_cell_clones"] += statement.clone_rows(cells, said, patient)
    rows["single_cell_pairs"] += statement.pair_rows(cells, said, cases)
    written = []
    for code, sample in enumerate(cells.samples):
        part = folder / f".{sample}.h5ad.part"
        about = statement.parameters(cells, code, name=patient, seed=seed, version=__version__)
        h5ad.write(cells, code, part, parameters=about)
        written.append(part)
    return written
