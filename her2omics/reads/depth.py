"""From the depth of windows to the log2 ratios of bins."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem
from her2omics.genome import CHROMOSOMES, plain_chromosomes

COLUMNS = ("chromosome", "start", "end", "log2", "weight", "depth", "gc")
#: Log2 ratio of a bin without a measurement, as copy-number programs write it.
NO_COVERAGE = -20.0
#: A bin in which the normal has less than this part of its median depth measures nothing.
LEAST_NORMAL = 0.1
#: Bins between the targets are kept if the median one has at least this many reads.
LEAST_READS = 10.0
#: Variance of the log2 ratio of a bin that more reads do not lower; a fresh exome's is .01 to .03.
EXCESS_VARIANCE = 0.02
_READ_LENGTH = 100.0  # base pairs, to count the reads behind a depth
_AUTOSOMES = CHROMOSOMES[:22]


def read_regions(path: Path) -> pd.DataFrame:
    """Return contig, start, end and mean depth of the windows (``regions.bed.gz`` of mosdepth).

    Raises
    ------
    InputError
        If the file is no such table.
    """
    try:
        with gzip.open(path, "rt", encoding="ascii") as handle:
            rows = [line.rstrip("\n").split("\t") for line in handle]
        return pd.DataFrame(
            {
                "chromosome": [row[0] for row in rows],
                "start": np.array([row[1] for row in rows], dtype=np.int64),
                "end": np.array([row[2] for row in rows], dtype=np.int64),
                "depth": np.array([row[-1] for row in rows], dtype=float),
            }
        )
    except (OSError, EOFError, ValueError, IndexError) as error:
        message = f"is no table of depths ({error}): delete it and run again"
        raise InputError(Problem(message, str(path))) from None


def bins(
    windows: pd.DataFrame, depth: np.ndarray, normal: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the bins of one sample.

    The log2 ratio is that of the depth to its median over the autosomes, targets and the bins
    between them each to their own; with a normal the same of the normal is taken off. Bins between
    targets are left out where they hold next to no reads.

    Parameters
    ----------
    windows
        :func:`her2omics.reads.windows.windows`, B rows.
    depth
        (B,) mean depth of the sample.
    normal
        (B,) mean depth of the patient's normal.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`, weight 1 for the median bin.
    """
    length = (windows["end"] - windows["start"]).to_numpy(dtype=float)
    on_target = windows["on_target"].to_numpy(dtype=bool)
    autosomal = plain_chromosomes(windows["chromosome"]).isin(_AUTOSOMES).to_numpy()
    log2 = np.full(len(windows), NO_COVERAGE)
    variance = np.full(len(windows), np.inf)
    kept = np.zeros(len(windows), dtype=bool)
    for mine in (on_target, ~on_target):
        ratio, reads = _relative(depth, length, mine, autosomal)
        measured, noise = ratio > 0, 1 / np.maximum(reads, 1)
        if normal is not None:
            base, of_normal = _relative(normal, length, mine, autosomal)
            measured &= base > LEAST_NORMAL
            ratio = ratio / np.where(base > 0, base, 1)
            noise = noise + 1 / np.maximum(of_normal, 1)
        rows = mine & measured
        log2[rows] = np.log2(ratio[rows])
        variance[rows] = EXCESS_VARIANCE + noise[rows] / np.log(2) ** 2
        enough = mine.any() and np.median(reads[mine]) >= LEAST_READS
        kept |= mine & (enough or bool(on_target[mine].any()))
    if not on_target.any():
        kept[:] = True
    weight = np.where(np.isfinite(variance), 1 / variance, 0.0)
    some = kept & (weight > 0)
    weight = weight / np.median(weight[some]) if some.any() else weight
    frame = windows[["chromosome", "start", "end", "gc"]].assign(
        log2=log2, weight=weight, depth=depth
    )
    return frame.loc[kept, list(COLUMNS)].reset_index(drop=True)


def _relative(
    depth: np.ndarray, length: np.ndarray, mine: np.ndarray, autosomal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return depth over the median of the autosomal windows of a class, and reads per window."""
    rows = mine & autosomal
    median = np.median(depth[rows]) if rows.any() else 0.0
    reads = depth * length / _READ_LENGTH
    if median <= 0:  # half of the windows empty: the mean still tells the level
        median = np.average(depth[rows], weights=length[rows]) if rows.any() else 0.0
    return depth / median if median > 0 else np.zeros(len(depth)), reads


def text(frame: pd.DataFrame) -> str:
    """Return the bins as a table."""
    shown = frame.assign(
        log2=frame["log2"].round(4),
        weight=frame["weight"].round(3),
        depth=frame["depth"].round(2),
        gc=frame["gc"].round(4),
    )
    return shown.to_csv(sep="\t", index=False, lineterminator="\n")
