"""The table "observed - expected under each label", with the weight of every piece of evidence."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from her2omics.report.results import Record
from her2omics.report.svg import tick_text
from her2omics.tables import LABELS

# What a case of each label typically shows; patterns for the reader, not the model's likelihood.
# Source: copies and cells follow from the definition of the states, mRNA falls with the copies.
_MINUS = "\N{MINUS SIGN}"
_JOINED = "\N{NO-BREAK SPACE}"
_PLUS_MINUS = f"{_JOINED}\N{PLUS-MINUS SIGN}{_JOINED}"
VARIABLES: dict[str, tuple[str, str, dict[str, str]]] = {
    "her2_status": (
        "Reported HER2 status",
        "",
        {
            "downregulation": "negative",
            "clonal_selection": "negative",
            "subtype_switch": "negative",
            "mixed": "either",
            "not_lost": "positive (negative in about 1 of 11)",
        },
    ),
    "erbb2_mrna": (
        "ERBB2 mRNA above HER2-negative tumours",
        "log2",
        {
            "downregulation": f"falls by about 2, at least by 1 ({_MINUS}2)",
            "clonal_selection": f"falls by 2 to 4 ({_MINUS}2 to {_MINUS}4)",
            "subtype_switch": f"falls by 2, or more if copies are lost ({_MINUS}2 to {_MINUS}4)",
            "mixed": "falls in part",
            "not_lost": "unchanged (0)",
        },
    ),
    "neighbours_mrna": (
        "17q12 neighbours (GRB7, STARD3, PGAP3, MIEN1), RNA proxy of the locus",
        "log2",
        {
            "downregulation": f"0 to {_MINUS}1",
            "clonal_selection": "fall with the copies",
            "subtype_switch": f"0 to {_MINUS}1, or fall with the copies",
            "mixed": "fall in part",
            "not_lost": "unchanged (0)",
        },
    ),
    "programme_delta": (
        "Shift of the intrinsic programme (48 genes without ERBB2 and GRB7)",
        "Spearman rho",
        {
            "downregulation": "none (0; about .4 on treatment)",
            "clonal_selection": "none, or that of the other clone",
            "subtype_switch": "shift (.5 or more)",
            "mixed": "none",
            "not_lost": "none (0; about .4 on treatment)",
        },
    ),
    "ish_amplified_cells": (
        "ISH: amplified cells among those counted",
        "cells",
        {
            "downregulation": "same share",
            "clonal_selection": f"falls to below 15{_JOINED}%",
            "subtype_switch": "same share, or falls if copies are lost",
            "mixed": "falls in part",
            "not_lost": "same share",
        },
    ),
    "ish_copies": (
        "ISH: ERBB2 copies per cell",
        "copies",
        {
            "downregulation": "same",
            "clonal_selection": "fall below 4",
            "subtype_switch": "same, or fall",
            "mixed": "fall in part",
            "not_lost": "same",
        },
    ),
    "ploidy": ("Ploidy of the cancer cells", "mean copies per locus", {}),
    "erbb2_log2": (
        "DNA: ERBB2 log2 ratio",
        "log2",
        {
            "downregulation": "unchanged (0)",
            "clonal_selection": f"falls by about 2 ({_MINUS}2 to {_MINUS}2.4)",
            "subtype_switch": f"unchanged, or {_MINUS}2.4",
            "mixed": "falls in part",
            "not_lost": "unchanged (0)",
        },
    ),
    "cluster_ccf": (
        "Mutation clusters",
        "share of cancer cells",
        {
            "downregulation": "the baseline's second clone stays",
            "clonal_selection": "the other clone rises, the amplified clone's mutations go",
            "subtype_switch": "the baseline's second clone stays",
            "mixed": "shares shift in part",
            "not_lost": "the baseline's second clone stays",
        },
    ),
    "amplicon_branch_loglr": (
        "SNPs and mutations on the amplicon",
        "log likelihood ratio: never amplified, against amplified and lost again",
        {
            "downregulation": "0",
            "clonal_selection": "above 0 if the cells never had it; below 0 if they lost it",
            "subtype_switch": "0, or below 0 if copies are lost",
            "mixed": "about 0",
            "not_lost": "0",
        },
    ),
    "amplified_share": (
        "Single cells: share with amplification",
        "share of cancer cells",
        {
            "downregulation": "same share",
            "clonal_selection": f"falls to below 15{_JOINED}%",
            "subtype_switch": "same share, or none",
            "mixed": "falls in part",
            "not_lost": "same share",
        },
    ),
    "erbb2_output": (
        "Single cells: ERBB2 mRNA per copy",
        "log2",
        {
            "downregulation": f"falls ({_MINUS}1 or less)",
            "clonal_selection": "unchanged (0)",
            "subtype_switch": "falls or unchanged",
            "mixed": "either",
            "not_lost": "unchanged (0)",
        },
    ),
}

# Rows that describe the sample rather than the mechanism; they are listed with the sources.
_CONTEXT = {
    "purity": "Tumour content",
    "ploidy": "Ploidy",
    "other_copies": "17q copies beside the amplicon",
    "rna_sample_sd": "RNA: effect shared by all genes of a sample (SD)",
    "rna_reference_sd": "RNA: uncertainty of the HER2-negative reference (SD)",
    "ihc": "IHC",
    "ish_ratio": "ISH: ratio ERBB2/CEP17",
    "cep17_copies": "ISH: CEP17 copies per cell",
}


def _value(row: Record) -> float | str | None:
    try:
        number = float(row["value"])
    except (TypeError, ValueError):
        return row["value"]
    return number if math.isfinite(number) else None


def signed(value: float) -> str:
    """Return a number with sign and two significant decimals."""
    value = round(value, 2)
    return ("+" if value >= 0 else _MINUS) + f"{abs(value):.2f}"


def _plain(value: float | str | None, sd: float | None = None) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return value
    text = tick_text(round(value, 2))
    return f"{text}{_PLUS_MINUS}{sd:.2f}" if sd is not None else text


def _title(variable: str) -> str:
    if variable in VARIABLES:
        return VARIABLES[variable][0]
    return _CONTEXT.get(variable, variable.replace("_", " "))


def _observed(name: str, rows: Sequence[Record], shared_sd: float) -> list[str]:
    """Return the lines of the cell "observed" of one variable."""
    by_item: dict[object, dict[str, Record]] = defaultdict(dict)
    for row in rows:
        by_item[row["item"]][row["time"]] = row
    lines = []
    for item, times in by_item.items():
        # A purity mode names its row only where there are several.
        head = f"{item}: " if item and not (len(by_item) == 1 and str(item).isdigit()) else ""
        if "pair" in times:
            lines.append(head + _plain(_value(times["pair"]), times["pair"]["sd"]))
            continue
        pair = [times.get("baseline"), times.get("followup")]
        if name == "ish_amplified_cells":
            words = [_cells(row) for row in pair]
        else:
            words = [_plain(_value(row), row["sd"]) if row else "missing" for row in pair]
        lines.append(f"{head}{words[0]} \N{RIGHTWARDS ARROW}{_JOINED}{words[1]}")
        values = [_value(row) if row else None for row in pair]
        if name != "ish_amplified_cells" and all(isinstance(v, float) for v in values):
            change = signed(values[1] - values[0])
            sds = [row["sd"] for row in pair if row["sd"] is not None]
            extra = 2 * shared_sd**2 if name.endswith("_mrna") else 0.0
            if len(sds) == 2:
                spread = math.sqrt(sum(sd**2 for sd in sds) + extra)
                change += f"{_PLUS_MINUS}{spread:.2f}"
            lines.append(f"change{_JOINED}{change}")
    return lines


def _cells(row: Record | None) -> str:
    if row is None:
        return "missing"
    value, cells = _value(row), row["n"]
    if not isinstance(value, float) or not cells:
        return _plain(value)
    return f"{value:.0f} of {cells:.0f} ({100 * value / cells:.0f} %)".replace(" ", _JOINED)


def table(evidence: Sequence[Record], contributions: Sequence[Record]) -> list[dict[str, object]]:
    """Return one row per piece of evidence.

    Parameters
    ----------
    evidence, contributions
        Rows of one case of the tables of these names.

    Returns
    -------
    list of dict
        ``name``, ``unit``, ``observed`` (lines), ``cells``: per label ``label``, ``expected``
        (words) and ``decibans``: the contribution minus that of the label this piece fits best,
        so 0 or below (None where the piece has none). Only differences between labels say
        anything: the contributions share the density of the measurement itself.
    """
    measured: dict[str, list[Record]] = defaultdict(list)
    for row in evidence:
        measured[row["variable"]].append(row)
    weights: dict[str, dict[str, float | None]] = defaultdict(dict)
    for row in contributions:
        weights[row["variable"]][row["label"]] = row["decibans"]
    sds = [row["sd"] or _value(row) for row in measured.get("rna_sample_sd", [])]
    numbers = [sd for sd in sds if isinstance(sd, float)]
    shared_sd = sum(numbers) / len(numbers) if numbers else 0.0
    found = [name for name in (*measured, *weights) if name not in _CONTEXT or name in weights]
    names = [name for name in VARIABLES if name in found]
    names += [name for name in dict.fromkeys(found) if name not in VARIABLES]
    rows = []
    for name in names:
        _, unit, expected = VARIABLES.get(name, ("", "", {}))
        known = [value for value in weights.get(name, {}).values() if value is not None]
        best = max(known, default=0.0)
        rows.append(
            {
                "name": _title(name),
                "unit": unit,
                "observed": _observed(name, measured.get(name, []), shared_sd),
                "cells": [
                    {
                        "label": label,
                        "expected": expected.get(label, ""),
                        "decibans": _below(weights.get(name, {}).get(label), best),
                    }
                    for label in LABELS
                ],
            }
        )
    return rows


def _below(decibans: float | None, best: float) -> float | None:
    return None if decibans is None else decibans - best


def sources(evidence: Sequence[Record]) -> list[dict[str, str]]:
    """Return every measurement of the case with where it comes from."""
    return [
        {
            "variable": _title(row["variable"]),
            "item": row["item"] or "",
            "time": row["time"] or "",
            "value": _plain(_value(row)),
            "sd": "" if row["sd"] is None else f"{row['sd']:.2g}",
            "n": "" if row["n"] is None else f"{row['n']:g}",
            "source": row["source"] or "",
        }
        for row in evidence
    ]
