"""What the reads of one sample show at candidate mutations, molecule by molecule.

Mates of one molecule that overlap are counted once, and not at all where they disagree. Of every
molecule the strand that was sequenced is known: read 1 lies on it. Damage of formalin (C>T) and of
oxidation (G>T) is on one strand of a molecule; a mutation is found on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pysam

BASES = "ACGT"
_CODES = np.full(256, 4, dtype=np.uint8)
_CODES[np.frombuffer(BASES.encode(), dtype=np.uint8)] = range(4)
_SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800  # unmapped, secondary, failed, duplicate, partial
_MATCH, _INSERTION, _DELETION, _SKIP, _SOFT = 0, 1, 2, 3, 4
#: Windows in which the errors of a library are counted, and reads looked at in each.
_WINDOWS, _READS = 150, 400


@dataclass(frozen=True)
class Observations:
    """Molecules of one sample at N candidates.

    Attributes
    ----------
    ref, alt
        (2, N) molecules with either base: read 1 forward, read 1 reverse.
    ref_strand, alt_strand
        (2, N) reads with either base on the forward and the reverse strand.
    end_distance
        (N,) median distance of the alternative base from the nearer end of its read, base pairs;
        NaN without one.
    ref_mapping, alt_mapping
        (N,) mean mapping quality of the reads with either base; NaN without one.
    error
        (2, N) share of molecules of either orientation that show the alternative base by error of
        this library.
    """

    ref: np.ndarray
    alt: np.ndarray
    ref_strand: np.ndarray
    alt_strand: np.ndarray
    end_distance: np.ndarray
    ref_mapping: np.ndarray
    alt_mapping: np.ndarray
    error: np.ndarray


def observe(
    reads: pysam.AlignmentFile,
    candidates: pd.DataFrame,
    *,
    rates: np.ndarray,
    mapping_quality: int,
    base_quality: int,
) -> Observations:
    """Return what the reads of one sample show at single-base candidates.

    Parameters
    ----------
    reads
        Indexed BAM or CRAM.
    candidates
        chromosome (contig of the reads), position (1-based), ref, alt.
    rates
        (4, 4) errors of the library (:func:`error_rates`).
    mapping_quality, base_quality
        Reads and bases of lower quality are not looked at.
    """
    count = len(candidates)
    ref, alt, ref_strand, alt_strand = (np.zeros((2, count), dtype=np.int64) for _ in range(4))
    distance, ref_mapping, alt_mapping = (np.full(count, np.nan) for _ in range(3))
    error = np.zeros((2, count))
    columns = (candidates[name].tolist() for name in ("chromosome", "position", "ref", "alt"))
    for k, (chromosome, position, first, other) in enumerate(zip(*columns, strict=True)):
        found = _reads_at(reads, chromosome, position - 1, mapping_quality, base_quality)
        for base, strand, molecules in ((first, ref_strand, ref), (other, alt_strand, alt)):
            mine = [read for read in found if read.base == base]
            for read in mine:
                strand[int(read.reverse), k] += 1
            for orientation in _molecules(found, base):
                molecules[orientation, k] += 1
            if mine and base == other:
                distance[k] = np.median([read.end_distance for read in mine])
                alt_mapping[k] = np.mean([read.mapping for read in mine])
            elif mine:
                ref_mapping[k] = np.mean([read.mapping for read in mine])
        a, b = BASES.index(first), BASES.index(other)
        error[:, k] = rates[a, b], rates[3 - a, 3 - b]
    return Observations(ref, alt, ref_strand, alt_strand, distance, ref_mapping, alt_mapping, error)


@dataclass(frozen=True)
class _Read:
    name: str
    base: str
    reverse: bool
    orientation: int
    end_distance: int
    mapping: int


def _reads_at(
    reads: pysam.AlignmentFile, chromosome: str, place: int, mapping: int, quality: int
) -> list[_Read]:
    """Return the reads with a base of enough quality at a 0-based place."""
    found = []
    for read in reads.fetch(chromosome, place, place + 1):
        if read.flag & _SKIPPED or read.mapping_quality < mapping:
            continue
        offset = _offset(read, place)
        if offset is None or read.query_qualities[offset] < quality:
            continue
        found.append(
            _Read(
                read.query_name,
                read.query_sequence[offset],
                read.is_reverse,
                _orientation(read),
                min(offset, read.query_length - 1 - offset),
                read.mapping_quality,
            )
        )
    return found


def _orientation(read: pysam.AlignedSegment) -> int:
    """Return 0 where read 1 of the molecule lies on the forward strand, else 1."""
    return int(read.is_reverse != read.is_read2)


def _offset(read: pysam.AlignedSegment, place: int) -> int | None:
    """Return the base of a read that lies at a place, ``None`` in a deletion."""
    here, offset = read.reference_start, 0
    for kind, length in read.cigartuples or ():
        if kind in (_DELETION, _SKIP):
            here += length
            if place < here:
                return None
        elif kind in (_INSERTION, _SOFT):
            offset += length
        elif kind in (_MATCH, 7, 8):
            if place < here + length:
                return offset + place - here
            here += length
            offset += length
    return None


def _molecules(found: Iterable[_Read], base: str) -> list[int]:
    """Return the orientation of each molecule whose reads all show the base."""
    shown: dict[str, tuple[str, int]] = {}
    for read in found:
        known = shown.get(read.name)
        agrees = known is None or known[0] == read.base
        shown[read.name] = (read.base if agrees else "", read.orientation)
    return [orientation for seen, orientation in shown.values() if seen == base]


def error_rates(
    reads: pysam.AlignmentFile,
    fasta: pysam.FastaFile,
    windows: pd.DataFrame,
    masked: set[tuple[str, int]],
    *,
    mapping_quality: int,
    base_quality: int,
) -> np.ndarray:
    """Return how often each base of the sequenced strand is read as another one.

    Parameters
    ----------
    reads, fasta
        One sample and the reference.
    windows
        chromosome, start, end: where errors are counted; windows evenly out of all.
    masked
        (contig, 1-based position) of variants, which are no errors.
    mapping_quality, base_quality
        Reads and bases of lower quality are not looked at.

    Returns
    -------
    ndarray
        (4, 4) share of bases A, C, G, T of the sequenced strand read as A, C, G, T, with one error
        added to each; C to T holds the damage of formalin, G to T that of oxidation.
    """
    total = np.zeros((4, 4))
    chosen = np.unique(np.linspace(0, len(windows) - 1, _WINDOWS).astype(int))
    for row in windows.iloc[chosen].itertuples():
        text = fasta.fetch(row.chromosome, row.start, row.end).upper().encode()
        truth = _CODES[np.frombuffer(text, dtype=np.uint8)].copy()
        hidden = [k for k in range(len(truth)) if (row.chromosome, row.start + k + 1) in masked]
        truth[hidden] = 4
        for number, read in enumerate(reads.fetch(row.chromosome, row.start, row.end)):
            if number >= _READS:
                break
            if read.flag & _SKIPPED or read.mapping_quality < mapping_quality:
                continue
            if len(read.cigartuples) == 1 and read.cigartuples[0][0] == _MATCH:
                total += _errors(read, truth, row.start, base_quality)
    np.fill_diagonal(total, np.diag(total) + 1)
    return (total + 1 - np.eye(4)) / total.sum(axis=1, keepdims=True)


def _errors(
    read: pysam.AlignedSegment, truth: np.ndarray, start: int, base_quality: int
) -> np.ndarray:
    """Return (4, 4) bases of the reference against bases of a read, on the sequenced strand."""
    low = max(read.reference_start, start)
    high = min(read.reference_end, start + len(truth))
    part = slice(low - read.reference_start, high - read.reference_start)
    sequence = np.frombuffer(read.query_sequence.encode(), dtype=np.uint8)
    seen = _CODES[sequence[part]]
    known = truth[low - start : high - start]
    quality = np.frombuffer(read.query_qualities, dtype=np.uint8)[part]
    use = (seen < 4) & (known < 4) & (quality >= base_quality)
    seen, known = seen[use].astype(np.int64), known[use].astype(np.int64)
    if _orientation(read):
        seen, known = 3 - seen, 3 - known
    return np.bincount(4 * known + seen, minlength=16).reshape(4, 4)


def alleles(observed: Sequence[Observations]) -> tuple[np.ndarray, np.ndarray]:
    """Return (S, N) alternative molecules and all molecules with either base."""
    alt = np.array([one.alt.sum(axis=0) for one in observed])
    ref = np.array([one.ref.sum(axis=0) for one in observed])
    return alt, alt + ref
