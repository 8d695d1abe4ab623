"""Figures of one case: posteriors, axes, DNA-versus-RNA arrow, subtype correlations, latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from her2omics.report import words
from her2omics.report.palette import (
    GRID,
    INK,
    LABEL,
    LOCUS,
    MUTED,
    ON_LABEL,
    PAPER,
    PROGRAMME,
    TIME,
)
from her2omics.report.results import Record
from her2omics.report.svg import Drawing, Scale, domain, percent
from her2omics.tables import LABELS

_BAR = 26
_CORRELATIONS = {
    "Basal": "r_basal",
    "Her2": "r_her2",
    "LumA": "r_luma",
    "LumB": "r_lumb",
    "Normal": "r_normal",
}


def posterior_shares(case: Record, prefix: str = "p_") -> list[tuple[str, float, str, str]]:
    """Return the label probabilities of a case as parts of a stacked bar; empty if missing."""
    values = [case[f"{prefix}{label}"] for label in LABELS]
    if any(value is None for value in values):
        return []
    return [
        (words.LABELS[label], value, LABEL[label], ON_LABEL[label])
        for label, value in zip(LABELS, values, strict=True)
    ]


def posterior(case: Record) -> str | None:
    """Return the posterior bar above the flat-prior bar; None where there is no posterior."""
    bars = [
        ("with the prior of this study", posterior_shares(case)),
        ("with a flat prior (1/5 each)", posterior_shares(case, "p_flat_")),
    ]
    if not bars[0][1]:
        return None
    drawing = Drawing(510, 134, title="Posterior probability of each label")
    for row, (name, shares) in enumerate(bars):
        y = 16 + row * 48
        drawing.text(0, y - 4, name, size=12, fill=MUTED)
        drawing.stacked(shares, x=0, y=y, width=510, height=_BAR, text_from=0.07)
        if not shares:
            drawing.text(0, y + 17, "missing", fill=MUTED)
    x = 0.0
    for label in LABELS:
        drawing.rect(x, 112, 11, 11, LABEL[label], radius=2)
        drawing.text(x + 14, 122, words.LABELS[label], size=11)
        x += 14 + 6.2 * len(words.LABELS[label]) + 12
    return drawing.svg()


def axes(case: Record) -> str | None:
    """Return the locus axis and the programme axis as stacked bars; None where both miss."""
    locus = [(name, case[f"p_locus_{name}"]) for name in words.LOCUS]
    shift = case["p_programme_shift"]
    if any(value is None for _, value in locus) and shift is None:
        return None
    drawing = Drawing(510, 150, title="Locus axis and programme axis")
    drawing.text(0, 12, "Locus: what happened to the ERBB2 amplification", bold=True, size=12)
    if any(value is None for _, value in locus):
        drawing.text(0, 36, "missing", fill=MUTED)
    else:
        on = {"retained": PAPER, "partial": INK, "replaced": PAPER, "lost_in_lineage": PAPER}
        parts = [(words.LOCUS[name], value, LOCUS[name], on[name]) for name, value in locus]
        drawing.stacked(parts, x=0, y=20, width=510, height=_BAR, text_from=0.07)
        _key(drawing, [(words.LOCUS[name], LOCUS[name]) for name, _ in locus], y=52)
    drawing.text(0, 90, "Programme: what happened to the intrinsic subtype", bold=True, size=12)
    if shift is None:
        drawing.text(0, 114, "missing", fill=MUTED)
    else:
        parts = [
            ("programme kept", 1 - shift, PROGRAMME["same"], INK),
            ("programme changed", shift, PROGRAMME["shift"], INK),
        ]
        drawing.stacked(parts, x=0, y=98, width=510, height=_BAR, text_from=0.07)
        _key(drawing, [(name, fill) for name, _, fill, _ in parts], y=130)
    return drawing.svg()


def _key(drawing: Drawing, entries: Sequence[tuple[str, str]], *, y: float) -> None:
    x = 0.0
    for name, colour in entries:
        drawing.rect(x, y, 11, 11, colour, radius=2)
        drawing.text(x + 15, y + 10, name, size=11)
        x += 15 + 6.4 * len(name) + 14


def times_key(drawing: Drawing, x: float, y: float) -> None:
    """Add the key of the two time points: hollow baseline, solid follow-up."""
    drawing.circle(x + 5, y, 5, PAPER, stroke=TIME["baseline"], width=2.5)
    drawing.text(x + 15, y + 4, "baseline", size=12)
    drawing.circle(x + 81, y, 5.5, TIME["followup"])
    drawing.text(x + 91, y + 4, "follow-up", size=12)


def time_dot(drawing: Drawing, time: str, x: float, y: float, *, tip: str | None = None) -> None:
    """Add the dot of a time point."""
    if time == "baseline":
        drawing.circle(x, y, 5.5, PAPER, stroke=TIME["baseline"], width=2.5, tip=tip)
    else:
        drawing.circle(x, y, 6, TIME["followup"], tip=tip)


def locus_arrow(
    times: Mapping[str, Record | None], limit: SimpleNamespace
) -> tuple[str, str] | None:
    """Return the figure "locus against ERBB2 mRNA" and its caption.

    Parameters
    ----------
    times
        Row of table ``expression`` per time point, or None.
    limit
        Thresholds (``erbb2_intermediate_z``, ``erbb2_high_z``).

    Returns
    -------
    tuple or None
        None where no sample has ERBB2 mRNA.
    """
    shown = {t: row for t, row in times.items() if row and row["erbb2_z"] is not None}
    if not shown:
        return None
    keys = ("neighbours_z", "neighbours_z_low", "neighbours_z_high")
    x_range = domain((row[k] for row in shown.values() for k in keys), low=-2, high=6, pad=0.5)
    keys = ("erbb2_z", "erbb2_z_low", "erbb2_z_high")
    y_range = domain((row[k] for row in shown.values() for k in keys), low=-2, high=6, pad=0.5)
    drawing = Drawing(510, 400, title="17q12 neighbours and ERBB2 mRNA, baseline and follow-up")
    x_scale, y_scale = Scale(*x_range, 54, 498), Scale(*y_range, 340, 30)
    _threshold_bands(drawing, x_scale, y_scale, limit)
    drawing.bottom_axis(x_scale, 340, "17q12 neighbours, RNA proxy of the locus (z)", top=30)
    drawing.left_axis(y_scale, 54, "ERBB2 mRNA (z)", right=498)
    _threshold_lines(drawing, x_scale, y_scale, limit)
    times_key(drawing, 58, 14)
    places = {}
    for time, row in shown.items():
        places[time] = _cross(drawing, time, row, x_scale, y_scale)
    if len(places) == 2 and all(row["neighbours_z"] is not None for row in shown.values()):
        (x1, y1), (x2, y2) = places["baseline"], places["followup"]
        drawing.arrow(x1, y1, x2, y2, INK, stop=8, head=10, opacity=0.75)
    for time, (x, y) in places.items():
        time_dot(drawing, time, x, y, tip=_z_tip(time, shown[time]))
    caption = (
        "z counts standard deviations above HER2-negative tumours; lines at "
        f"{limit.erbb2_intermediate_z:g} and {limit.erbb2_high_z:g} separate negative, "
        "intermediate and high mRNA; bars are 90 % intervals. Straight down: mRNA falls on a kept "
        "locus. Down and to the left: locus and mRNA fall together."
    )
    missing = [t for t, row in shown.items() if row["neighbours_z"] is None]
    if missing:
        caption += " Without measured neighbours a sample is drawn at the left edge."
    if len(shown) == 1:
        caption += " Only one of the two biopsies has RNA."
    return drawing.svg(), caption


def _threshold_bands(
    drawing: Drawing, x_scale: Scale, y_scale: Scale, limit: SimpleNamespace
) -> None:
    top, high = y_scale(y_scale.high), y_scale(limit.erbb2_high_z)
    left, right = x_scale.start, x_scale.end
    drawing.rect(left, top, right - left, high - top, "#eef4ee")
    low = y_scale(limit.erbb2_intermediate_z)
    drawing.rect(left, high, right - left, low - high, "#f8f6ea")


def _threshold_lines(
    drawing: Drawing, x_scale: Scale, y_scale: Scale, limit: SimpleNamespace
) -> None:
    for value in (limit.erbb2_intermediate_z, limit.erbb2_high_z):
        y, x = y_scale(value), x_scale(value)
        drawing.line(x_scale.start, y, x_scale.end, y, MUTED, dash="4 3")
        drawing.line(x, y_scale.start, x, y_scale.end, MUTED, dash="4 3")
    drawing.text(
        x_scale.end - 4, y_scale(limit.erbb2_high_z) - 4, "high", size=11, anchor="end", fill=MUTED
    )
    middle = (y_scale(limit.erbb2_high_z) + y_scale(limit.erbb2_intermediate_z)) / 2
    drawing.text(x_scale.end - 4, middle + 4, "intermediate", size=11, anchor="end", fill=MUTED)


def _cross(
    drawing: Drawing, time: str, row: Record, x_scale: Scale, y_scale: Scale
) -> tuple[float, float]:
    known = row["neighbours_z"] is not None
    x = x_scale(row["neighbours_z"]) if known else x_scale.start
    y = y_scale(row["erbb2_z"])
    if row["erbb2_z_low"] is not None and row["erbb2_z_high"] is not None:
        ends = y_scale(row["erbb2_z_low"]), y_scale(row["erbb2_z_high"])
        drawing.line(x, ends[0], x, ends[1], TIME[time], width=1.5)
    if known and row["neighbours_z_low"] is not None and row["neighbours_z_high"] is not None:
        ends = x_scale(row["neighbours_z_low"]), x_scale(row["neighbours_z_high"])
        drawing.line(ends[0], y, ends[1], y, TIME[time], width=1.5)
    return x, y


def _z_tip(time: str, row: Record) -> str:
    place = "not measured" if row["neighbours_z"] is None else f"z {row['neighbours_z']:.1f}"
    return f"{time} {row['sample']}: ERBB2 z {row['erbb2_z']:.1f}, neighbours {place}"


def subtype_dots(times: Mapping[str, Record | None]) -> str | None:
    """Return the correlations to the five PAM50 centroids at both time points."""
    shown = {t: row for t, row in times.items() if row and row["r_her2"] is not None}
    if not shown:
        return None
    drawing = Drawing(510, 400, title="Correlation to the PAM50 centroids")
    values = [row[key] for row in shown.values() for key in _CORRELATIONS.values()]
    scale = Scale(*domain(values, low=-0.6, high=0.8, pad=0.05), 116, 496)
    drawing.bottom_axis(scale, 300, "correlation to the centroid (Spearman rho)", top=30)
    drawing.line(scale(0), 30, scale(0), 300, MUTED)
    times_key(drawing, 120, 14)
    for index, (subtype, key) in enumerate(_CORRELATIONS.items()):
        y = 57 + index * 54
        drawing.line(scale.start, y, scale.end, y, GRID)
        called = any(row["subtype"] == subtype for row in shown.values())
        drawing.text(108, y + 4, words.SUBTYPES[subtype], anchor="end", bold=called)
        ends = [scale(row[key]) for row in shown.values() if row[key] is not None]
        if len(ends) == 2:
            drawing.line(ends[0], y, ends[1], y, MUTED, width=1.5)
        for time, row in shown.items():
            if row[key] is None:
                continue
            best = row["subtype"] == subtype
            if best:
                drawing.circle(scale(row[key]), y, 10, "none", stroke=TIME[time], width=1.2)
            tip = f"{time}: {words.SUBTYPES[subtype]} {row[key]:.2f}"
            time_dot(drawing, time, scale(row[key]), y, tip=tip)
    for index, (time, row) in enumerate(shown.items()):
        drawing.text(54, 358 + index * 20, _subtype_line(time, row), size=12)
        time_dot(drawing, time, 40, 354 + index * 20)
    return drawing.svg()


def _subtype_line(time: str, row: Record) -> str:
    name = words.of(words.SUBTYPES, row["subtype"], missing="no call")
    parts = [f"{name}"]
    if row["margin"] is not None:
        parts.append(f"margin {row['margin']:.2f}")
    if row["support"] is not None:
        parts.append(f"bootstrap support {percent(row['support'])}")
    if row["genes_used"] is not None:
        parts.append(f"{row['genes_used']} genes")
    return ", ".join(parts)


def interval_bar(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    domain_low: float,
    domain_high: float,
    time: str = "followup",
    title: str,
) -> str:
    """Return a small bar with dot for a table cell: 90 % interval and value on a fixed scale."""
    drawing = Drawing(180, 20, title=title)
    scale = Scale(domain_low, domain_high, 8, 172)
    drawing.line(8, 10, 172, 10, GRID)
    if low is not None and high is not None:
        drawing.line(scale(low), 10, scale(high), 10, TIME[time], width=4, opacity=0.55)
    if value is not None:
        time_dot(drawing, time, scale(value), 10)
    return drawing.svg()
