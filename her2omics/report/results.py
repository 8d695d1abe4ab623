"""The tables of a results folder, as far as they are there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.errors import InputError, Problem

READ = (
    "cases",
    "purity",
    "copy_number",
    "copy_number_pairs",
    "expression",
    "expression_pairs",
    "subtypes",
    "switches",
    "evidence",
    "contributions",
    "quality",
    "differential",
    "pathways",
)

# Tables that only the case pages show, most with many rows per sample.
LONG = (
    "copy_number_segments", "locus_bins", "clusters", "clones", "cluster_shifts", "lineage",
    "drivers", "single_cell", "single_cell_clones", "single_cell_pairs", "single_cell_doses",
    "single_cell_map",
)  # fmt: skip

TREES = "clone_trees.json"

Record = dict[str, object]


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows as dictionaries of Python values, ``None`` where a value is missing."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


@dataclass(frozen=True)
class Results:
    """Tables of a results folder; one that does not exist is empty."""

    folder: Path
    frames: Mapping[str, pd.DataFrame]
    _grouped: dict = field(default_factory=dict, repr=False, compare=False)

    def rows(self, name: str) -> list[Record]:
        """Return all rows of a table."""
        return self.grouped(name, None)[None]

    def grouped(self, name: str, key: str | None) -> Mapping[object, list[Record]]:
        """Return the rows of a table by a column (computed once)."""
        if (name, key) not in self._grouped:
            groups: dict[object, list[Record]] = defaultdict(list)
            for row in records(self.frames[name]):
                groups[row[key] if key else None].append(row)
            self._grouped[name, key] = groups
        return self._grouped[name, key]

    def of_case(self, name: str, case: str) -> list[Record]:
        """Return the rows of one case."""
        return self.grouped(name, "case").get(case, [])

    def of_sample(self, name: str, sample: object) -> Record | None:
        """Return the first row of one sample."""
        found = self.grouped(name, "sample").get(sample, []) if sample else []
        return found[0] if found else None

    def part(self, name: str, sample: object) -> pd.DataFrame:
        """Return the rows of one sample of a long table, as a frame."""
        if (name, "part") not in self._grouped:
            self._grouped[name, "part"] = self.frames[name].groupby("sample", sort=False).indices
        rows = self._grouped[name, "part"].get(sample, [])
        return self.frames[name].iloc[rows]

    @cached_property
    def trees(self) -> Mapping[str, Record]:
        """Trees of clones by patient; none where the folder has no file of them."""
        path = self.folder / TREES
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    @cached_property
    def present(self) -> frozenset[str]:
        """Names of the tables that hold rows."""
        return frozenset(name for name, frame in self.frames.items() if len(frame))


def load(
    folder: Path,
    *,
    pairs: pd.DataFrame,
    patients: Sequence[str] | None = None,
    names: Sequence[str] = READ,
) -> Results:
    """Read the tables of a folder that the report needs.

    Parameters
    ----------
    folder
        Results folder, or that of one batch.
    pairs
        Table ``pairs`` of the study.
    patients
        Keep only the cases of these patients.
    names
        Tables to read; one that the folder does not hold is empty.

    Raises
    ------
    InputError
        If there is no ``cases.tsv``, or a table contradicts its declaration.
    """
    folder = Path(folder)
    frames = {name: tables.empty(name) for name in names}
    for name in names:
        path = folder / tables.TABLES[name].filename
        if path.is_file():
            frames[name] = tables.read(path, name, required=tables.TABLES[name].names[:1])
        elif name == "cases":
            message = "no such file: run `her2omics classify` first, or name its folder (--tables)"
            raise InputError(Problem(message, file=str(path)))
    frames["pairs"] = pairs
    if patients is not None:
        chosen = set(patients)
        kept = frames["cases"][frames["cases"]["patient"].isin(chosen)]
        cases = set(kept["case"])
        for name, frame in frames.items():
            if "patient" in frame:
                frames[name] = frame[frame["patient"].isin(chosen)]
            elif "case" in frame:
                frames[name] = frame[frame["case"].isin(cases)]
    return Results(folder, frames)
