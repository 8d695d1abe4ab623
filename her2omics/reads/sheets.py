"""The units sheets that begin from what was made of reads."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.reads.plan import Plan

#: Sheet of tables, which the rest of the workflow reads; sheet of alignments; beside them.
TABLES, ALIGNED = "units.tsv", "units_aligned.tsv"
_PATHS = ("path", "path2", "targets")


def write(plan: Plan) -> None:
    """Write both sheets into the plan's folder, paths relative to it.

    Each of them can take the place of the user's units sheet: a run then begins from the tables, or
    from the alignments.
    """
    for name, units in ((TABLES, plan.units()), (ALIGNED, plan.aligned_units())):
        tables.write_text(_text(units, plan.folder), plan.folder / name)


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
