"""Windows in which depth is measured: targets and what lies between them, or a fixed grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from her2omics.genome import CHROMOSOMES, Genome
from her2omics.readers.targets import read_targets
from her2omics.reads import reference

COLUMNS = ("chromosome", "start", "end", "on_target", "gc")
#: Longest piece of a target, base pairs: longer ones are cut into equal parts.
LONGEST_TARGET = 500
#: Base pairs beside a target that its own reads reach into: the length of a molecule.
MARGIN = 500
#: A bin between targets has at least this part of the length asked for.
LEAST_PART = 0.25
#: Windows with less sequence than this are left out.
LEAST_SEQUENCE = 0.5


def windows(
    fasta: Path,
    *,
    genome: Genome,
    targets: Path | None,
    length: int,
) -> pd.DataFrame:
    """Return the windows of a design.

    Parameters
    ----------
    fasta
        Reference with its index.
    genome
        Build of the coordinates.
    targets
        BED of the design; ``None``: a fixed grid over the whole genome.
    length
        Of the windows of the grid, or of the bins between the targets, base pairs.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS` in genome order: contig as the reference names it, start, end
        (0-based, half-open), whether it is a target, and its share of G and C.

    Raises
    ------
    InputError
        If the reference or the BED does not fit the genome build.
    """
    found = reference.check(fasta, genome=genome)
    names = reference.names_by_chromosome(found)
    design = None if targets is None else _merged(read_targets(targets, str(targets)))
    parts = []
    for chromosome in CHROMOSOMES:
        if chromosome not in names or chromosome not in genome.contigs.index:
            continue
        end = found[names[chromosome]]
        if design is None:
            start, stop = _pieces(np.array([0]), np.array([end]), length)
            on_target = np.zeros(len(start), dtype=bool)
        else:
            rows = design[design["chromosome"].eq(chromosome) & design["start"].lt(end)]
            start, stop, on_target = _around(
                rows["start"].to_numpy(), np.minimum(rows["end"], end).to_numpy(), end, length
            )
        parts.append(
            pd.DataFrame(
                {
                    "chromosome": names[chromosome],
                    "start": start,
                    "end": stop,
                    "on_target": on_target,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    gc, known = _content(fasta, frame)
    return frame.assign(gc=gc)[known >= LEAST_SEQUENCE].reset_index(drop=True)


def _merged(design: pd.DataFrame) -> pd.DataFrame:
    """Return the regions of a design with overlapping and touching ones as one."""
    parts = []
    for chromosome, rows in design.groupby("chromosome", sort=False):
        start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
        reach = np.maximum.accumulate(end)
        first = np.flatnonzero(np.r_[True, start[1:] > reach[:-1]])
        last = np.r_[first[1:] - 1, len(start) - 1]
        parts.append(
            pd.DataFrame({"chromosome": chromosome, "start": start[first], "end": reach[last]})
        )
    return pd.concat(parts, ignore_index=True)


def _pieces(start: np.ndarray, end: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals cut into equal parts of at most ``longest`` base pairs."""
    count = np.maximum(-(-(end - start) // longest), 1)
    row = np.repeat(np.arange(len(start)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    length = (end - start)[row]
    return (
        start[row] + number * length // count[row],
        start[row] + (number + 1) * length // count[row],
    )


def _around(
    start: np.ndarray, end: np.ndarray, chromosome_end: int, length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pieces of targets and the bins between them, in order."""
    gap_start = np.r_[0, end + MARGIN]
    gap_end = np.r_[start - MARGIN, chromosome_end]
    wide = gap_end - gap_start >= LEAST_PART * length
    off = _pieces(gap_start[wide], gap_end[wide], length)
    on = _pieces(start, end, LONGEST_TARGET)
    both = [np.concatenate(pair) for pair in zip(on, off, strict=True)]
    on_target = np.r_[np.ones(len(on[0]), dtype=bool), np.zeros(len(off[0]), dtype=bool)]
    order = np.argsort(both[0], kind="stable")
    return both[0][order], both[1][order], on_target[order]


def _content(fasta: Path, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of G and C among the known bases of each window, and that of known bases."""
    gc, known = np.zeros(len(frame)), np.zeros(len(frame))
    is_gc, is_base = (np.isin(np.arange(256), list(letters)) for letters in (b"GCgc", b"ACGTacgt"))
    with pysam.FastaFile(str(fasta)) as sequences:
        for chromosome, rows in frame.groupby("chromosome", sort=False):
            text = np.frombuffer(sequences.fetch(chromosome).encode(), dtype=np.uint8)
            start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
            for found, letters in ((gc, is_gc), (known, is_base)):
                total = np.r_[0, np.cumsum(letters[text])]
                found[rows.index] = total[end] - total[start]
    length = (frame["end"] - frame["start"]).to_numpy()
    return np.where(known > 0, gc / np.maximum(known, 1), 0.0), known / length
