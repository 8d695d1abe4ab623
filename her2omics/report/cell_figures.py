"""Figures of single cells: a map, a histogram of doses, clones; baseline above follow-up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from her2omics.report import words
from her2omics.report.case_figures import times_key
from her2omics.report.palette import (
    BACKDROP,
    CELL_KIND,
    CELL_STATE,
    GRID,
    INK,
    MUTED,
    PAPER,
    TIME,
)
from her2omics.report.results import Record
from her2omics.report.svg import Drawing, Scale, percent
from her2omics.tables import CELL_STATES

_WIDTH = 960
_PANEL, _GAP, _LEFT = (386, 262), 14, 24
#: Steps of the probability on the map: limit and colour, from neutral to amplified.
_STEPS = ((0.1, "#88ccee"), (0.5, "#b8a1d1"), (0.9, "#f2b48c"), (1.01, "#d55e00"))
_STEP_WORDS = ("below 10 %", "10 to 50 %", "50 to 90 %", "above 90 %")
#: Log2 doses of the axis of the histogram at the least, and its ticks.
_DOSES, _TICKS = (-1.0, 5.0), (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7)

Times = Mapping[str, Sequence[Record]]


def cell_map(times: Times, told: Mapping[str, bool]) -> str | None:
    """Return the map of both biopsies: kinds of cells, and the probability of the amplification.

    Parameters
    ----------
    times
        Time point -> rows of table ``single_cell_map``; those without cells are left out.
    told
        Time point -> whether amplified and neutral cells can be told apart.
    """
    rows = {time: cells for time, cells in times.items() if cells}
    if not rows:
        return None
    every = [row for cells in rows.values() for row in cells]
    wide, high = _PANEL
    height = 40 + len(rows) * (high + _GAP) + 8
    drawing = Drawing(_WIDTH, height, title="Map of the cells of both biopsies")
    x = _range([row["x"] for row in every], 10, wide - 10)
    y = _range([row["y"] for row in every], high - 10, 10)
    second = _LEFT + wide + _GAP
    drawing.text(_LEFT, 16, "What the cells are", bold=True, size=13)
    drawing.text(second, 16, "Malignant cells: is ERBB2 amplified?", bold=True, size=13)
    for place, (time, own) in enumerate(rows.items()):
        top = 28 + place * (high + _GAP)
        others = [row for other, cells in rows.items() if other != time for row in cells]
        for left, layers in ((_LEFT, _kinds(own)), (second, _amplified(own, told[time]))):
            drawing.rect(left, top, wide, high, PAPER, stroke=GRID)
            for cells, colour in ((others, BACKDROP), *layers):
                points = [(left + x(row["x"]), top + y(row["y"])) for row in cells]
                drawing.points(points, colour, radius=1.6)
        drawing.text(
            14, top + high / 2, words.TIMES[time], anchor="middle", rotate=-90, bold=True, size=13
        )
        if not told[time]:
            drawing.text(
                second + wide / 2, top + high - 10, "cannot be told in this biopsy",
                anchor="middle", fill=INK, halo=True,
            )  # fmt: skip
    right = second + wide + 14
    _dots(drawing, right, 40, [(words.CELL_KINDS[key], CELL_KIND[key]) for key in CELL_KIND])
    drawing.text(right, 196, "Probability", size=11, bold=True)
    steps = [(text, colour) for text, (_, colour) in zip(_STEP_WORDS, _STEPS, strict=True)]
    _dots(drawing, right, 214, [*steps, ("other cells", BACKDROP)])
    return drawing.svg()


def _range(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    return Scale(low, high if high > low else low + 1, start, end)


def _kinds(cells: Sequence[Record]) -> list[tuple[list[Record], str]]:
    """Return the cells by kind, with the colour of each."""

    def kind(row: Record) -> str:
        return "malignant" if row["kind"] == "malignant" else str(row["lineage"])

    return [([row for row in cells if kind(row) == key], CELL_KIND[key]) for key in CELL_KIND]


def _amplified(cells: Sequence[Record], told: bool) -> list[tuple[list[Record], str]]:
    """Return the malignant cells by probability, on top of all others."""
    known = [row for row in cells if row["p_amplified"] is not None]
    layers = [([row for row in cells if row["p_amplified"] is None], BACKDROP)]
    if not told:
        return [*layers, (known, CELL_KIND["unknown"])]
    low = 0.0
    for limit, colour in _STEPS:
        layers.append(([row for row in known if low <= row["p_amplified"] < limit], colour))
        low = limit
    return layers


def _dots(drawing: Drawing, x: float, y: float, entries: Sequence[tuple[str, str]]) -> None:
    for place, (name, colour) in enumerate(entries):
        drawing.circle(x + 5, y + 22 * place, 5, colour)
        drawing.text(x + 15, y + 4 + 22 * place, name, size=11)


def doses(times: Times, samples: Mapping[str, Record | None]) -> str | None:
    """Return the histograms of doses, the states coloured, with their shares.

    Parameters
    ----------
    times
        Time point -> rows of table ``single_cell_doses``.
    samples
        Time point -> row of table ``single_cell``.
    """
    rows = {time: steps for time, steps in times.items() if steps}
    if not rows:
        return None
    every = [row for steps in rows.values() for row in steps]
    low = min(_DOSES[0], *(math.log2(row["dose_from"]) for row in every))
    high = max(_DOSES[1], *(math.log2(row["dose_to"]) for row in every))
    drawing = Drawing(
        _WIDTH, 46 + 190 * len(rows) + 44, title="Dose of the amplicon in malignant cells"
    )
    scale = Scale(low, high, 76, 640)
    x = 76.0
    for state in CELL_STATES:
        drawing.rect(x, 6, 12, 12, CELL_STATE[state], radius=2)
        drawing.text(x + 17, 16, words.CELL_STATES[state], size=12)
        x += 17 + 6.6 * len(words.CELL_STATES[state]) + 18
    for place, (time, steps) in enumerate(rows.items()):
        _histogram(drawing, scale, 36 + 190 * place, time, steps, samples[time])
    bottom = 36 + 190 * len(rows)
    label = "dose of the amplicon per cell: its mRNA over that of a diploid cell"
    for tick in (tick for tick in _TICKS if low <= tick <= high):
        text = f"{2**tick:g}" if tick >= 0 else f"1/{2**-tick}"
        drawing.text(scale(tick), bottom + 8, text, size=11, anchor="middle", fill=MUTED)
    drawing.text((scale.start + scale.end) / 2, bottom + 30, label, anchor="middle")
    return drawing.svg()


def _histogram(
    drawing: Drawing,
    scale: Scale,
    top: float,
    time: str,
    steps: Sequence[Record],
    sample: Record | None,
) -> None:
    """Add the histogram of one biopsy, 150 pixels high, and the shares beside it."""
    sample = sample or {}
    total = sum(row["cells"] for row in steps)
    most = max(row["cells"] for row in steps) / total
    y = Scale(0, max(most * 1.08, 0.05), top + 160, top + 10)
    told = sample.get("identifiable") == "yes"
    drawing.left_axis(y, scale.start, "malignant cells", right=scale.end, about=3, words=percent)
    for tick in (tick for tick in _TICKS if scale.low <= tick <= scale.high):
        drawing.line(scale(tick), y.start, scale(tick), y.end, GRID)
    for row in steps:
        left, right = scale(math.log2(row["dose_from"])), scale(math.log2(row["dose_to"]))
        base, parts = 0.0, [(row[state] or 0.0, CELL_STATE[state]) for state in CELL_STATES]
        for cells, colour in parts if told else [(row["cells"], CELL_KIND["unknown"])]:
            share = cells / total
            tip = f"{row['dose_from']:.2g} to {row['dose_to']:.2g}-fold: {row['cells']} cells"
            if share > 0:
                drawing.rect(
                    left + 0.5, y(base + share), right - left - 1, y(base) - y(base + share),
                    colour, tip=tip,
                )  # fmt: skip
            base += share
    drawing.line(scale.start, y.start, scale.end, y.start, MUTED)
    drawing.text(664, top + 24, words.TIMES[time], bold=True, size=13)
    lines = [f"{total} malignant cells"]
    if told:
        lines += [
            f"amplified: {words.span(sample, 'amplified_fraction')} of this biopsy",
            f"of the tumour: {words.span(sample, 'tumour_fraction') or 'not known'}",
            f"gain: {percent(sum(row['gain'] or 0.0 for row in steps) / total)}",
        ]
        if sample.get("dosage") is not None:
            lines.append(f"dose of amplified cells: {words.fold(sample, 'dosage')}")
    else:
        lines += ["amplified and neutral cells cannot", "be told apart in this biopsy"]
    for place, line in enumerate(lines):
        drawing.text(664, top + 46 + 19 * place, line, size=12)


def clones(times: Times, told: Mapping[str, bool]) -> str | None:
    """Return the share of each clone in both biopsies, its amplified cells filled.

    Parameters
    ----------
    times
        Time point -> rows of table ``single_cell_clones``.
    told
        Time point -> whether amplified and neutral cells can be told apart.
    """
    found = {row["clone"] for rows in times.values() for row in rows}
    names = sorted(found, key=lambda name: (len(name), name))
    if not names:
        return None
    present = [time for time, rows in times.items() if rows]
    block = 24 * len(present) + 16
    drawing = Drawing(_WIDTH, 34 + block * len(names) + 40, title="Clones in both biopsies")
    scale = Scale(0, 1, 76, 560)
    times_key(drawing, 76, 12)
    x = 250.0
    key = {
        "amplified": CELL_STATE["amplified"],
        "not amplified": CELL_STATE["neutral"],
        "cannot be told": CELL_KIND["unknown"],
    }
    for name, colour in key.items():
        drawing.rect(x, 6, 12, 12, colour, radius=2)
        drawing.text(x + 17, 16, name, size=12)
        x += 17 + 6.6 * len(name) + 18
    bottom = 34 + block * len(names)
    ticks, label = (0, 0.25, 0.5, 0.75, 1), "share of the malignant cells of the biopsy"
    drawing.bottom_axis(scale, bottom, label, top=28, ticks=ticks, words=percent)
    for place, name in enumerate(names):
        top = 34 + block * place
        drawing.text(14, top + block / 2, name, bold=True, size=13)
        for step, time in enumerate(present):
            row = next((row for row in times[time] if row["clone"] == name), None)
            _clone(drawing, scale, top + 24 * step, time, row, told[time])
    return drawing.svg()


def _clone(
    drawing: Drawing, scale: Scale, top: float, time: str, row: Record | None, told: bool
) -> None:
    middle = top + 10
    if time == "baseline":
        drawing.circle(58, middle, 5, PAPER, stroke=TIME[time], width=2.5)
    else:
        drawing.circle(58, middle, 5.5, TIME[time])
    if row is None:
        drawing.text(scale.start + 6, middle + 4, "no cells", size=11, fill=MUTED)
        return
    share, part = row["fraction"], row["amplified_fraction"]
    end = scale(share)
    if told and part is not None:
        between = scale(share * part)
        drawing.rect(scale.start, top + 2, between - scale.start, 16, CELL_STATE["amplified"])
        drawing.rect(between, top + 2, end - between, 16, CELL_STATE["neutral"])
    else:
        drawing.rect(scale.start, top + 2, end - scale.start, 16, CELL_KIND["unknown"])
    ends = scale(row["fraction_low"]), scale(row["fraction_high"])
    drawing.line(ends[0], middle, ends[1], middle, INK, width=1.5)
    for edge in ends:
        drawing.line(edge, middle - 4, edge, middle + 4, INK, width=1.5)
    text = f"{percent(share)} ({row['cells']} cells)"
    if told and part is not None:
        text += f", amplified {words.span(row, 'amplified_fraction')}"
    drawing.text(578, middle + 4, text, size=12)
