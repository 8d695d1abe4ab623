"""Check the sheets, the config and the files they name, without writing anything.

Prints what the study holds; warnings go to stderr. With anything wrong, every problem is printed
(file, line, sample, what to do) and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from her2omics import genome
from her2omics.cli.study_arguments import add_sheet_arguments, load_study
from her2omics.errors import InputError, Problem, raise_all
from her2omics.files import problem as file_problem
from her2omics.genome import Genome
from her2omics.reads.plan import plan
from her2omics.sheets import clinical
from her2omics.sheets.study import Study
from her2omics.sheets.unit_rows import CELL_TABLES, DNA_TABLES, RNA_TABLES

# Tables this version reads; reads become tables.
_USED_FILETYPES = (*RNA_TABLES, *DNA_TABLES, *CELL_TABLES)
_PROGRESS_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``her2omics check``."""
    add_sheet_arguments(parser)
    parser.add_argument(
        "--quick", action="store_true", help="look at the beginning of each file only"
    )


def run(args: argparse.Namespace) -> None:
    """Check a study; raise with all problems, else print its summary."""
    study = load_study(args)
    build, problems = genome_build(study)
    planned, of_reads = plan(study, Path(study.config["results"], "reads"))
    if not planned.empty:
        from her2omics.reads import references

        of_reads = of_reads + references.problems(planned, build)
    raise_all(problems + of_reads + file_problems(study, build, quick=args.quick))
    for warning in study.warnings:
        print(f"her2omics check: warning: {warning}", file=sys.stderr)
    print(summary(study))


def genome_build(study: Study) -> tuple[Genome | None, list[Problem]]:
    """Return the genome build of the config, or what is wrong with its tables."""
    try:
        build = genome.of_config(study.config)
    except InputError as error:
        return None, list(error.problems)
    return build, []


def file_problems(study: Study, build: Genome | None, *, quick: bool = False) -> list[Problem]:
    """Return what is wrong with the files, each read as its stage will read it.

    Parameters
    ----------
    study
        The study. With ``on_bad_file: gate`` a bad file gates its case later, and nothing is read.
    build
        Genome build; without it DNA tables are not read.
    quick
        Look at the beginning of each file only.
    """
    if study.config["on_bad_file"] == "gate":
        return []
    kinds = _USED_FILETYPES if build or quick else (*RNA_TABLES, *CELL_TABLES)
    used = study.units[study.units["filetype"].isin(kinds)]
    groups = [
        rows for _, rows in used.groupby(["path", "filetype", "unit"], sort=False, dropna=False)
    ]
    problems: list[Problem] = []
    started = time.monotonic()
    for done, rows in enumerate(groups):
        if time.monotonic() - started > _PROGRESS_SECONDS:
            print(f"her2omics check: {done} of {len(groups)} files read", file=sys.stderr)
            started = time.monotonic()
        if rows["filetype"].iloc[0] in CELL_TABLES:
            problems += _cells(rows, study, quick=quick)
        else:
            problems += _beginning(rows) if quick else _whole(rows, study, build)
    if build and not quick and not problems:
        from her2omics.readers import dna

        problems += dna.overlap_problems(study, genome=build)
    return problems


def _beginning(rows: pd.DataFrame) -> list[Problem]:
    """Return what the first bytes of a file betray."""
    path = Path(rows["path"].iloc[0])
    found = file_problem(path, shown=_shown(path), sample=rows["sample"].iloc[0])
    return [found] if found else []


def _whole(rows: pd.DataFrame, study: Study, build: Genome | None) -> list[Problem]:
    """Return what is wrong with one file, read for all its samples."""
    if rows["filetype"].iloc[0] in DNA_TABLES:
        from her2omics.readers import dna

        shown = _shown(Path(rows["path"].iloc[0]))
        return dna.file_problems(study, rows, genome=build, shown=shown)
    try:
        _read_expression(rows)
    except InputError as error:
        return list(error.problems)
    return []


def _cells(rows: pd.DataFrame, study: Study, *, quick: bool) -> list[Problem]:
    """Return what is wrong with one file of single cells, read for all its samples."""
    from her2omics.readers.cells import beginning_problems, read_cells, sample_name

    path, filetype = Path(rows["path"].iloc[0]), rows["filetype"].iloc[0]
    problems: list[Problem] = []
    for sample in rows["sample"]:
        if quick:
            return beginning_problems(path, filetype=filetype, sample=sample, shown=_shown(path))
        try:
            read_cells(
                path,
                filetype=filetype,
                sample=sample,
                column=sample_name(study.units, sample),
                annotation=study.config["single_cell"]["annotation"],
                shown=_shown(path),
            )
        except InputError as error:
            problems += error.problems
    return problems


def _read_expression(rows: pd.DataFrame) -> None:
    """Read one RNA file; raise with what is wrong with it."""
    from her2omics.readers import expression

    first = rows.iloc[0]
    path = Path(first["path"])
    if first["filetype"] == "matrix":
        names = rows["column"].fillna(rows["sample"])
        columns = dict(zip(rows["sample"], names, strict=True))
        expression.read_matrix(path, columns=columns, unit=first["unit"], shown=_shown(path))
    elif first["filetype"] == "salmon":
        expression.read_salmon(path, sample=first["sample"], shown=_shown(path))
    else:
        expression.read_star(
            path,
            sample=first["sample"],
            strandedness=first["strandedness"],
            shown=_shown(path),
        )


def _shown(path: Path) -> str:
    """Return the path as short as it is clear: below the current folder without that folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def summary(study: Study) -> str:
    """Return the study in a few lines: patients, cases, and the cases by the data they have."""
    samples, cases = study.samples, study.cases
    left_out = int(cases["excluded"].notna().sum())
    paired = cases[cases["followup"].notna() & cases["excluded"].isna()]
    excluded = int(samples["exclude"].notna().sum())
    kept = samples[samples["exclude"].isna()]
    normals = int((kept["timepoint"] == "normal").sum())
    lines = [
        f"patients           {len(study.patients())}",
        f"specimens          {len(kept)}"
        + (f", {normals} of them normal" if normals else "")
        + (f"; {excluded} excluded" if excluded else ""),
        f"cases              {len(cases)}, {len(paired)} of them with a follow-up"
        + (f"; {left_out} excluded" if left_out else ""),
    ]
    available = _data_by_sample(study)
    counts = Counter(
        _words(available.get(row.baseline, set()) & available.get(row.followup, set()))
        for row in paired.itertuples()
    )
    lines += [f"  in both biopsies {words:<30} {count}" for words, count in sorted(counts.items())]
    status = clinical.reported_status(kept, ascertained=study.config["ascertained"]).fillna(
        "unknown"
    )
    pairs = Counter(
        f"{status[row.baseline]} -> {status[row.followup]}" for row in paired.itertuples()
    )
    lines += [f"  reported HER2    {words:<30} {count}" for words, count in sorted(pairs.items())]
    lines.append(f"genome build       {study.config['genome_build']}")
    return "\n".join(lines)


def _data_by_sample(study: Study) -> dict[str, set[str]]:
    """Return the kinds of data of each sample: its assays, IHC and ISH."""
    found: dict[str, set[str]] = {}
    for sample, assay in zip(study.units["sample"], study.units["assay"], strict=True):
        found.setdefault(sample, set()).add(assay)
    for column, word in (("her2_ihc", "ihc"), ("her2_ish_copies", "ish")):
        for sample in study.samples.loc[study.samples[column].notna(), "sample"]:
            found.setdefault(sample, set()).add(word)
    return found


def _words(kinds: set[str]) -> str:
    return " + ".join(sorted(kinds)) or "nothing"
