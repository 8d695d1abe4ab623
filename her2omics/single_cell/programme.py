"""Subtypes of a patient's malignant cells: cell by cell for obs, shares for tables, sums for PAM50.

The amplicon is left out throughout: what is asked is whether the programme changed, not the copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from her2omics.sheets.seeds import seed_for
from her2omics.single_cell import statement, subtype
from her2omics.single_cell.arm import Cells
from her2omics.single_cell.pseudobulk import Pseudobulk, pseudobulk
from her2omics.single_cell.subtype import Scores
from her2omics.tables import CELL_SUBTYPES
from her2omics.thresholds import limits

_DRAWS = 200


def annotate(cells: Cells, *, name: str, seed: int) -> Scores:
    """Add ``her2omics_subtype`` and ``her2omics_score_*`` to obs; return the scores.

    Parameters
    ----------
    cells
        The patient's cells.
    name
        The patient, for the seed.
    seed
        Config seed.
    """
    found = subtype.score(
        cells.data.X,
        genes=cells.data.var,
        size=statement.size(cells),
        sample=cells.sample,
        malignant=cells.kept & cells.tumour_cells,
        rng=np.random.default_rng(seed_for(seed, "scsubtype", name)),
    )
    cells.data.obs["her2omics_subtype"] = found.name
    for column, which in enumerate(CELL_SUBTYPES):
        values = found.score[:, column].astype(np.float32)
        cells.data.obs[f"her2omics_score_{which.lower()}"] = values
    return found


def sample_columns(cells: Cells, scores: Scores, code: int) -> dict[str, Any]:
    """Return the columns of table ``single_cell`` on the subtypes of one sample."""
    shares = subtype.shares(scores, code, cells.sample)
    row: dict[str, Any] = {"subtype_cells": sum(count for _, count in shares)}
    for which, (share, _) in zip(CELL_SUBTYPES, shares, strict=True):
        key = f"share_{which.lower()}"
        row |= {key: share.value, f"{key}_low": share.low, f"{key}_high": share.high}
    return row


def sums(cells: Cells, *, genes: Sequence[str], name: str, seed: int) -> Pseudobulk:
    """Return the sums of malignant cells by sample, and by :func:`label` of sample and clone.

    Parameters
    ----------
    cells
        The patient's cells.
    genes
        Genes to read; those of the amplicon and those that no sample has are left out.
    name
        The patient, for the seed.
    seed
        Config seed.
    """
    places = cells.data.var_names.get_indexer(list(genes))
    places = places[places >= 0]
    var = cells.data.var.iloc[places]
    samples = np.array(cells.samples, dtype=object)[cells.sample]
    clones = cells.data.obs["her2omics_clone"].to_numpy()
    both = [label(*one) if one[1] else "" for one in zip(samples, clones, strict=True)]
    counts = cells.data.X[:, places]
    malignant = np.where(cells.kept, cells.malignant.probability, np.nan)
    found = [
        pseudobulk(
            counts,
            genes=var.index,
            labels=np.asarray(labels, dtype=object),
            malignant=malignant,
            min_cells=int(limits().pseudobulk_cells),
            masked=subtype.in_amplicon(var),
            draws=_DRAWS,
            rng=np.random.default_rng(seed_for(seed, "pseudobulk cells", name)),
        )
        for labels in (samples, both)
    ]
    table = found[0].counts.join(found[1].counts)
    return Pseudobulk(table, found[0].drawn | found[1].drawn)


def label(sample: str, clone: str) -> str:
    """Return the name of a clone's sum in one sample."""
    return f"{sample} {clone}"
