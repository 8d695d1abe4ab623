"""One table of the mutations of many samples and patients, as PyClone-VI reads it and wider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import Problem, one_of, raise_all
from her2omics.readers import positions, snps, table_text
from her2omics.readers.table_text import TableText

COUNTS = ("ref_counts", "alt_counts")
TIMEPOINTS = ("baseline", "followup")
_COPIES = ("major_cn", "minor_cn", "normal_cn", "major_cn_2", "minor_cn_2")
# Shares: column -> lowest and highest value, whether the lowest itself is allowed, what it is.
_SHARES = {
    "tumour_content": (0.0, 1.0, False, "a share of cells above 0 and up to 1, such as 0.7"),
    "tumour_content_sd": (0.0, 1.0, False, "a share of cells above 0, such as 0.05"),
    "cn_share_2": (0.0, 1.0, True, "a share of the cancer cells, 0 to 1"),
    "error_rate": (0.0, 0.1, False, "errors a read, above 0 and up to 0.1"),
    "population_frequency": (0.0, 1.0, False, "a share of tumours above 0 and up to 1"),
}
_PLACE = ("chromosome", "position", "ref", "alt")
_NAMES = {
    "mutation_id": ("mutation_id",),
    "sample_id": table_text.SAMPLE_NAMES,
    "patient": ("patient", "patient_id"),
    "timepoint": ("timepoint",),
    "chromosome": positions.CHROMOSOME_NAMES,
    "ref": ("ref",),
    "alt": ("alt",),
}
_NUMBERS = {
    "position": positions.POSITION_NAMES,
    "ref_counts": ("ref_counts", "ref_count"),
    "alt_counts": ("alt_counts", "alt_count"),
    **{name: (name,) for name in _COPIES},
    **{name: (name,) for name in _SHARES},
    "tumour_content": ("tumour_content", "tumor_content"),
}
_WHAT = (
    "a table of mutations has mutation_id (or chromosome, position, ref, alt), sample_id, "
    "ref_counts, alt_counts and tumour_content, one row per mutation and sample; major_cn, "
    "minor_cn, normal_cn, patient and timepoint where known"
)


@dataclass(frozen=True)
class MutationTable:
    """The rows of one file.

    Attributes
    ----------
    frame
        ``patient, sample_id, mutation_id, ref_counts, alt_counts, tumour_content`` and, where the
        file has them, the copies, shares, ``timepoint`` and the place of the mutation. Names are
        text, numbers floats with NaN where missing; rows in the order of the file.
    """

    frame: pd.DataFrame

    @property
    def patients(self) -> list[str]:
        """Patients in the order of the file."""
        return list(dict.fromkeys(self.frame["patient"]))


def read_mutation_table(path: Path | str, *, shown: str | None = None) -> MutationTable:
    """Read the mutations of all samples and patients of one file.

    Parameters
    ----------
    path
        Tab- or comma-separated, plain or gzip: ``mutation_id`` or ``chromosome, position, ref,
        alt``; ``sample_id``; ``ref_counts, alt_counts`` (both empty, or no row: not covered);
        ``tumour_content`` (a row may leave it empty where another of the sample has it). Optional:
        ``patient`` (without it all rows are one patient's, named after the file), ``timepoint``
        (baseline, followup), ``major_cn, minor_cn, normal_cn``, a second state of the segment
        ``major_cn_2, minor_cn_2, cn_share_2``, ``error_rate``, ``population_frequency`` (share of
        tumours with this very mutation).
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With all problems: first those of the columns, then of cells that are no numbers, then of
        the rows.
    """
    path = Path(path)
    table = table_text.split(path, shown=shown or str(path), what="mutations")
    numbers, names = table.find_all(_NUMBERS), table.find_all(_NAMES)
    placed = all(name in numbers or name in names for name in _PLACE)
    needed = [*COUNTS, "sample_id", "tumour_content", *([] if placed else ["mutation_id"])]
    absent = [name for name in needed if name not in numbers and name not in names]
    if absent:
        raise table.missing(absent, what=_WHAT)
    if not placed:
        numbers.pop("position", None)
        names = {name: column for name, column in names.items() if name not in _PLACE}
    frame = table_text.load(table, numbers=numbers, names=names)
    table = table.without_body()
    frame = frame.astype(dict.fromkeys(names, object))
    if "mutation_id" not in frame:
        frame["mutation_id"] = _of_place(frame)
    problems = _name_problems(frame, table)
    if "patient" not in frame:
        frame["patient"] = path.name.split(".")[0]
    problems += _row_problems(frame, table)
    problems += snps.count_problems(frame, list(COUNTS), table)
    problems += _half_problems(frame, table) + _range_problems(frame, table)
    problems += _sample_problems(frame, table)
    raise_all(problems)
    return MutationTable(frame)


def _of_place(frame: pd.DataFrame) -> pd.Series:
    """Return ids ``chromosome:position:ref:alt``; missing where a part is."""
    known = frame[list(_PLACE)].notna().all(axis=1)
    place = frame["position"].fillna(0).astype(int).astype(str)
    parts = [frame["chromosome"].astype(str), place, *(frame[x].astype(str) for x in _PLACE[2:])]
    return parts[0].str.cat(parts[1:], sep=":").where(known, None)


def _name_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return rows without a name, and words that are no time point."""
    problems = []
    for name in ("patient", "sample_id", "mutation_id"):
        if name in frame:
            problems += table_text.row_problems(
                frame.index[frame[name].isna()],
                lambda _: "is empty: every row needs it",
                table,
                column=name,
                what=f"rows without {name}",
            )
    if "timepoint" in frame:
        values = frame["timepoint"]
        problems += table_text.row_problems(
            frame.index[values.notna() & ~values.isin(TIMEPOINTS)],
            lambda row: one_of(values[row], TIMEPOINTS),
            table,
            column="timepoint",
            what="rows with another timepoint",
        )
    return problems


def _row_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return mutations given twice for the same sample."""
    keys = ["patient", "sample_id", "mutation_id"]
    known = frame[keys].notna().all(axis=1)
    again = frame.index[known & frame.duplicated(keys)]
    if not len(again):
        return []
    first = frame[known].drop_duplicates(keys).reset_index().set_index(keys)["index"]

    def message(row: int) -> str:
        at = table.line(first[tuple(frame.loc[row, keys])])
        return (
            f"a second row of {frame.loc[row, 'mutation_id']} in {frame.loc[row, 'sample_id']} "
            f"(the first is line {at}): keep one row per mutation and sample"
        )

    return table_text.row_problems(
        again, message, table, column="mutation_id", what="rows of mutations given before"
    )


def _half_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return rows with one of the two counts."""
    missing = frame[list(COUNTS)].isna()
    rows = frame.index[missing.any(axis=1) & ~missing.all(axis=1)]

    def message(row: int) -> str:
        given = COUNTS[1] if missing.loc[row, COUNTS[0]] else COUNTS[0]
        return f"is empty, but {given} is {frame.loc[row, given]:g}: give both counts, or neither"

    return table_text.row_problems(
        rows, message, table, column="ref_counts, alt_counts", what="rows with one of two counts"
    )


def _range_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return copies and shares out of their range."""
    problems = []
    for name in _COPIES:
        if name in frame:
            values = frame[name]
            problems += table_text.row_problems(
                frame.index[values.lt(0) | values.gt(1e4)],
                lambda row, values=values: f"{values[row]:g}: expected copies from 0",
                table,
                column=name,
                what=f"rows where {name} is out of range",
            )
    for name, (low, high, closed, what) in _SHARES.items():
        if name not in frame:
            continue
        values = frame[name]
        wrong = values.lt(low) | values.gt(high) | (values.eq(low) & (not closed))

        def message(row: int, values: pd.Series = values, what: str = what) -> str:
            percent = "; divide percentages by 100" if 1 < values[row] <= 100 else ""
            return f"{values[row]:g}: expected {what}{percent}"

        problems += table_text.row_problems(
            frame.index[wrong], message, table, column=name, what=f"rows with such a {name}"
        )
    return problems


def _sample_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    """Return samples without a purity, and samples of two time points."""
    problems = []
    groups = frame.groupby(["patient", "sample_id"], sort=False)
    unknown = groups["tumour_content"].count().eq(0)
    first = (
        pd.Series(frame.index, frame.index).groupby([frame["patient"], frame["sample_id"]]).min()
    )
    for patient, sample in unknown.index[unknown]:
        message = (
            f"empty in all rows of sample {sample} of patient {patient}: give its purity, the "
            "share of its cells that are cancer cells"
        )
        line = table.line(first[patient, sample])
        problems.append(Problem(message, table.shown, line, column="tumour_content"))
    if "timepoint" in frame:
        several = groups["timepoint"].nunique(dropna=False).gt(1)
        for patient, sample in several.index[several]:
            message = (
                f"sample {sample} of patient {patient} has several: one sample, one time point"
            )
            line = table.line(first[patient, sample])
            problems.append(Problem(message, table.shown, line, column="timepoint"))
    return problems
