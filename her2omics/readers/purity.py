"""Purity and ploidy that other programs found, as modes with their uncertainty and source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.files import read_text
from her2omics.readers import table_text
from her2omics.readers.table_text import TableText

COLUMNS = ("purity", "purity_sd", "ploidy", "weight", "tool")
# SD of a purity whose program gives no range: the assumption of this project, three to six times
# the step of the grids of these programs and under half the SD of a pathologist's estimate (.15).
DEFAULT_PURITY_SD = 0.06
# Their grids step by .01 to .02: no range is narrower than that.
LEAST_PURITY_SD = 0.02
# Copies per cell of a genome: outside, purity and ploidy were mixed up or are no such numbers.
PLOIDY_RANGE = (0.5, 12.0)
_NORMAL_95 = 1.96
_LAYOUT = {
    "purity": ("purity", "cellularity", "AberrantCellFraction", "rho"),
    "ploidy": ("ploidy", "ploidy.estimate", "psi"),
    "low": ("minPurity",),
    "high": ("maxPurity",),
}
_NAMES = {"sample": (*table_text.SAMPLE_NAMES, "id"), "status": ("status",)}
# Columns that tell the program.
_TOOLS = {
    "sequenza": ("cellularity",),
    "ascat": ("AberrantCellFraction", "rho"),
    "purple": ("minPurity", "diploidProportion", "normFactor"),
    "purecn": ("Contamination", "Flagged", "Curated"),
    "facets": ("dipLogR", "emflags"),
}
_KEY_VALUE = re.compile(r"[#\s]*\"?(purity|ploidy)\"?\s*[:=\t,]\s*\"?([^\s\",;]+)\"?\s*", re.I)
_EMPTY = {"", "na", "nan", "none", "null"}
_NO_TUMOUR = "NO_TUMOR"


@dataclass(frozen=True)
class Purity:
    """Purity and ploidy of one sample.

    Attributes
    ----------
    modes
        Columns :data:`COLUMNS`, one row per solution, the leading one first, weights summing to 1.
        No row where the program found no purity.
    file
        Name of the file in messages.
    note
        Why there is no mode, else empty.
    """

    modes: pd.DataFrame
    file: str
    note: str = ""


def read_purity(
    path: Path,
    *,
    column: str | None = None,
    sample: str | None = None,
    shown: str | None = None,
) -> Purity:
    """Read the purity and ploidy of one sample.

    Parameters
    ----------
    path
        ``purple.purity.tsv`` of PURPLE, the ``.csv`` of PureCN, the purity and ploidy of ASCAT,
        ``alternative_solutions`` or ``confints_CP`` of Sequenza, ``purity: value`` lines or a table
        of FACETS, or any table with columns ``purity`` and ``ploidy``.
    column
        The sample's name in a table of several samples; default: ``sample`` if it is one of them.
    sample
        The sample's name in the sheet.
    shown
        Name of the file in messages.

    Notes
    -----
    The SD is half the program's range (Sequenza: of 95 %), at least :data:`LEAST_PURITY_SD`;
    without a range :data:`DEFAULT_PURITY_SD`. Several solutions of Sequenza get weights in the
    ratio 1, 1/2, 1/3 ... of their ranks: its log posteriors count bins as independent, so that only
    their order is believed.

    Raises
    ------
    InputError
        If neither a purity nor a ploidy is there, or values are out of range.
    """
    shown = shown or str(path)
    text = read_text(Path(path), shown=shown)
    pairs = _key_values(text)
    if pairs is not None:
        tool = "facets" if re.search(r"facets|diplogr", text, re.I) else "table"
        table = TableText("", (), ":", 2, shown)
        frame = pd.DataFrame({name: [value] for name, value in pairs.items()})
    else:
        table = table_text.split(path, shown=shown, what="purity and ploidy")
        tool, frame = _tool(table), _load(table)
    frame = table_text.of_sample(frame, column=column, sample=sample, table=table)
    if table.find("ploidy.estimate") is not None and len(frame) == 3:
        frame = _of_interval(frame)
    if tool != "sequenza" and len(frame) > 1:
        message = (
            f"{len(frame)} rows of purity and ploidy: expected one per sample, with the samples' "
            "names in a column Sampleid"
        )
        raise InputError(Problem(message, shown))
    raise_all(_range_problems(frame, table))
    return _modes(frame, tool, shown)


def _key_values(text: str) -> dict[str, float] | None:
    """Return purity and ploidy of lines such as ``purity: 0.5`` or ``# Purity = 0.5``.

    ``None`` where the text holds no such line of both; a header ``purity, ploidy`` is none, as its
    value is no number.
    """
    found: dict[str, float] = {}
    for line in text.splitlines():
        matched = _KEY_VALUE.fullmatch(line)
        if matched:
            value = _number(matched[2])
            if value is None:
                return None
            found[matched[1].lower()] = value
    return found if len(found) == 2 else None


def _number(text: str) -> float | None:
    """Return a number, NaN for a missing one, ``None`` for a word."""
    if text.lower() in _EMPTY:
        return np.nan
    try:
        return float(text)
    except ValueError:
        return None


def _tool(table: TableText) -> str:
    """Return the program by its columns; ``table`` where they tell of none."""
    return next((tool for tool, columns in _TOOLS.items() if table.find(*columns)), "table")


def _load(table: TableText) -> pd.DataFrame:
    """Return the columns that matter.

    Raises
    ------
    InputError
        If purity or ploidy is not there.
    """
    numbers = table.find_all(_LAYOUT)
    absent = [name for name in ("purity", "ploidy") if name not in numbers]
    if absent:
        what = (
            "read are PURPLE (purity, ploidy, minPurity, maxPurity), PureCN (Sampleid, Purity, "
            "Ploidy), ASCAT (AberrantCellFraction, Ploidy), FACETS (purity: and ploidy: lines), "
            "Sequenza (cellularity, ploidy) and tables with purity and ploidy"
        )
        raise table.missing(absent, what=what)
    return table_text.load(table, numbers=numbers, names=table.find_all(_NAMES))


def _of_interval(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the solution of ``confints_CP``: rows lower limit, estimate, upper limit (95 %)."""
    low, _, high = frame["purity"]
    return frame.iloc[[1]].assign(purity_sd=(high - low) / (2 * _NORMAL_95))


def _range_problems(frame: pd.DataFrame, table: TableText) -> list[Problem]:
    problems = []
    low, high = PLOIDY_RANGE
    for row, purity, ploidy in frame[["purity", "ploidy"]].itertuples(name=None):
        line = table.line(row) if table.header else None
        if not (np.isnan(purity) or 0 <= purity <= 1):
            percent = f" - write {purity / 100:g}?" if 1 < purity <= 100 else ""
            message = f"{purity:g}: expected a share between 0 and 1{percent}"
            problems.append(Problem(message, table.shown, line, column="purity"))
        if not (np.isnan(ploidy) or low <= ploidy <= high):
            message = f"{ploidy:g}: expected copies per cell between {low:g} and {high:g}"
            problems.append(Problem(message, table.shown, line, column="ploidy"))
    return problems


def _modes(frame: pd.DataFrame, tool: str, shown: str) -> Purity:
    """Return the solutions with SD and weight, or the reason why there are none."""
    if "status" in frame and frame["status"].eq(_NO_TUMOUR).any():
        note, modes = f"{tool}: {_NO_TUMOUR}", frame.iloc[:0]
    else:
        modes = frame[frame["purity"].notna()]
        note = "" if len(modes) else f"{tool}: no purity was found"
    if "purity_sd" not in modes:
        sd = (modes["high"] - modes["low"]) / 2 if "low" in modes and "high" in modes else np.nan
        modes = modes.assign(purity_sd=sd)
    rank = 1 / np.arange(1, len(modes) + 1)
    modes = modes.assign(
        purity_sd=modes["purity_sd"].clip(lower=LEAST_PURITY_SD).fillna(DEFAULT_PURITY_SD),
        weight=rank / rank.sum(),
        tool=tool,
    )
    return Purity(modes[list(COLUMNS)].reset_index(drop=True), shown, note)
