"""Single cells: which malignant cells carry the ERBB2 amplification, and which have silenced it.

Reads the units of assay scrna (h5ad, or 10x folders and .h5), raw counts, and the segments of the
patients' DNA (copy_number_segments.tsv in --tables), where there are any. Writes single_cell.tsv,
single_cell_clones.tsv, single_cell_pairs.tsv, single_cell_errors.tsv, what the report draws
(single_cell_doses.tsv, single_cell_map.tsv), and single_cell/SAMPLE.h5ad with the cells of each
sample: raw counts in layers["counts"], results in obs["her2omics_*"], parameters in
uns["her2omics"].
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from her2omics import __version__, tables
from her2omics.cli.study_arguments import add_study_arguments, chosen_patients, load_study
from her2omics.errors import InputError, Problem
from her2omics.sheets.seeds import seed_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from her2omics.readers.cells import CellCounts
    from her2omics.sheets.study import Study
    from her2omics.single_cell.arm import Cells

FOLDER = "single_cell"
TABLES = (
    "single_cell",
    "single_cell_clones",
    "single_cell_pairs",
    "single_cell_doses",
    "single_cell_map",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser, cohort=False)
    parser.add_argument(
        "--tables",
        type=Path,
        metavar="DIR",
        help="the arms' tables (default: --out): copy_number_segments.tsv of the patients' DNA",
    )
    parser.add_argument(
        "--umap",
        action="store_true",
        help='place every cell on the map, obsm["X_umap"], not only single_cell.map_cells of each '
        "patient; of more than 8,000 cells every k-th lays it out "
        '(obs["her2omics_laid_out"]), the others are put beside the most alike',
    )


def run(args: argparse.Namespace) -> None:
    """Write the tables and the cells."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(Problem("is a file, expected a folder to write to", file=str(args.out)))
    study = load_study(args)
    segments = tables.read_or_empty(args.tables or args.out, "copy_number_segments")
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
                own = segments[segments["patient"].eq(patient)]
                named = _patient(cells, study, patient, rows, own, args.umap)
                for code, sample in enumerate(named.samples):
                    written.append(args.out / FOLDER / f".{sample}.h5ad.part")
                    _write_cells(named, code, written[-1], patient, study.config["seed"])
        if study.config["on_bad_file"] == "stop" and problems:
            raise InputError(problems)
        (args.out / FOLDER).mkdir(parents=True, exist_ok=True)
        for part in written:
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
            problems += _copies(cells)
        except InputError as error:
            problems += error.problems
    return cells, problems


def _copies(cells: Sequence[CellCounts]) -> list[Problem]:
    """Return a problem if the last sample has the cells of another one of the patient."""
    from her2omics.readers import cell_repeats

    *others, last = cells
    umis = last.counts.sum(axis=1).A1
    return [
        Problem(
            f"its cells are those of {one.sample} ({one.file}), barcodes and molecules: give each "
            "sample its own file",
            last.file,
            None,
            last.sample,
        )
        for one in others
        if cell_repeats.in_both(last.barcodes, one.barcodes, umis=(umis, one.counts.sum(axis=1).A1))
    ]


def _patient(
    samples: Sequence[CellCounts],
    study: Study,
    patient: str,
    rows: dict[str, list[dict[str, Any]]],
    segments: pd.DataFrame,
    umap: bool,
) -> Cells:
    """Add a patient's rows; return its cells."""
    from her2omics.single_cell import arm, programme, statement, view

    seed = study.config["seed"]
    times = study.samples.set_index("sample")["timepoint"]
    cells = arm.name_cells(samples, timepoints=times, name=patient, seed=seed, segments=segments)
    said = statement.state(cells, name=patient, seed=seed)
    cases = study.cases[study.cases["patient"].eq(patient)].to_dict("records")
    scores = programme.annotate(cells, name=patient, seed=seed)
    of_sum = _pam50(cells, patient, seed)
    for code, row in enumerate(statement.sample_rows(cells, said, patient)):
        row |= programme.sample_columns(cells, scores, code) | of_sum.get(row["sample"], {})
        rows["single_cell"].append(row)
    for row in statement.clone_rows(cells, said, patient):
        found = of_sum.get(programme.label(row["sample"], row["clone"]), {}).copy()
        found.pop("pam50_genes", None)
        rows["single_cell_clones"].append(row | found)
    rows["single_cell_pairs"] += statement.pair_rows(cells, said, cases)
    rows["single_cell_doses"] += view.dose_rows(cells, patient)
    rows["single_cell_map"] += _map(cells, patient, study, every=umap)
    return cells


def _write_cells(cells: Cells, code: int, path: Path, patient: str, seed: int) -> None:
    """Write the ``.h5ad`` of a sample."""
    from her2omics.single_cell import h5ad, statement

    about = statement.parameters(cells, code, name=patient, seed=seed, version=__version__)
    h5ad.write(cells, code, path, parameters=about)


def _map(cells: Cells, patient: str, study: Study, *, every: bool) -> list[dict[str, Any]]:
    """Place cells on a map, in obsm; return the rows of those that the report draws."""
    from her2omics.single_cell import view

    most, seed = study.config["single_cell"]["map_cells"], study.config["seed"]
    if not (every or most):
        return []
    from her2omics.single_cell import display

    rng = np.random.default_rng(seed_for(seed, "map", patient))
    shown = view.chosen(cells, most=most, rng=rng)
    rows = None if every else shown
    cells.data.obsm["X_umap"] = display.umap(
        cells, seed=seed_for(seed, "umap", patient) % 2**32, rows=rows
    )
    cells.data.obs["her2omics_laid_out"] = display.laid_out(cells, rows)
    return view.map_rows(cells, patient, shown)


def _pam50(cells: Cells, patient: str, seed: int) -> dict[str, dict[str, Any]]:
    """Return the PAM50-like subtype of each sum of malignant cells, by the name of the sum."""
    from her2omics.single_cell import programme
    from her2omics.subtype import pseudobulk

    sums = programme.sums(cells, genes=pseudobulk.genes(), name=patient, seed=seed)
    found = pseudobulk.subtypes(sums.counts, sums.drawn, seed=seed)
    return {str(name): row for name, row in found.to_dict("index").items()}
