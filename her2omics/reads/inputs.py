"""What is wrong with a FASTQ or BAM file before hours of work go into it."""

from __future__ import annotations

import gzip
import os
import zlib
from itertools import zip_longest
from pathlib import Path

import pysam

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import Genome, contradiction
from her2omics.reads.plan import Alignment, Lane

_CHUNK = 1 << 22
_NAMES = 1000  # read pairs whose names are compared
_FORBIDDEN = "may not be read by this user: ask its owner for the permission"
_BGZF_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def check_lane(lane: Lane) -> int:
    """Return the number of reads of a lane's first file.

    Raises
    ------
    InputError
        If a file is empty, cut off or no FASTQ, or the mates do not belong together.
    """
    problems, counts = [], []
    for path in lane.files:
        message, count = _fastq_message(Path(path))
        counts.append(count)
        if message:
            problems.append(Problem(message, path, sample=lane.sample))
    raise_all(problems)
    if len(lane.files) == 2:
        message = _pair_message(*(Path(path) for path in lane.files))
        if message is None and counts[0] != counts[1]:
            message = (
                f"has {counts[1]:,} reads, read 1 ({lane.files[0]}) has {counts[0]:,}: give the "
                "two files of one run"
            )
        if message:
            raise InputError(Problem(message, lane.files[1], sample=lane.sample))
    return counts[0]


def _fastq_message(path: Path) -> tuple[str | None, int]:
    """Return what is wrong with a FASTQ file, and its reads."""
    if path.exists() and not os.access(path, os.R_OK):
        return _FORBIDDEN, 0
    lines, first, last = 0, b"", b"\n"
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as handle:
            while chunk := handle.read(_CHUNK):
                first = first or chunk[:1]
                lines += chunk.count(b"\n")
                last = chunk[-1:]
    except (EOFError, zlib.error):
        return "is cut off: copy or download it again", 0
    except OSError as error:
        return f"cannot be read ({error.strerror or error}): copy or download it again", 0
    lines += last != b"\n"
    if not lines:
        return "is empty: leave the lane out of the units sheet, or give its reads", 0
    if first != b"@":
        return "is no FASTQ file: reads begin with '@'", 0
    if lines % 4:
        return f"is cut off: {lines:,} lines are no whole number of reads (4 lines each)", 0
    return None, lines // 4


def _pair_message(first: Path, second: Path) -> str | None:
    """Return why two files are no read 1 and read 2 of the same molecules."""
    for one, other in zip_longest(_names(first), _names(second)):
        if one is None or other is None:
            return None  # the numbers of reads differ, which is said elsewhere
        (name, mate), (other_name, other_mate) = _split(one), _split(other)
        if name != other_name:
            return (
                f"its reads are not in the order of {first}: '{other_name}' stands where '{name}' "
                "is expected; give the two files of one run, neither of them sorted"
            )
        if mate == "2" or other_mate == "1":
            return f"holds read 1, and {first} read 2: swap path and path2"
    return None


def _names(path: Path) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    names = []
    with opener(path, "rb") as handle:
        for number, line in enumerate(handle):
            if number % 4 == 0:
                names.append(line[1:].decode("ascii", "replace").rstrip("\r\n"))
            if len(names) > _NAMES:
                break
    return names


def _split(header: str) -> tuple[str, str]:
    """Return a read's name and which mate it is (1, 2 or empty text)."""
    name, _, rest = header.partition(" ")
    if name[-2:] in ("/1", "/2"):
        return name[:-2], name[-1]
    return name, rest[0] if rest[:2] in ("1:", "2:") else ""


def check_bam(alignment: Alignment, *, genome: Genome, reference: Path) -> None:
    """Check a user's BAM or CRAM.

    Raises
    ------
    InputError
        If it is cut off, not sorted, of another genome, or of another sample. An index is made
        later where there is none.
    """
    path = str(alignment.bam)
    if Path(path).exists() and not os.access(path, os.R_OK):
        raise InputError(Problem(_FORBIDDEN, path, sample=alignment.sample))
    if path.endswith(".bam") and not _whole_bam(Path(path)):
        message = "is cut off or no BAM: its end marker is missing; copy it again"
        raise InputError(Problem(message, path, sample=alignment.sample))
    try:
        with pysam.AlignmentFile(path, reference_filename=str(reference)) as reads:
            header = reads.header.to_dict()
            lengths = dict(zip(reads.references, reads.lengths, strict=True))
    except (OSError, ValueError) as error:
        message = f"cannot be read ({error}): copy it again, or make its index again"
        raise InputError(Problem(message, path, sample=alignment.sample)) from None
    messages = []
    if header.get("HD", {}).get("SO") != "coordinate":
        messages.append("is not sorted by position: sort it with `samtools sort`")
    if message := contradiction(genome, lengths=lengths):
        messages.append(message)
    if not messages and (message := _contig_message(lengths, reference)):
        messages.append(message)
    if message := _sample_message(header, alignment):
        messages.append(message)
    raise_all([Problem(message, path, sample=alignment.sample) for message in messages])


def _whole_bam(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(0, 2)
        size = handle.tell()
        handle.seek(max(size - len(_BGZF_EOF), 0))
        return handle.read() == _BGZF_EOF


def _contig_message(lengths: dict[str, int], reference: Path) -> str | None:
    from her2omics.reads.reference import contigs

    known = contigs(reference)
    if "chr17" in lengths and "chr17" not in known and "17" in known:
        return f"names contigs with chr (chr17), {reference} without: give the FASTA it was made on"
    if "17" in lengths and "17" not in known and "chr17" in known:
        return f"names contigs without chr (17), {reference} with: give the FASTA it was made on"
    if not set(lengths) & set(known):
        return f"has none of the contigs of {reference}: give the FASTA it was made on"
    return None


def _sample_message(header: dict, alignment: Alignment) -> str | None:
    names = {group["SM"] for group in header.get("RG", []) if "SM" in group}
    wanted = alignment.column or alignment.sample
    if not names or names == {wanted}:
        return None
    if len(names) > 1:
        return f"holds reads of several samples ({', '.join(sorted(names))}): split it"
    return (
        f"its read groups say sample (SM) {names.pop()}, expected {wanted}: if that is right, "
        "write the name of the BAM into `column` of the units sheet"
    )
