"""The units sheets that begin from what was made of reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.reads.plan import Plan

#: Sheet of tables, which the rest of the workflow reads; sheet of alignments; beside them.
TABLES, ALIGNED = "units.tsv", "units_aligned.tsv"
#: SHA-256 and name of every file of reads and every reference file that the tables were made of, as
#: sha256sum writes them.
INPUTS = "inputs.sha256"
_HASHED = re.compile(r"[0-9a-f]{64}  .+")
_PATHS = ("path", "path2", "targets")


def write(plan: Plan) -> None:
    """Write both sheets into the plan's folder, paths relative to it, and the hashes.

    Each of them can take the place of the user's units sheet: a run then begins from the tables, or
    from the alignments.
    """
    for name, units in ((TABLES, plan.units()), (ALIGNED, plan.aligned_units())):
        tables.write_text(_text(units, plan.folder), plan.folder / name)
    tables.write_text("".join(f"{line}\n" for line in _hashed(plan)), plan.folder / INPUTS)


def _hashed(plan: Plan) -> list[str]:
    """Return the hashes of the files of reads and the reference files, each file once."""
    names = [*plan.lanes, *(f"{one.name}.bam" for one in plan.alignments if one.bam)]
    names += [f"{key}.reference" for key in plan.reference_files()]
    paths = [plan.folder / "checked" / f"{name}.txt" for name in names]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return list(dict.fromkeys(line for line in lines if _HASHED.fullmatch(line)))


def _text(units: pd.DataFrame, folder: Path) -> str:
    frame = units.drop(columns="line")
    for column in _PATHS:
        frame[column] = [
            os.path.relpath(Path(path).absolute(), folder.absolute()) if path else None
            for path in frame[column]
        ]
    used = frame.columns[frame.notna().any()]
    needed = ("sample", "assay", "filetype", "path")
    frame = frame[[name for name in frame.columns if name in used or name in needed]]
    return frame.to_csv(sep="\t", index=False, lineterminator="\n", na_rep="")
