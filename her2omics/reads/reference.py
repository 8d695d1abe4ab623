"""The reference sequence: its contigs against the genome build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem
from her2omics.files import read_text
from her2omics.genome import CHROMOSOMES, Genome, contradiction, plain_chromosomes


def contigs(reference: Path) -> dict[str, int]:
    """Return the contigs of a FASTA and their lengths, from its index.

    Raises
    ------
    InputError
        If the index is no ``.fai``.
    """
    index = Path(f"{reference}.fai")
    rows = [line.split("\t") for line in read_text(index).splitlines()]
    if not rows or not all(len(row) == 5 and row[1].isdigit() for row in rows):
        message = f"is no index of a FASTA: make it again with `samtools faidx {reference}`"
        raise InputError(Problem(message, str(index)))
    return {row[0]: int(row[1]) for row in rows}


def names_by_chromosome(found: Mapping[str, int]) -> dict[str, str]:
    """Return chromosome (no ``chr``) -> name of its contig, for chromosomes 1 to 22, X and Y."""
    plain = plain_chromosomes(pd.Series(list(found), dtype=object))
    names = dict(zip(plain, found, strict=True))
    return {name: names[name] for name in CHROMOSOMES if name in names}


def check(reference: Path, *, genome: Genome) -> dict[str, int]:
    """Return the contigs of a reference.

    Raises
    ------
    InputError
        If its lengths contradict the build, or chromosome 17 is missing.
    """
    found = contigs(reference)
    message = contradiction(genome, lengths=found)
    if message is None and "17" not in names_by_chromosome(found):
        message = "has no chromosome 17"
    if message:
        raise InputError(Problem(message, str(reference), column="reads.reference"))
    return found
