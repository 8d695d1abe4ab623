"""Reads of molecules, and FASTQ files written as one block of bytes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from her2omics.simulate.reads.molecules import Molecules

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
#: What is read beyond the end of a molecule, as codes of the bases.
_ADAPTERS = tuple(
    np.searchsorted(BASES, np.frombuffer(text, dtype=np.uint8))
    for text in (
        b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
        b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
    )
)
#: Qualities of bases and how often they occur; errors are as frequent as they say.
_QUALITIES, _SHARES = np.array([37, 25, 11]), (0.95, 0.04, 0.01)
_PHRED = 33
_CHUNK = 60_000  # molecules read at a time
_GZIP_LEVEL = 1


@dataclass(frozen=True)
class Pairs:
    """Read pairs: (N, L) codes of bases and (N, L) qualities of both mates."""

    first: np.ndarray
    second: np.ndarray
    first_quality: np.ndarray
    second_quality: np.ndarray


def sequenced(
    rng: np.random.Generator,
    molecules: Molecules,
    chosen: np.ndarray,
    *,
    reference: np.ndarray,
    read_length: int,
) -> Pairs:
    """Return the read pairs of molecules.

    Parameters
    ----------
    rng
        Generator of the sequencing errors.
    molecules
        The library.
    chosen
        (N,) molecules read, one pair each; a molecule twice is a duplicate.
    reference
        Bases along the axis.
    read_length
        Of both mates; shorter molecules are read on into the adapter.
    """
    parts = [
        _mates(rng, molecules, chosen[k : k + _CHUNK], reference, read_length)
        for k in range(0, len(chosen), _CHUNK)
    ]
    if not parts:
        parts = [(np.zeros((0, read_length), dtype=np.uint8),) * 4]
    return Pairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _mates(
    rng: np.random.Generator,
    molecules: Molecules,
    chosen: np.ndarray,
    reference: np.ndarray,
    size: int,
) -> tuple[np.ndarray, ...]:
    length, top = molecules.length[chosen], molecules.top[chosen]
    left = np.broadcast_to(np.arange(size), (len(chosen), size))
    right = (length - size)[:, None] + np.arange(size)
    forward = _bases(molecules, chosen, left, reference)
    backward = 3 - _bases(molecules, chosen, right, reference)[:, ::-1]
    mates = [
        np.where(top[:, None], forward, backward),
        np.where(top[:, None], backward, forward),
    ]
    out = []
    for mate, adapter in zip(mates, _ADAPTERS, strict=True):
        beyond = np.arange(size) - length[:, None]
        tail = adapter[np.clip(beyond, 0, len(adapter) - 1)]
        out.append(_read(rng, np.where(beyond >= 0, tail, mate).astype(np.uint8)))
    return out[0][0], out[1][0], out[0][1], out[1][1]


def _bases(
    molecules: Molecules, chosen: np.ndarray, offset: np.ndarray, reference: np.ndarray
) -> np.ndarray:
    """Return the bases of molecules (N,) at offsets (N, L); any base outside of the molecule."""
    place = molecules.start[chosen][:, None] + offset
    wrapped = np.flatnonzero(molecules.wrap_at[chosen] >= 0)
    if len(wrapped):
        at, to = (x[chosen[wrapped]][:, None] for x in (molecules.wrap_at, molecules.wrap_to))
        part = place[wrapped]
        place[wrapped] = np.where(part >= at, to + part - at, part)
    bases = reference[np.clip(place, 0, len(reference) - 1)]
    low, high = np.searchsorted(molecules.change_of, [chosen, chosen + 1])
    count = high - low
    row = np.repeat(np.arange(len(chosen)), count)
    change = np.repeat(low - np.r_[0, np.cumsum(count)[:-1]], count) + np.arange(count.sum())
    column = molecules.change_at[change] - offset[row, 0]
    seen = (column >= 0) & (column < offset.shape[1])
    bases[row[seen], column[seen]] = molecules.change_to[change[seen]]
    return bases


def _read(rng: np.random.Generator, bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return bases as read, and their qualities."""
    steps = np.cumsum(_SHARES[:-1])
    drawn = rng.random(bases.shape, dtype=np.float32)
    which = (drawn >= steps[0]).astype(np.uint8) + (drawn >= steps[1])
    quality = _QUALITIES.astype(np.uint8)[which]
    wrong = np.flatnonzero(rng.random(bases.shape, dtype=np.float32) < (10 ** (-_QUALITIES / 10))
                           .astype(np.float32)[which])  # fmt: skip
    bases = bases.copy()
    flat = bases.reshape(-1)
    flat[wrong] = (flat[wrong] + rng.integers(1, 4, len(wrong))) % 4
    return bases, quality


def text(name: str, numbers: np.ndarray, bases: np.ndarray, quality: np.ndarray) -> bytes:
    """Return FASTQ text.

    Parameters
    ----------
    name
        Of the library; a read's name is it and a number of fixed width.
    numbers
        (N,) numbers of the reads, below 10 million.
    bases, quality
        (N, L).
    """
    count, length = bases.shape
    head = np.frombuffer(f"@{name}:".encode(), dtype=np.uint8)
    digits = numbers[:, None] // 10 ** np.arange(6, -1, -1) % 10 + ord("0")
    begin, width = len(head) + 7, len(head) + 7 + 2 * length + 5
    out = np.empty((count, width), dtype=np.uint8)
    out[:, : len(head)] = head
    out[:, len(head) : begin] = digits
    out[:, begin] = ord("\n")
    out[:, begin + 1 : begin + 1 + length] = BASES[bases]
    out[:, begin + 1 + length : begin + 4 + length] = np.frombuffer(b"\n+\n", dtype=np.uint8)
    out[:, begin + 4 + length : -1] = quality + _PHRED
    out[:, -1] = ord("\n")
    return out.tobytes()


def save(content: bytes, path: Path) -> None:
    """Write a gzip file whole and without a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(zlib.compress(content, level=_GZIP_LEVEL, wbits=31))
    temporary.replace(path)
