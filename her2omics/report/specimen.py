"""The pathology table of a case: IHC, ISH and specimen of both biopsies, as in the sheet."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from her2omics.report.clinical import receptor_text
from her2omics.report.results import Record, records
from her2omics.sheets import clinical

_FIELDS = (
    ("HER2 status as reported", "her2_status", ""),
    ("HER2 status used", "reported_status", ""),
    ("IHC", "her2_ihc", ""),
    ("ISH ratio ERBB2/CEP17", "her2_ish_ratio", ""),
    ("ERBB2 copies per cell", "her2_ish_copies", ""),
    ("CEP17 copies per cell", "cep17_copies", ""),
    ("ISH group (ASCO/CAP)", "ish_group", ""),
    ("Cells counted", "ish_cells", ""),
    ("Amplified cells", "ish_amplified_percent", " %"),
    ("Antibody clone", "her2_clone", ""),
    ("Guideline year", "guideline_year", ""),
    ("Central review", "central_review", ""),
    ("ER", "er", "receptor"),
    ("PR", "pr", "receptor"),
    ("Tumour content (pathologist)", "tumour_content", "share"),
    ("Specimen", "specimen", ""),
    ("Preservation", "preservation", ""),
    ("Fixation delay", "fixation_delay_hours", " h"),
    ("Site", "site", ""),
    ("Laterality", "laterality", ""),
    ("Region", "region", ""),
    ("RNA protocol", "rna_protocol", ""),
    ("Note", "note", ""),
)


def by_sample(samples: pd.DataFrame, *, ascertained: bool) -> dict[str, Record]:
    """Return the rows of the sample sheet by sample, with reported status and ISH group added."""
    frame = samples.assign(
        reported_status=clinical.reported_status(samples, ascertained=ascertained).to_numpy(),
        ish_group=clinical.ish_groups(samples).to_numpy(),
    )
    return {row["sample"]: row for row in records(frame)}


def rows(
    pair: Sequence[Record | None], purity: Sequence[Record | None]
) -> list[tuple[str, list[str | None]]]:
    """Return the rows in which at least one biopsy has a value.

    Parameters
    ----------
    pair
        Sheet rows of baseline and follow-up, None where there is no such biopsy.
    purity
        Their rows of table ``purity``.
    """
    own = [key for row in pair if row for key in row if key.startswith("x_")]
    fields = [*_FIELDS, *((key, key, "") for key in dict.fromkeys(own))]
    found = [
        (name, [_cell((row or {}).get(key), unit) for row in pair]) for name, key, unit in fields
    ]
    found.append(("Tumour content used (90 % interval)", [_purity(row) for row in purity]))
    return [(name, cells) for name, cells in found if any(cells)]


def _cell(value: object, unit: str) -> str | None:
    if value is None:
        return None
    if unit == "receptor":
        return receptor_text(value)
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:g}{unit}" if isinstance(value, float) else f"{value}{unit}"


def _purity(row: Record | None) -> str | None:
    if not row or row["purity"] is None:
        return None
    text = f"{100 * row['purity']:.0f} %"
    if row["purity_low"] is not None and row["purity_high"] is not None:
        text += f" ({100 * row['purity_low']:.0f}-{100 * row['purity_high']:.0f} %)"
    return f"{text}, from {row['source']}"
