"""Copy number by gene: a matrix of genes x samples in log2, discrete calls or copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, raise_all
from her2omics.files import read_text
from her2omics.readers import gene_ids, gene_problems, log_ratios, matrix_text, units


@dataclass(frozen=True)
class GeneCopyNumber:
    """Values of one file.

    Attributes
    ----------
    frame
        Genes x samples, float64; index = unique gene names, columns = sample ids of the sheet;
        missing values where the file holds none.
    unit
        One of :data:`her2omics.readers.units.GENE_CN_UNITS`.
    file
        Name of the file in messages.
    """

    frame: pd.DataFrame
    unit: str
    file: str


def read_gene_cn(
    path: Path, *, columns: Mapping[str, str], unit: str, shown: str | None = None
) -> GeneCopyNumber:
    """Read the samples of one matrix of copy numbers.

    Parameters
    ----------
    path
        Genes x samples, tab- or comma-separated, plain or gzip; one or more leading id columns.
    columns
        Sample id -> name of its column.
    unit
        ``log2`` (ratio), ``discrete`` (-2 to 2) or ``copies``, checked against the values.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With every problem found at that stage: file, header, cells, gene names, unit, ERBB2.
    """
    shown = shown or str(path)
    wanted = dict(columns)
    matrix = matrix_text.split(read_text(Path(path), shown=shown), shown=shown)
    raise_all(matrix_text.column_problems(matrix, wanted))
    ids, values = matrix_text.load(matrix, wanted)
    named = matrix_text.gene_columns(ids)
    if not named:
        raise InputError(gene_problems.unrecognised(ids, shown))
    faults = {
        sample: found
        for index, sample in enumerate(wanted)
        if (found := units.gene_cn_refusal(values[:, index], unit)) is not None
    }
    problems = gene_problems.mangled(named, shown)
    raise_all(problems + gene_problems.of_samples(faults, list(wanted), shown))
    if unit == "log2":
        values, _ = log_ratios.measured(values)
    names, _ = gene_ids.resolve(named)
    frame = _unique(pd.DataFrame(values, index=names, columns=list(wanted)), unit)
    raise_all(gene_problems.without_erbb2(frame, shown))
    return GeneCopyNumber(frame, unit, shown)


def _unique(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return one row per gene in order of appearance: the mean, of calls the furthest from 0.

    Rows without any name are dropped.
    """
    frame = frame[frame.index != ""]
    twice = frame.index.duplicated(keep=False)
    if not twice.any():
        return frame
    order = frame.index[~frame.index.duplicated()]
    groups = frame[twice].groupby(level=0, sort=False)
    merged = groups.mean()
    if unit == "discrete":
        high, low = groups.max(), groups.min()
        merged = high.where(high.abs() >= low.abs(), low)
    return pd.concat([frame[~twice], merged]).loc[order]
