"""What the report draws of a patient's cells: a map of some of them, and a histogram of doses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from her2omics.single_cell.arm import Cells
from her2omics.single_cell.estimates import STATES
from her2omics.single_cell.malignant import counted

#: Edges of the histogram: log2 of the dose in steps of a quarter, 1/8 to 128-fold; doses beyond
#: are counted at the ends.
EDGES = 2.0 ** np.arange(-3, 7.01, 0.25)


def chosen(cells: Cells, *, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return the cells of the map: sound ones, as :func:`quotas` of the samples.

    Parameters
    ----------
    cells
        Cells of one patient.
    most
        Largest number over all samples.
    rng
        Generator of the patient.
    """
    samples = [
        np.flatnonzero(cells.kept & (cells.sample == code)) for code in range(len(cells.samples))
    ]
    parts = [
        own if len(own) == number else rng.choice(own, number, replace=False)
        for own, number in zip(samples, quotas([len(own) for own in samples], most), strict=True)
    ]
    return np.sort(np.concatenate(parts))


def quotas(sizes: Sequence[int], most: int) -> list[int]:
    """Return how many cells of each sample make ``most``, or all: equally many where there are.

    What a small sample leaves is shared among the larger ones.
    """
    numbers = [0] * len(sizes)
    for place, code in enumerate(sorted(range(len(sizes)), key=lambda code: sizes[code])):
        numbers[code] = min(sizes[code], (most - sum(numbers)) // (len(sizes) - place))
    return numbers


def map_rows(cells: Cells, name: str, rows: np.ndarray) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell_map``: those of ``rows`` that have a place."""
    place = cells.data.obsm["X_umap"]
    obs = cells.data.obs
    malignant = obs["her2omics_malignant"].to_numpy()
    kind = np.where(counted(malignant), "malignant", "normal")
    kind = np.where(np.isfinite(malignant), kind, "unknown")
    columns = {
        "x": place[:, 0].round(2),
        "y": place[:, 1].round(2),
        "lineage": obs["her2omics_lineage"].to_numpy(),
        "kind": kind,
        "p_amplified": obs["her2omics_p_amplified"].to_numpy().round(3),
        "subtype": obs["her2omics_subtype"].to_numpy(),
    }
    return [
        {"sample": cells.samples[cells.sample[row]], "patient": name}
        | {column: values[row] for column, values in columns.items()}
        for row in rows
        if np.isfinite(place[row]).all()
    ]


def dose_rows(cells: Cells, name: str) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell_doses``; bins without cells have none."""
    obs = cells.data.obs
    dose = obs["her2omics_dosage"].to_numpy()
    states = np.column_stack([obs[f"her2omics_p_{state}"] for state in STATES])
    dosed = np.isfinite(dose) & counted(obs["her2omics_malignant"].to_numpy())
    place = np.clip(np.searchsorted(EDGES, dose, side="right") - 1, 0, len(EDGES) - 2)
    rows = []
    for code, sample in enumerate(cells.samples):
        for step in np.unique(place[dosed & (cells.sample == code)]):
            own = dosed & (cells.sample == code) & (place == step)
            row = {"sample": sample, "patient": name}
            row |= {"dose_from": EDGES[step], "dose_to": EDGES[step + 1], "cells": int(own.sum())}
            row |= dict(zip(STATES, states[own].sum(axis=0).round(2), strict=True))
            rows.append(row)
    return rows
