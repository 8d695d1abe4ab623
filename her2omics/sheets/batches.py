"""Batches of patients: contiguous, balanced, and the same for everyone who asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from her2omics.errors import InputError, Problem


def parse_batch(text: str) -> tuple[int, int]:
    """Return (index, total) of a batch written as ``I/N``, the first being ``1/N``.

    Raises
    ------
    InputError
        If the text is no batch.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found:
        index, total = int(found[1]), int(found[2])
        if 1 <= index <= total:
            return index, total
    message = f"'{text}' is no batch: expected I/N with 1 <= I <= N, such as 2/7"
    raise InputError(Problem(message, column="--batch"))


def batch_count(patients: int, batch_size: int) -> int:
    """Return the number of batches of at most ``batch_size`` patients, at least one."""
    return max(1, -(-patients // batch_size))


def batch_patients(patients: Sequence[str], index: int, total: int) -> list[str]:
    """Return the patients of batch ``index`` (1-based) of ``total``.

    Batches are contiguous and differ in size by at most one; with more batches than patients some
    are empty.

    Raises
    ------
    ValueError
        If the index lies outside 1 to ``total``.
    """
    if not 1 <= index <= total:
        raise ValueError(f"batch {index} of {total}")
    count = len(patients)
    return list(patients[(index - 1) * count // total : index * count // total])
