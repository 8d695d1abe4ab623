"""The BED file of an exome's or panel's design."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem
from her2omics.genome import plain_chromosomes
from her2omics.readers.table_text import keep_last

_NO_REGION = ("#", "track", "browser")


def inside(design: pd.DataFrame, chromosome: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return whether each place (n,) lies in a region.

    Parameters
    ----------
    design
        As :func:`read_targets` returns it.
    chromosome, position
        Names without ``chr`` and 1-based positions, NaN where unknown.
    """
    out = np.zeros(len(position), dtype=bool)
    for name, rows in design.groupby("chromosome", sort=False):
        mine = np.flatnonzero((chromosome == name) & ~np.isnan(position))
        place = position[mine] - 1
        at = np.searchsorted(rows["start"].to_numpy(), place, side="right") - 1
        # Regions may overlap: the furthest end of all that begin before.
        reach = np.maximum.accumulate(rows["end"].to_numpy())
        out[mine] = (at >= 0) & (place < reach[at])
    return out


@keep_last
def read_targets(path: Path, shown: str) -> pd.DataFrame:
    """Read the regions of a design.

    Parameters
    ----------
    path
        BED: chromosome, start (0-based), end (half-open), further columns are not looked at;
        plain or gzip.
    shown
        Name of the file in messages.

    Returns
    -------
    DataFrame
        ``chromosome`` without ``chr``, ``start``, ``end``, sorted.

    Raises
    ------
    InputError
        If the file cannot be read, holds no region, or a line is none: the first such line.
    """
    rows = []
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip() or line.startswith(_NO_REGION):
                    continue
                cells = line.split()
                known = len(cells) > 2 and cells[1].isdigit() and cells[2].isdigit()
                if not known or int(cells[1]) >= int(cells[2]):
                    message = "expected a region: chromosome, start, end, the end after the start"
                    raise InputError(Problem(message, shown, number))
                rows.append((cells[0], int(cells[1]), int(cells[2])))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(f"cannot be read: {error}", shown)) from None
    if not rows:
        raise InputError(Problem("holds no region", shown))
    frame = pd.DataFrame(rows, columns=["chromosome", "start", "end"])
    frame["chromosome"] = plain_chromosomes(frame["chromosome"])
    return frame.sort_values(["chromosome", "start"], kind="stable").reset_index(drop=True)
