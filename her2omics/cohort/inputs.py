"""Read the RNA files of a study, each file once, and gather what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.cohort.store import Cohort
from her2omics.errors import InputError, Problem
from her2omics.readers import expression
from her2omics.sheets.study import Study

RNA_FILES = ("matrix", "salmon", "star")
_MAX_NAMES = 8


@dataclass
class RnaInput:
    """What the RNA files hold.

    ``files`` are in the order of the sheet; ``problems`` are those of files that could not be
    used; ``lost`` holds (sample, file name, message) of the samples they take with them.
    """

    files: list[expression.Expression] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)

    def lose(self, problems: Sequence[Problem], samples: Sequence[str], path: str) -> None:
        """Record problems and the samples they take out of the cohort."""
        self.problems += problems
        for sample in samples:
            own = [problem for problem in problems if problem.sample in (None, sample)]
            text = "; ".join(problem.message for problem in own or problems)
            self.lost.append((sample, Path(path).name, text))


def rna_units(study: Study) -> pd.DataFrame:
    """Return the units with RNA quantified per gene, of tumours that are not excluded."""
    tumours = study.samples[
        study.samples["timepoint"].ne("normal") & study.samples["exclude"].isna()
    ]
    units = study.units
    chosen = units["assay"].eq("rna") & units["filetype"].isin(RNA_FILES)
    return units[chosen & units["sample"].isin(tumours["sample"])]


def samples_in(cohort: Cohort, study: Study, *, patients: Sequence[str]) -> list[str]:
    """Return the samples of these patients whose RNA the cohort folder holds, in sheet order.

    Samples that the sheet excludes are left out, also where the folder was made before that.

    Raises
    ------
    InputError
        If the folder knows nothing of a sample for which the units sheet names RNA: it was made
        from another sheet.
    """
    chosen = study.samples["patient"].isin(patients)
    wanted = study.samples["sample"].isin(rna_units(study)["sample"])
    names = list(study.samples.loc[chosen & wanted, "sample"])
    present = set() if cohort.expression is None else set(cohort.expression.obs_names)
    lost = set(tables.read_or_empty(cohort.folder, "input_errors")["sample"])
    unknown = [name for name in names if name not in present | lost]
    if unknown:
        listed = ", ".join(unknown[:_MAX_NAMES]) + (" ..." if len(unknown) > _MAX_NAMES else "")
        message = (
            f"holds no RNA of {len(unknown)} of the {len(names)} samples that have some in "
            f"{study.units_file} ({listed}): make the cohort of this sheet with `her2omics cohort`"
        )
        raise InputError(Problem(message, file=str(cohort.folder)))
    return [name for name in names if name in present]


def read_rna(study: Study) -> RnaInput:
    """Read every RNA file of the study.

    A fault of one sample in a matrix does not take the other samples with it, so that with
    ``on_bad_file: gate`` only the samples concerned are left out.
    """
    found = RnaInput()
    units = _once_per_sample(rna_units(study), found, study.units_file)
    matrices = units[units["filetype"] == "matrix"]
    done: set[tuple[str, str]] = set()
    for row in units.to_dict("records"):
        if row["filetype"] != "matrix":
            _read_single(row, found)
            continue
        key = (row["path"], row["unit"])
        if key not in done:
            done.add(key)
            same = matrices[(matrices["path"] == key[0]) & (matrices["unit"] == key[1])]
            columns = same["column"].fillna(same["sample"])
            _read_matrix(*key, dict(zip(same["sample"], columns, strict=True)), found)
    return found


def _once_per_sample(units: pd.DataFrame, found: RnaInput, file: str) -> pd.DataFrame:
    """Refuse a sample with several gene quantifications: which one counts is not ours to choose."""
    repeated = units[units["sample"].duplicated(keep=False)]
    for sample, rows in repeated.groupby("sample", sort=False):
        lines = ", ".join(str(line) for line in rows["line"])
        message = f"{len(rows)} RNA files for one sample (lines {lines}): keep one of them"
        problem = Problem(message, file, int(rows["line"].iloc[0]), str(sample))
        found.lose([problem], [str(sample)], str(rows["path"].iloc[0]))
    return units[~units["sample"].isin(repeated["sample"])]


def _read_single(row: Mapping, found: RnaInput) -> None:
    shown = Path(row["path"]).name
    try:
        if row["filetype"] == "salmon":
            read = expression.read_salmon(Path(row["path"]), sample=row["sample"], shown=shown)
        else:
            read = expression.read_star(
                Path(row["path"]),
                sample=row["sample"],
                strandedness=row["strandedness"],
                shown=shown,
            )
    except InputError as error:
        found.lose(error.problems, [row["sample"]], row["path"])
    else:
        found.files.append(read)


def _read_matrix(path: str, unit: str, columns: dict[str, str], found: RnaInput) -> None:
    """Read one matrix; leave out samples with faults of their own and read the rest."""
    shown = Path(path).name
    while columns:
        try:
            found.files.append(
                expression.read_matrix(Path(path), columns=columns, unit=unit, shown=shown)
            )
            return
        except InputError as error:
            own = [name for name in columns if any(p.sample == name for p in error.problems)]
            whole = not own or any(p.sample is None for p in error.problems)
            lost = list(columns) if whole else own
            found.lose(error.problems, lost, path)
            columns = {name: column for name, column in columns.items() if name not in lost}
