"""Figures over all cases: labels, rates, exclusions, posteriors, arrows, subtypes, genes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

from her2omics.report import words
from her2omics.report.case_figures import posterior_shares
from her2omics.report.palette import (
    FALL,
    INK,
    LABEL,
    MUTED,
    PAPER,
    RISE,
    SUBTYPE,
)
from her2omics.report.results import Record, Results
from her2omics.report.svg import Drawing, Scale, domain
from her2omics.tables import LABELS, SUBTYPES

Href = Callable[[Record], str | None]
_LOCUS_GENES = ("ERBB2", "GRB7", "STARD3", "PGAP3", "MIEN1")


def labels(rows: Sequence[Mapping[str, object]]) -> Drawing:
    """Return bars of the number of cases per label; solid = called, lighter = less firm."""
    drawing = Drawing(520, 30 * len(rows) + 42, title="Cases per label")
    most = max([1, *(row["total"] for row in rows)])
    scale = Scale(0, most, 130, 480)
    for index, row in enumerate(rows):
        y = 8 + index * 30
        drawing.text(122, y + 15, row["label"], anchor="end")
        left = scale.start
        for call, opacity in (("called", 1.0), ("probable", 0.6), ("none", 0.3)):
            width = scale(row[call]) - scale.start
            if row[call]:
                tip = f"{row['label']}, {words.CALLS[call]}: {row[call]}"
                drawing.rect(left, y, width, 22, row["colour"], opacity=opacity, tip=tip)
            left += width
        drawing.rect(scale.start, y, left - scale.start, 22, "none", stroke=MUTED)
        drawing.text(left + 6, y + 15, row["total"], bold=True)
    y = 30 * len(rows) + 18
    x = 130.0
    for name, opacity in (("called", 1.0), ("probable", 0.6), ("no call", 0.3)):
        drawing.rect(x, y, 11, 11, MUTED, opacity=opacity)
        drawing.text(x + 16, y + 10, name, size=11, fill=MUTED)
        x += 90
    return drawing


def rates(rows: Sequence[tuple[str, int, int, tuple | None]]) -> Drawing:
    """Return the proportions with their 95 % intervals on a scale of 0 to 100 %."""
    drawing = Drawing(520, 26 * len(rows) + 60, title="Loss rates with 95 % intervals")
    scale = Scale(0, 100, 20, 500)
    bottom = 26 * len(rows) + 14
    drawing.bottom_axis(scale, bottom, "cases with loss of HER2 (%)", top=6)
    for index, (name, events, total, rate) in enumerate(rows):
        y = 20 + index * 26
        drawing.text(4, y + 4, "abcd"[index], size=12, fill=MUTED)
        if rate is None:
            drawing.text(scale.start + 4, y + 4, "missing", size=11, fill=MUTED)
            continue
        share, low, high = (100 * value for value in rate)
        colour = INK if index < 2 else LABEL["clonal_selection"]
        drawing.line(scale(low), y, scale(high), y, colour, width=3, opacity=0.6)
        tip = f"{name}: {events} of {total}"
        drawing.circle(scale(share), y, 5.5, colour, tip=tip)
    return drawing


def exclusions(steps: Sequence[tuple[str, int]], *, excluded: int) -> Drawing:
    """Return the flow from all cases to those with a verdict; the last three steps stand."""
    stops, standing = list(steps[:-3]), dict(steps[-3:])
    total = sum(count for _, count in steps)
    width, row = 520, 34
    height = row * (len(stops) + 5) + 6
    drawing = Drawing(width, height, title="Cases that fell at each gate")
    scale = Scale(0, max(total, 1), 0, 210)
    left = 20

    def stage(y: float, name: str, count: int, colour: str = "#cfd8e3") -> None:
        drawing.rect(left, y, 210, 24, "#f5f7f9")
        drawing.rect(left, y, scale(count), 24, colour)
        drawing.text(left + 8, y + 16, name, size=12)
        drawing.text(left + 202, y + 16, count, size=12, anchor="end", bold=True)

    stage(4, "All cases", total)
    if excluded:
        drawing.text(252, 20, f"{excluded} samples excluded in the sheet", size=12, fill=MUTED)
    left_over, y = total, 4.0
    for code, count in stops:
        y += row
        left_over -= count
        drawing.line(left + 105, y - 10, left + 105, y + 24, MUTED)
        drawing.line(left + 105, y + 7, 246, y + 7, MUTED)
        drawing.path(f"M240 {y + 3:.1f}L248 {y + 7:.1f}L240 {y + 11:.1f}Z", fill=MUTED)
        drawing.text(254, y + 11, code.replace("_", " ").lower(), size=12)
        drawing.text(width - 12, y + 11, count, size=12, anchor="end", bold=True)
    y += row
    stage(y, "Assessable", left_over)
    for name, call, colour in (
        ("Called", "called", "#7fb8a4"),
        ("Probable", "probable", "#b9dccd"),
        ("Uncertain", "none", LABEL["uncertain"]),
    ):
        y += row
        stage(y, name, standing[call], colour)
    return drawing


def posteriors(
    cases: Sequence[Record], href: Href, *, total: float = 1040, tallest: float = 18
) -> Drawing:
    """Return one stacked bar per case, sorted by leading label and its probability.

    ``total`` is the width of the drawing in pixels, ``tallest`` the highest row.
    """
    order = {label: index for index, label in enumerate(LABELS)}

    def key(case: Record) -> tuple:
        top = max(LABELS, key=lambda label: case[f"p_{label}"])
        return order[top], -case[f"p_{top}"], case["case"]

    ranked = sorted(cases, key=key)
    row = min(max(640 / len(ranked), 1.5), tallest)
    named = row >= 9
    longest = max(len(case["case"]) for case in ranked)
    left = 20 + 6.4 * min(longest, 28) if named else 30.0
    width = total - 110 - left
    drawing = Drawing(total, 34 + row * len(ranked) + 40, title="Posterior probabilities")
    x = 0.0 if total < 900 else left
    for label in LABELS:
        drawing.rect(x, 6, 11, 11, LABEL[label], radius=2)
        drawing.text(x + 16, 16, words.LABELS[label], size=12)
        x += 16 + 7 * len(words.LABELS[label]) + 12
    right = left + width
    for index, case in enumerate(ranked):
        y = 30 + index * row
        link = href(case)
        bar = row * (0.82 if named else 1.0)
        drawing.stacked(posterior_shares(case), x=left, y=y, width=width, height=bar, href=link)
        drawing.rect(
            right + 6, y, 12, bar, LABEL[case["label"]], tip=f"{case['case']}: {case['label']}"
        )
        if case["call"] == "called":
            drawing.rect(right + 21, y, 5, bar, INK, tip=f"{case['case']}: called")
        if named:
            name = case["case"]
            short = name if len(name) <= 28 else f"{name[:25]}..."
            drawing.text(left - 8, y + bar / 2 + 4, short, size=11, anchor="end", href=link)
            if case["call"] != "called":
                drawing.text(right + 31, y + bar / 2 + 4, case["call"], size=10, fill=MUTED)
            else:
                drawing.text(right + 31, y + bar / 2 + 4, "called", size=10)
    bottom = 30 + row * len(ranked)
    scale = Scale(0, 1, left, right)
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1):
        drawing.line(scale(value), 28, scale(value), bottom + 3, PAPER, opacity=0.45)
        drawing.text(
            scale(value), bottom + 15, f"{100 * value:.0f} %", size=11, anchor="middle", fill=MUTED
        )
    drawing.text((left + right) / 2, bottom + 33, "posterior probability", anchor="middle")
    if not named:
        drawing.text(
            18, (30 + bottom) / 2, f"{len(ranked)} cases", anchor="middle", rotate=-90, fill=MUTED
        )
    return drawing


def overview(left: Drawing, right: Drawing) -> Drawing:
    """Return two drawings side by side under titles."""
    drawing = Drawing(
        left.width + right.width + 24,
        max(left.height, right.height) + 34,
        title="Locus against ERBB2 mRNA of all pairs, and the posterior of every case",
    )
    drawing.text(54, 20, "ERBB2 locus and mRNA, baseline to follow-up", size=15, bold=True)
    drawing.text(left.width + 34, 20, "Why HER2 was lost, case by case", size=15, bold=True)
    drawing.nested(left, 0, 34)
    drawing.nested(right, left.width + 24, 34)
    return drawing


def arrows(results: Results, href: Href, limit: SimpleNamespace) -> Drawing | None:
    """Return the arrows baseline -> follow-up of all cases with ERBB2 and neighbours measured."""
    shown = []
    for case in results.rows("cases"):
        ends = [results.of_sample("expression", case[time]) for time in ("baseline", "followup")]
        if all(end and None not in (end["erbb2_z"], end["neighbours_z"]) for end in ends):
            shown.append((case, ends))
    if not shown:
        return None
    xs = [end["neighbours_z"] for _, ends in shown for end in ends]
    ys = [end["erbb2_z"] for _, ends in shown for end in ends]
    drawing = Drawing(520, 490, title="17q12 neighbours and ERBB2 mRNA of all pairs")
    x_scale = Scale(*domain(xs, low=-2, high=6, pad=0.4), 54, 508)
    y_scale = Scale(*domain(ys, low=-2, high=6, pad=0.4), 400, 14)
    drawing.bottom_axis(x_scale, 400, "17q12 neighbours, RNA proxy of the locus (z)", top=14)
    drawing.left_axis(y_scale, 54, "ERBB2 mRNA (z)", right=508)
    for value in (limit.erbb2_intermediate_z, limit.erbb2_high_z):
        drawing.line(54, y_scale(value), 508, y_scale(value), MUTED, dash="4 3")
        drawing.line(x_scale(value), 400, x_scale(value), 14, MUTED, dash="4 3")
    faint = min(1.0, max(0.35, 12 / math.sqrt(len(shown)) / 4))
    last = ("not_assessable", "uncertain")
    for case, ends in sorted(shown, key=lambda item: item[0]["label"] not in last):
        (x1, y1), (x2, y2) = (
            (x_scale(end["neighbours_z"]), y_scale(end["erbb2_z"])) for end in ends
        )
        colour = LABEL[case["label"]]
        tip = f"{case['case']}: {words.LABELS[case['label']]}"
        link = href(case)
        drawing.circle(x1, y1, 3, PAPER, stroke=colour, width=1.5, tip=tip, href=link)
        drawing.arrow(
            x1, y1, x2, y2, colour, width=1.5, stop=3, head=7, opacity=faint, tip=tip, href=link
        )
        drawing.circle(x2, y2, 3, colour, tip=tip, href=link)
    present = {case["label"] for case, _ in shown}
    x, y = 54.0, 452.0
    for label, colour in LABEL.items():
        if label not in present:
            continue
        if x + 26 + 7 * len(words.LABELS[label]) > 510:
            x, y = 54.0, y + 20
        drawing.rect(x, y, 11, 11, colour, radius=2)
        drawing.text(x + 16, y + 10, words.LABELS[label], size=12)
        x += 16 + 7 * len(words.LABELS[label]) + 16
    return drawing


def subtype_flow(moves: Mapping[tuple[str, str], int]) -> Drawing:
    """Return the flow of cases from the subtype before to the subtype after."""
    total = sum(moves.values())
    drawing = Drawing(520, 400, title="Subtype before and after")
    top, height, gap = 34, 340, 10
    unit = (height - gap * (len(SUBTYPES) - 1)) / total
    before, after = Counter(), Counter()
    for (first, second), count in moves.items():
        before[first] += count
        after[second] += count
    drawing.text(150, 18, "baseline", anchor="end", bold=True)
    drawing.text(370, 18, "follow-up", bold=True)
    tops = []
    for side, counts in enumerate((before, after)):
        y, places = float(top), {}
        for subtype in SUBTYPES:
            places[subtype] = y
            if counts[subtype]:
                size = counts[subtype] * unit
                x = 134 if side == 0 else 370
                drawing.rect(x, y, 16, size, SUBTYPE[subtype])
                name = f"{words.SUBTYPES[subtype]} {counts[subtype]}"
                middle = y + size / 2 + 4
                if side == 0:
                    drawing.text(126, middle, name, anchor="end")
                else:
                    drawing.text(394, middle, name)
                y += size + gap
        tops.append(places)
    for first in SUBTYPES:
        for second in SUBTYPES:
            count = moves.get((first, second), 0)
            if not count:
                continue
            size = count * unit
            y1, y2 = tops[0][first], tops[1][second]
            tops[0][first] += size
            tops[1][second] += size
            data = (
                f"M150 {y1:.1f}C260 {y1:.1f} 260 {y2:.1f} 370 {y2:.1f}L370 {y2 + size:.1f}"
                f"C260 {y2 + size:.1f} 260 {y1 + size:.1f} 150 {y1 + size:.1f}Z"
            )
            names = f"{words.SUBTYPES[first]} to {words.SUBTYPES[second]}"
            drawing.path(
                data,
                fill=SUBTYPE[first],
                opacity=0.3 if first == second else 0.6,
                tip=f"{names}: {count}",
            )
    return drawing


def volcano(rows: Sequence[Record]) -> Drawing:
    """Return fold change against p; genes in the crowd are counted in cells, the others dots."""
    floor = 1e-300
    points = [
        (row["gene"], row["log2fc"], -math.log10(max(row["p"], floor)), row["q"]) for row in rows
    ]
    drawing = Drawing(520, 420, title="Fold change and p of every gene")
    reach = max(1.0, *(abs(change) for _, change, _, _ in points)) * 1.08
    highest = max(2.0, *(height for _, _, height, _ in points)) * 1.08
    x_scale, y_scale = Scale(-reach, reach, 54, 508), Scale(0, highest, 370, 14)
    drawing.bottom_axis(x_scale, 370, "log2 fold change, follow-up / baseline", top=14)
    drawing.left_axis(y_scale, 54, "\N{MINUS SIGN}log10 p", right=508)
    crowd: Counter[tuple[int, int]] = Counter()
    marked = []
    for gene, change, height, q in points:
        x, y = x_scale(change), y_scale(height)
        if gene in _LOCUS_GENES or (q is not None and q < 0.05):
            marked.append((gene, change, height, q, x, y))
        else:
            crowd[int(x // 4), int(y // 4)] += 1
    most = max(crowd.values(), default=1)
    for (column, row), count in sorted(crowd.items()):
        shade = 0.15 + 0.7 * math.log1p(count) / math.log1p(most)
        drawing.rect(column * 4, row * 4, 4, 4, "#8b95a3", opacity=shade)
    marked.sort(key=lambda item: -item[2])
    for gene, change, _, q, x, y in marked[:1500]:
        colour = FALL if change < 0 else RISE
        tip = f"{gene}: log2 fold change {change:.2f}" + ("" if q is None else f", q {q:.2g}")
        drawing.circle(x, y, 2.5, colour, opacity=0.75, tip=tip)
    placed: list[tuple[float, float]] = []
    first = [item for item in marked if item[0] in _LOCUS_GENES]
    for gene, change, _, _, x, y in [*first, *marked[:25]]:
        if any(abs(x - px) < 60 and abs(y - py) < 12 for px, py in placed):
            continue
        placed.append((x, y))
        right = change >= 0 and x < 440
        drawing.text(
            x + (5 if right else -5),
            y + 4,
            gene,
            size=11,
            anchor="start" if right else "end",
            bold=gene in _LOCUS_GENES,
        )
    return drawing


def pathways(rows: Sequence[Record]) -> Drawing:
    """Return the normalised enrichment of each gene set; solid where q < .05."""
    drawing = Drawing(1000, 22 * len(rows) + 66, title="Normalised enrichment of gene sets")
    bottom = 22 * len(rows) + 14
    reach = max(1.0, *(abs(row["nes"]) for row in rows)) * 1.05
    scale = Scale(-reach, reach, 340, 900)
    drawing.bottom_axis(
        scale, bottom, "normalised enrichment score (left: lower at follow-up)", top=6
    )
    drawing.line(scale(0), 6, scale(0), bottom, MUTED)
    for index, row in enumerate(sorted(rows, key=lambda row: row["nes"])):
        y = 8 + index * 22
        firm = row["q"] is not None and row["q"] < 0.05
        ends = sorted((scale(0), scale(row["nes"])))
        drawing.rect(
            ends[0],
            y,
            ends[1] - ends[0],
            15,
            FALL if row["nes"] < 0 else RISE,
            opacity=0.85 if firm else 0.25,
            tip=row["leading_edge"] or None,
        )
        drawing.text(332, y + 12, row["gene_set"].replace("_", " "), anchor="end")
        q = "q missing" if row["q"] is None else f"q {row['q']:.2g}" if row["q"] else "q <0.001"
        drawing.text(910, y + 12, q, size=11, fill=MUTED)
    return drawing
