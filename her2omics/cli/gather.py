"""Join the tables of several batches into one folder, and the cells of their samples.

  her2omics gather --samples samples.tsv --out results results/batches/1 results/batches/2

With the sheets, rows stand in their order; without, in the order of the folders. The cells,
single_cell/SAMPLE.h5ad, are not copied: they are linked to those of the batches.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from her2omics import tables
from her2omics.cli.study_arguments import add_sheet_arguments, load_study
from her2omics.errors import Problem, raise_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TREES = "clone_trees.json"
CELLS = "single_cell"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_sheet_arguments(parser)
    parser.add_argument("folders", nargs="+", type=Path, metavar="BATCH_DIR", help="batch folders")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")


def run(args: argparse.Namespace) -> None:
    """Write every table that any of the folders holds, the trees of clones, links to cells."""
    missing = [folder for folder in args.folders if not folder.is_dir()]
    raise_all([Problem("no such folder", file=str(folder)) for folder in missing])
    order = {}
    if args.samples is not None:
        study = load_study(args)
        order = {"sample": list(study.samples["sample"]), "case": list(study.cases["case"])}
    found = {
        name: {folder: tables.read(folder, name) for folder in args.folders if _has(folder, name)}
        for name in tables.TABLES
    }
    raise_all(_twice(args.folders, found))
    for name, parts in found.items():
        filled = [part for part in parts.values() if len(part)]
        if parts:
            joined = pd.concat(filled, ignore_index=True) if filled else next(iter(parts.values()))
            key = tables.TABLES[name].names[0]
            if key in order:
                joined = tables.in_order(joined, key, order[key])
            tables.write(joined, name, args.out)
    trees = [folder / TREES for folder in args.folders if (folder / TREES).is_file()]
    if trees:
        joined = {
            name: tree for path in trees for name, tree in json.loads(path.read_text()).items()
        }
        text = json.dumps(joined, indent=1, ensure_ascii=False) + "\n"
        tables.write_text(text, args.out / TREES)
    _link_cells([folder / CELLS for folder in args.folders], args.out / CELLS)


def _has(folder: Path, name: str) -> bool:
    return (folder / tables.TABLES[name].filename).is_file()


def _twice(
    folders: Sequence[Path], found: Mapping[str, Mapping[Path, pd.DataFrame]]
) -> list[Problem]:
    """Return a problem for every folder that is given twice, and every case or sample in two."""
    places = [folder.resolve() for folder in folders]
    problems = [
        Problem("given twice: name each folder once", file=str(folder))
        for number, folder in enumerate(folders)
        if places[number] in places[:number]
    ]
    if problems:
        return problems
    first: dict[tuple[str, str], Path] = {}
    told = set()

    def note(kind: str, value: str, folder: Path, file: str) -> None:
        before = first.setdefault((kind, value), folder)
        if before != folder and (kind, value, folder) not in told:
            told.add((kind, value, folder))
            message = f"its {kind} is in {before} as well: give each {kind} in one folder only"
            problems.append(Problem(message, file=str(folder / file), sample=value))

    for name, parts in found.items():
        table = tables.TABLES[name]
        kind = table.names[0]
        if kind in ("sample", "case", "patient") and not name.endswith("errors"):
            for folder, part in parts.items():
                for value in part[kind].unique():
                    note(kind, value, folder, table.filename)
    for folder in folders:
        for path in sorted((folder / CELLS).glob("*.h5ad")):
            note("sample", path.stem, folder, f"{CELLS}/{path.name}")
    return problems


def _link_cells(folders: Sequence[Path], out: Path) -> None:
    """Link the cells of all folders in ``out``; links to samples that are gone are removed.

    Hard links: the file stays if the folder of its batch goes. Where a file system has none, a
    relative symbolic link.
    """
    if not any(folder.is_dir() for folder in folders):
        return
    out.mkdir(parents=True, exist_ok=True)
    # A folder may be `out` itself: its files stay, and are their own links.
    others = [folder for folder in folders if folder.resolve() != out.resolve()]
    sources = {path.name: path for folder in others for path in sorted(folder.glob("*.h5ad"))}
    for old in out.glob("*.h5ad"):
        if old.name in sources or len(others) == len(folders):
            old.unlink()
    for path in sources.values():
        try:
            os.link(path, out / path.name)
        except OSError:
            (out / path.name).symlink_to(os.path.relpath(path.resolve(), out.resolve()))
