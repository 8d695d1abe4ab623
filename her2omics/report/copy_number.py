"""The copy-number section of a case page: ERBB2 by DNA in each biopsy and in the pair."""

from __future__ import annotations

from collections.abc import Mapping

from her2omics.genome import Genome
from her2omics.report import biopsy, genome_figure, locus_figure, words
from her2omics.report.results import Record, Results
from her2omics.report.svg import percent
from her2omics.tables import TIMES

_GROUPS = range(1, 6)
_SHOWN_SHARE = 0.005  # ISH groups less probable than this are not listed


def section(
    results: Results,
    rows: Mapping[str, Record | None],
    purity: Mapping[str, Record | None],
    pair: Record | None,
    genome: Genome,
) -> dict[str, object] | None:
    """Return the data of the section; None where no biopsy has DNA.

    Parameters
    ----------
    results
        Tables with ``copy_number_segments`` and ``locus_bins``.
    rows, purity
        Rows of tables ``copy_number`` and ``purity`` per time point.
    pair
        Row of table ``copy_number_pairs``.
    genome
        Build of the coordinates.
    """
    if not any(rows.values()):
        return None
    samples = {time: str(row["sample"]) if row else None for time, row in rows.items()}
    drawn = {time: biopsy.of_sample(results, time, rows[time]) for time in TIMES}
    figures = [
        figure
        for module in (locus_figure, genome_figure)
        if (figure := module.draw(drawn, samples, genome))
    ]
    return {
        "samples": [samples[time] for time in TIMES],
        "rows": _rows(rows, purity),
        "call": _call(pair),
        "lines": _lines(pair),
        "figures": figures,
    }


def _rows(
    rows: Mapping[str, Record | None], purity: Mapping[str, Record | None]
) -> list[tuple[str, list[str | None]]]:
    cells = {
        "DNA": _assay,
        "Ploidy (90 % interval)": lambda row: locus_figure.interval_text(row, "ploidy"),
        "ERBB2 copies per cancer cell": lambda row: locus_figure.interval_text(row, "erbb2_copies"),
        "CEP17 copies per cancer cell": lambda row: locus_figure.interval_text(row, "cep17_copies"),
        "ERBB2/CEP17 ratio": lambda row: locus_figure.interval_text(row, "erbb2_cep17_ratio"),
        "17q copies beside the amplicon": lambda row: locus_figure.interval_text(
            row, "other_copies"
        ),
        "As ISH would group it": _groups,
        "Fewest copies that would have shown": lambda row: _copies(row["min_detectable_copies"]),
        "Focal gain": _amplicon,
        "Genes gained with ERBB2": _neighbours,
        "Centromere gained": lambda row: (
            words.CEP17_GAIN[row["cep17_gain"]] if row["cep17_gain"] else None
        ),
        "What limits the numbers": lambda row: row["note"],
    }
    found = [
        ("Tumour content (90 % interval)", [_purity(rows[time], purity[time]) for time in TIMES])
    ]
    for name, cell in cells.items():
        found.append((name, [cell(rows[time]) if rows[time] else None for time in TIMES]))
    return [(name, values) for name, values in found if any(values)]


def _assay(row: Record) -> str:
    assay = words.of(words.ASSAYS, row["assay"], missing="DNA")
    return f"{assay}; {words.of(words.MEASURED_BY, row['measured_by'])}"


def _purity(row: Record | None, source: Record | None) -> str | None:
    if not row or row["purity"] is None:
        return None
    text = f"{100 * row['purity']:.0f} %"
    if row["purity_low"] is not None and row["purity_high"] is not None:
        text += f" ({100 * row['purity_low']:.0f}\N{EN DASH}{100 * row['purity_high']:.0f} %)"
    return f"{text}, {words.of(words.PURITY_SOURCES, source['source'])}" if source else text


def _copies(value: float | None) -> str | None:
    return None if value is None else f"{locus_figure.copies_text(value)} copies"


def _groups(row: Record) -> str | None:
    shares = {group: row[f"p_ish_group_{group}"] for group in _GROUPS}
    known = sorted(
        ((share, group) for group, share in shares.items() if share and share >= _SHOWN_SHARE),
        reverse=True,
    )
    if not known:
        return None
    parts = [f"group {group}: {percent(share)}" for share, group in known]
    return f"{', '.join(parts)} ({words.ISH_GROUPS[known[0][1]]})"


def _amplicon(row: Record) -> str | None:
    if row["resolved"] == "no":
        return "the table is too coarse to show one"
    if row["amplicon_start"] is None:
        return "none"
    start, end = row["amplicon_start"] / 1e6, row["amplicon_end"] / 1e6
    return f"17:{start:.2f}\N{EN DASH}{end:.2f} Mb, {end - start:.2f} Mb long"


def _neighbours(row: Record) -> str | None:
    if row["resolved"] == "no" or row["amplicon_start"] is None:
        return None
    states = {gene: row[f"{gene.lower()}_state"] for gene in ("CDK12", "IKZF3", "RARA", "TOP2A")}
    gained = [gene for gene, state in states.items() if state == "gained"]
    rest = [gene for gene, state in states.items() if state == "not_gained"]
    parts = [", ".join(gained) if gained else "none of CDK12, IKZF3, RARA, TOP2A"]
    if gained and rest:
        parts.append(f"not {', '.join(rest)}")
    return "; ".join(parts)


def _call(pair: Record | None) -> str | None:
    if not pair:
        return None
    text = words.of(words.CN_CALLS, pair["call"])
    return f"{text} ({pair['reason']})" if pair["reason"] else text


def _lines(pair: Record | None) -> list[str]:
    if not pair:
        return []
    lines = []
    for key, name in (
        ("retention", "share of the gain over the genome's mean that is left in the cancer cells"),
        ("retention_17q", "share of the gain over 17q beside the amplicon that is left"),
    ):
        if pair[key] is not None:
            value, low, high = (100 * pair[f"{key}{end}"] for end in ("", "_low", "_high"))
            lines.append(f"{name}: {value:.0f} % (90 % interval {low:.0f} to {high:.0f} %)")
    if pair["min_purity"] is not None:
        lines.append(
            "tumour content from which the baseline's copies would show in the follow-up: "
            f"{100 * pair['min_purity']:.0f} %"
        )
    if pair["p_amplified_followup"] is not None:
        lines.append(
            "probability that the follow-up is still amplified (copies of twice its ploidy, taken "
            "as 4 to 6, or an ISH ratio of 2): "
            f"{percent(pair['p_amplified_followup'])}"
        )
    if pair["same_edges"] is not None:
        same = "begin and end together" if pair["same_edges"] == "yes" else "have other edges"
        lines.append(f"the amplicons of both biopsies {same}")
    return lines
