"""Segments of one sample, from the table of any of the common programs.

The program is recognised by its columns, never by the name of the file. Each layout is one entry of
``_LAYOUTS``: a new program is a new entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome
from her2omics.readers import log_ratios, positions, table_text
from her2omics.readers.table_text import TableText

COLUMNS = ("chromosome", "start", "end", "log2", "total_cn", "minor_cn", "probes")
_PLACE = {
    "chromosome": positions.CHROMOSOME_NAMES,
    "start": positions.START_NAMES,
    "end": positions.END_NAMES,
}
_SAMPLE = (*table_text.SAMPLE_NAMES, "id", "tumor_sample_barcode", "gdc_aliquot")
# Columns of bins, none of segments without a number of probes.
_OF_BINS = ("weight", "gc", "mappability")
# Segments of a noisy whole genome are some thousands; more without a number of probes are bins.
_MAX_SEGMENTS = 5000


@dataclass(frozen=True)
class Segments:
    """Segments of one sample.

    Attributes
    ----------
    frame
        Columns :data:`COLUMNS` in genome order, positions 0-based and half-open; missing where the
        file holds none. ``total_cn`` and ``minor_cn`` are copies of the cancer cells as the program
        fitted them, ``probes`` the bins or sites that a segment rests on.
    kind
        ``cnvkit``, ``seg``, ``facets``, ``purecn``, ``ascat``, ``purple``, ``titan``,
        ``sequenza`` or ``plain``.
    file
        Name of the file in messages.
    dropped
        Rows by contig other than 1-22, X, Y.
    no_coverage
        Segments whose log2 was minus infinity or at most -15, missing now.
    """

    frame: pd.DataFrame
    kind: str
    file: str
    dropped: Mapping[str, int]
    no_coverage: int


def _as_read(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def _smaller_allele(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the smaller of both alleles as minor, whichever is written first."""
    alleles = frame[["major", "minor_cn"]] if "major" in frame and "minor_cn" in frame else None
    return frame if alleles is None else frame.assign(minor_cn=alleles.min(axis=1, skipna=False))


def _ascat(frame: pd.DataFrame) -> pd.DataFrame:
    return _smaller_allele(frame.assign(total_cn=frame["major"] + frame["minor_cn"]))


def _purple(frame: pd.DataFrame) -> pd.DataFrame:
    """PURPLE: fractional copies, slightly negative ones are noise around 0.

    Old tables give the allele fraction of the major allele instead of the minor allele's copies.
    """
    total = frame["total_cn"].clip(lower=0)
    minor = frame["minor_cn"] if "minor_cn" in frame else total * (1 - frame["baf"])
    minor = np.minimum(minor, total - minor).clip(lower=0)
    return frame.assign(total_cn=total, minor_cn=minor)


def _sequenza(frame: pd.DataFrame) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        return frame.assign(log2=np.log2(frame["ratio"].to_numpy()))


@dataclass(frozen=True)
class _Layout:
    """Columns of one program.

    ``marks`` are the columns that tell it from the others, any name of each; ``columns`` maps our
    names to the program's; ``finish`` makes our columns of them.
    """

    kind: str
    title: str
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    finish: Callable[[pd.DataFrame], pd.DataFrame] = _as_read
    one_based: bool = True

    def absent(self, table: TableText) -> list[str]:
        """Return what the table lacks of this layout."""
        needed = (*_PLACE.values(), *self.marks)
        return [names[0] for names in needed if table.find(*names) is None]


_SEG_MEAN = ("seg.mean", "segment_mean", "seg.cn")
_MARKS = ("num.mark", "num_probes", "num.markers", "n.probes")
# The most telling layouts first: a table is the first one whose marks it bears.
_LAYOUTS = (
    _Layout(
        "purple",
        "PURPLE (chromosome, start, end, copyNumber, minorAlleleCopyNumber or actualBAF)",
        (
            ("copyNumber",),
            ("segmentStartSupport", "minorAlleleCopyNumber"),
            ("minorAlleleCopyNumber", "minorAllelePloidy", "actualBAF", "baf"),
        ),
        {
            "total_cn": ("copyNumber",),
            "minor_cn": ("minorAlleleCopyNumber", "minorAllelePloidy"),
            "baf": ("actualBAF", "baf"),
            "probes": ("depthWindowCount",),
        },
        _purple,
    ),
    # Copies end at its largest state unless they are corrected: the log ratio tells what lies
    # above.
    _Layout(
        "titan",
        "TITAN (Chromosome, Start_Position(bp), End_Position(bp), Median_logR, Copy_Number, "
        "MinorCN, MajorCN, TITAN_call)",
        (("TITAN_call", "TITAN_state"), ("Copy_Number",), ("MinorCN",), ("MajorCN",)),
        {
            "log2": ("Median_logR",),
            "total_cn": ("Corrected_Copy_Number", "Copy_Number"),
            "major": ("MajorCN",),
            "minor_cn": ("MinorCN",),
            "probes": ("Length(snp)",),
        },
        _smaller_allele,
    ),
    _Layout(
        "facets",
        "FACETS cncf (chrom, start, end, cnlr.median, tcn.em, lcn.em, num.mark)",
        (("cnlr.median",), ("tcn.em", "tcn")),
        {
            "log2": ("cnlr.median",),
            "total_cn": ("tcn.em", "tcn"),
            "minor_cn": ("lcn.em", "lcn"),
            "probes": ("num.mark",),
        },
    ),
    _Layout(
        "purecn",
        "PureCN (chr, start, end, C, M or seg.mean)",
        (("C",), ("M", "seg.mean")),
        {
            "log2": ("seg.mean",),
            "total_cn": ("C",),
            "minor_cn": ("M",),
            "probes": ("num.mark",),
        },
    ),
    _Layout(
        "ascat",
        "ASCAT (chr, startpos, endpos, nMajor, nMinor)",
        (("nMajor", "Major_Copy_Number"), ("nMinor", "Minor_Copy_Number")),
        {"major": ("nMajor", "Major_Copy_Number"), "minor_cn": ("nMinor", "Minor_Copy_Number")},
        _ascat,
    ),
    _Layout(
        "sequenza",
        "Sequenza (chromosome, start.pos, end.pos, depth.ratio, CNt, A, B)",
        (("depth.ratio",), ("CNt",)),
        {
            "ratio": ("depth.ratio",),
            "total_cn": ("CNt",),
            "minor_cn": ("B",),
            "probes": ("N.ratio",),
        },
        _sequenza,
    ),
    _Layout(
        "cnvkit",
        "CNVkit .cns (chromosome, start, end, gene, log2, probes; cn, cn1, cn2)",
        (("gene",), ("log2",), ("probes",)),
        {
            "log2": ("log2",),
            "total_cn": ("cn",),
            "major": ("cn1",),
            "minor_cn": ("cn2",),
            "probes": ("probes",),
        },
        _smaller_allele,
        one_based=False,
    ),
    _Layout(
        "seg",
        ".seg (ID, chrom, loc.start, loc.end, num.mark, seg.mean)",
        (_SEG_MEAN,),
        {"log2": _SEG_MEAN, "probes": _MARKS},
    ),
    _Layout(
        "plain",
        "plain (chromosome, start, end, log2[, total_cn, minor_cn, probes]; 0-based, half-open)",
        (("log2",),),
        {name: (name,) for name in COLUMNS[3:]},
        one_based=False,
    ),
)


def read_segments(
    path: Path,
    *,
    genome: Genome,
    column: str | None = None,
    sample: str | None = None,
    shown: str | None = None,
) -> Segments:
    """Read the segments of one sample.

    Parameters
    ----------
    path
        Table of CNVkit (``.cns``, ``call.cns``), IGV/DNAcopy (``.seg``), FACETS, PureCN, ASCAT,
        PURPLE, TITAN or Sequenza, or a plain one; tab- or comma-separated, plain or gzip.
    genome
        Build that the positions must fit.
    column
        The sample's name in a file of several samples; default: ``sample`` if it is one of them.
    sample
        The sample's name in the sheet.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        If the layout is unknown (with the columns found and the layouts that are read), or with
        all problems of the stage at which the file fails: numbers, sample, positions, values.
    """
    table, layout, whole = _parsed(Path(path), shown or str(path))
    frame = table_text.of_sample(whole, column=column, sample=sample, table=table)
    frame, dropped = positions.by_genome(
        frame, table=table, genome=genome, one_based=layout.one_based
    )
    raise_all(positions.repeated(frame, ["chromosome", "start", "end"], table))
    frame = layout.finish(positions.without_overlaps(frame, table))
    frame = frame.reindex(columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], np.float64))
    raise_all(_value_problems(frame, layout, table))
    frame["log2"], uncovered = log_ratios.measured(frame["log2"].to_numpy())
    return Segments(frame.reset_index(drop=True), layout.kind, table.shown, dropped, uncovered)


@table_text.keep_last
def _parsed(path: Path, shown: str) -> tuple[TableText, _Layout, pd.DataFrame]:
    """Return the table (without its text), its layout, and the columns of all samples."""
    table = table_text.split(path, shown=shown, what="segments")
    layout = _recognised(table)
    numbers = table.find_all({**_PLACE, **layout.columns})
    names = {"chromosome": numbers.pop("chromosome")} | table.find_all({"sample": _SAMPLE})
    frame = table_text.load(table, numbers=numbers, names=names)
    return table.without_body(), layout, frame


def _recognised(table: TableText) -> _Layout:
    """Return the first layout whose columns are there.

    Raises
    ------
    InputError
        If there is none; says which one comes closest where a column or two are missing.
    """
    absent = {layout.kind: layout.absent(table) for layout in _LAYOUTS}
    for layout in _LAYOUTS:
        if not absent[layout.kind]:
            _refuse_bins(layout, table)
            return layout
    nearest = min(_LAYOUTS, key=lambda layout: len(absent[layout.kind]))
    own = any(table.find(*names) is not None for names in nearest.marks)
    hint = f"; for {nearest.title} it lacks {', '.join(absent[nearest.kind])}" if own else ""
    message = (
        f"columns {table_text.listed(table.header, 20)} are of no layout that is read{hint}. Read "
        f"are: {'; '.join(layout.title for layout in _LAYOUTS)}"
    )
    raise InputError(Problem(message, table.shown, table.first_line - 1))


def _refuse_bins(layout: _Layout, table: TableText) -> None:
    """Raise if a plain table has the columns of bins."""
    found = table.find(*_OF_BINS)
    if layout.kind == "plain" and found and table.find("probes") is None:
        message = f"the column {found} belongs to bins: give the filetype `bins`"
        raise InputError(Problem(message, table.shown, table.first_line - 1))


def _value_problems(frame: pd.DataFrame, layout: _Layout, table: TableText) -> list[Problem]:
    problems = []
    if frame["log2"].notna().any():
        problems += log_ratios.problems(frame["log2"], table)
    elif frame["total_cn"].isna().all():
        problems.append(Problem("neither a log2 ratio nor a copy number in any row", table.shown))
    if layout.kind == "plain" and len(frame) > _MAX_SEGMENTS and frame["probes"].isna().all():
        message = f"{len(frame)} rows for one sample: if these are bins, give the filetype `bins`"
        problems.append(Problem(message, table.shown))
    for name in ("total_cn", "minor_cn", "probes"):
        wrong = frame[name].lt(0) | np.isinf(frame[name])
        problems += _wrong(frame, wrong, name, "{:g}: expected a number from 0", table)
    above = frame["minor_cn"].gt(frame["total_cn"])
    problems += _wrong(frame, above, "minor_cn", "{:g} is more than all copies together", table)
    return problems


def _wrong(
    frame: pd.DataFrame, wrong: pd.Series, name: str, message: str, table: TableText
) -> list[Problem]:
    return table_text.row_problems(
        frame.index[wrong],
        lambda row: message.format(frame.at[row, name]),
        table,
        column=name,
        what=f"rows where {name} is wrong",
    )
