"""The labels of a simulated cohort beside its truth, for reading in a terminal."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.quality.gates import STOPS

_GAP = "  "


def labels_beside_truth(cases: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case: true label, label given, how sure, and why not.

    Parameters
    ----------
    cases
        Table ``cases``.
    truth
        Table ``truth``; a case without a label there has none that could be found, and one of
        which a gate of kind S must fire cannot be assessed, whatever its latent state.

    Returns
    -------
    DataFrame
        Text columns case, truth, label, call, p (posterior of the label), gates; order of
        ``cases``.
    """
    must = truth["gates_must"].astype(object).fillna("").str.split(";")
    stopped = must.map(lambda codes: not STOPS.isdisjoint(codes))
    true_label = truth["label"].mask(stopped, "not_assessable").set_axis(truth["case"])
    true_label = true_label.reindex(cases["case"])
    posterior = [
        cases.loc[row, f"p_{label}"] if label in tables.LABELS else None
        for row, label in cases["label"].items()
    ]
    shown = pd.DataFrame(
        {
            "case": cases["case"],
            "truth": true_label.to_numpy(),
            "label": cases["label"],
            "call": cases["call"],
            "p": [f"{value:.2f}" if pd.notna(value) else None for value in posterior],
            "gates": cases["gates"].str.replace(";", " "),
        }
    )
    return shown.astype(object).where(shown.notna(), "-")


def aligned(frame: pd.DataFrame) -> str:
    """Return a text frame as aligned columns under their names."""
    rows = [list(frame.columns), *frame.itertuples(index=False)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(_GAP.join(cells))
    return "\n".join(line.rstrip() for line in lines)


def summary(folder: Path) -> str:
    """Return the labels of a finished run beside its truth, and where the report is.

    Parameters
    ----------
    folder
        Folder that holds ``truth.tsv`` and ``results/``.

    Raises
    ------
    InputError
        If the workflow has not run there.
    """
    results = folder / "results"
    shown = labels_beside_truth(
        tables.read(results / "cases.tsv", "cases"), tables.read(folder / "truth.tsv", "truth")
    )
    places = [("Table", results / "cases.tsv"), ("Report", results / "report" / "index.html")]
    return "\n".join([aligned(shown), "", *(f"{name + ':':8}{path}" for name, path in places)])
