"""The single cells of a case page: what the cells are, their doses, clones and subtypes."""

from __future__ import annotations

from her2omics.report import cell_figures, words
from her2omics.report.results import Record, Results, records
from her2omics.report.svg import percent
from her2omics.tables import CELL_SUBTYPES, TIMES

_ONE = "only one of the two biopsies has single cells"


def section(results: Results, case: Record) -> dict[str, object] | None:
    """Return the data of the section; None where neither biopsy has single cells.

    Parameters
    ----------
    results
        Tables ``single_cell``, ``single_cell_clones``, ``single_cell_pairs``,
        ``single_cell_doses`` and ``single_cell_map``.
    case
        The case.
    """
    samples = {time: results.of_sample("single_cell", case[time]) for time in TIMES}
    if not any(samples.values()):
        return None
    told = {time: bool(row) and row["identifiable"] == "yes" for time, row in samples.items()}

    def rows(table: str) -> dict[str, list[Record]]:
        return {time: records(results.part(table, case[time])) for time in TIMES}

    pair = results.of_case("single_cell_pairs", str(case["case"]))
    mapped = rows("single_cell_map")
    shown = {time: len(cells) for time, cells in mapped.items()}
    return {
        "lines": _pair(pair[0], all(told.values())) if pair else [_ONE],
        "map": cell_figures.cell_map(mapped, told),
        "shown": _shown(shown, samples),
        "doses": cell_figures.doses(rows("single_cell_doses"), samples),
        "clones": cell_figures.clones(rows("single_cell_clones"), told),
        "rows": _rows(samples),
        "samples": [case[time] for time in TIMES],
        "notes": [
            (words.TIMES[time], row["note"]) for time, row in samples.items() if row and row["note"]
        ],
        "files": [f"single_cell/{row['sample']}.h5ad" for row in samples.values() if row],
    }


def _pair(pair: Record, told: bool) -> list[str]:
    """Return in words what both biopsies say together; figures where both tell the amplified."""
    reason = f": {pair['reason']}" if pair["reason"] else ""
    lines = [f"{words.of(words.CELL_CALLS, pair['call'])}{reason}"]
    if not told:
        return lines
    if pair["share_change"] is not None:
        keys = ("share_change", "share_change_low", "share_change_high")
        value, low, high = (_points(pair[key]) for key in keys)
        change = f"{value} points (90 % interval {low} to {high})"
        lines.append(f"share of amplified cells in the tumour, follow-up minus baseline: {change}")
    if pair["output_ratio"] is not None:
        ratio = words.fold(pair, "output_ratio")
        lines.append(f"ERBB2 mRNA per dose in amplified cells, follow-up over baseline: {ratio}")
    if pair["detectable_change"] is not None:
        least = f"{100 * pair['detectable_change']:.0f} points"
        lines.append(f"a fall of the share by {least} would be seen in four of five such pairs")
    return lines


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "\N{MINUS SIGN}")


def _shown(shown: dict[str, int], samples: dict[str, Record | None]) -> str:
    """Return how many of the cells are drawn."""
    parts = [
        f"{shown[time]} of {row['cells_kept']} cells of the {words.TIMES[time].lower()}"
        for time, row in samples.items()
        if row and shown[time]
    ]
    return " and ".join(parts)


def _rows(samples: dict[str, Record | None]) -> list[tuple[str, list[str | None]]]:
    """Return name and both cells of each line of the table."""

    def line(name: str, tell: object) -> tuple[str, list[str | None]]:
        return name, [tell(row) if row else None for row in samples.values()]

    def known(row: Record) -> bool:
        return row["identifiable"] == "yes"

    lines = [
        line("Cells read, of them sound", lambda row: f"{row['cells']}, {row['cells_kept']}"),
        line("Malignant cells", lambda row: str(row["malignant_cells"])),
        line("Told from normal cells", lambda row: words.MALIGNANT_BY[row["malignant_by"]]),
        line("Median molecules of a malignant cell", lambda row: _whole(row["median_umis"])),
        line(
            "Amplified, of the malignant cells of this biopsy",
            lambda row: words.span(row, "amplified_fraction") if known(row) else None,
        ),
        line(
            "Amplified, of those of the tumour",
            lambda row: words.span(row, "tumour_fraction") if known(row) else None,
        ),
        line(
            "The same if its sites vary less; more",
            lambda row: _sites(row) if known(row) else None,
        ),
        line(
            "Dose of the amplicon in amplified cells",
            lambda row: words.fold(row, "dosage") if known(row) else None,
        ),
        line("Subtype of the malignant cells together (PAM50)", _pam50),
    ]
    for name in CELL_SUBTYPES:
        key = f"share_{name.lower()}"
        lines.append(
            line(f"{words.SUBTYPES[name]} cells", lambda row, key=key: words.span(row, key))
        )
    return lines


def _sites(row: Record) -> str | None:
    if row["tumour_fraction"] is None:
        return None
    return "; ".join(words.ends(row, "tumour_fraction", f"_icc_{icc}") for icc in ("01", "10"))


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:,.0f}"


def _pam50(row: Record) -> str | None:
    if row["pam50"] is None:
        return None
    support = percent(row["pam50_support"])
    return f"{words.SUBTYPES[row['pam50']]}, support {support}, {row['pam50_genes']} genes"
