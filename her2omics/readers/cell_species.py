"""Matrices of mixed species: human genes of human cells stay, mouse cells and mixtures go."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from her2omics.errors import InputError, Problem
from her2omics.readers.cell_files import RawCells
from her2omics.thresholds import limits

_HUMAN = re.compile(r"^(?:GRCh3[78]|hg19|hg38)_+", re.IGNORECASE)
_MOUSE = re.compile(r"^(?:GRCm3[89]|mm9|mm10|mm39)_+", re.IGNORECASE)


def human_only(raw: RawCells, *, shown: str, sample: str) -> RawCells:
    """Return the human cells with their human genes.

    Parameters
    ----------
    raw
        Cells as read. Genes of mixed references carry the genome's name (``GRCh38_``, ``mm10_``).
    shown, sample
        For messages.

    Notes
    -----
    A cell is human if ``cell_human_share`` of its molecules are; a mixture is a drop with cells of
    both species, whose human molecules cannot be told from the mouse's soup.

    Raises
    ------
    InputError
        If no cell is human.
    """
    mouse, named = np.zeros(raw.counts.shape[1], dtype=bool), False
    for ids in raw.gene_ids:
        mouse |= np.array([bool(_MOUSE.match(str(name))) for name in ids])
        named = named or any(_HUMAN.match(str(name)) for name in ids[:2000])
    if mouse.any():
        raw = _human_cells(raw, mouse, shown, sample)
    elif not named:
        return raw
    plain = [
        np.array([_HUMAN.sub("", str(name)) for name in ids], dtype=object) for ids in raw.gene_ids
    ]
    return replace(raw, gene_ids=tuple(plain))


def _human_cells(raw: RawCells, mouse: np.ndarray, shown: str, sample: str) -> RawCells:
    total = np.asarray(raw.counts.sum(axis=1), dtype=float).ravel()
    of_mouse = np.asarray(raw.counts @ mouse.astype(np.float32), dtype=float).ravel()
    share = 1.0 - of_mouse / np.maximum(total, 1.0)
    limit = limits().cell_human_share
    # Empty drops are of no species; they are counted out later.
    drop = total < limits().cell_least_umis
    human = share >= limit
    foreign = ~human & ~drop
    if not (human & ~drop).any():
        message = (
            f"none of {int((~drop).sum())} cells is human: at most "
            f"{share[~drop].max(initial=0):.0%} of a cell's molecules are of human genes, "
            f"expected {limit:.0%}"
        )
        raise InputError(Problem(message, shown, None, sample))
    mixed = int((foreign & (share > 1.0 - limit)).sum())
    note = (
        f"mixed species: {int((human & ~drop).sum())} human cells kept, "
        f"{int(foreign.sum()) - mixed} mouse cells and {mixed} mixtures left out"
    )
    kept = ~foreign
    return replace(
        raw,
        counts=raw.counts[kept][:, ~mouse].tocsr(),
        barcodes=raw.barcodes[kept],
        gene_ids=tuple(ids[~mouse] for ids in raw.gene_ids),
        labels=None if raw.labels is None else raw.labels[kept],
        notes=(*raw.notes, note),
    )
