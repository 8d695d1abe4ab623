"""The fish plot of a case: its clones as nested streams, and which of them carry the amplification.

Only the two biopsies are measured; the course before and between them is a drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from her2omics.report import streams
from her2omics.report.palette import GRID, INK, MUTED, PAPER, STRIPE, TIME
from her2omics.report.results import Record, Results, records
from her2omics.report.streams import NO_PARENT, Stream
from her2omics.report.svg import Drawing, Scale, number, percent

_WIDTH, _LEFT, _RIGHT, _TOP = 980, 14, 610, 34
_PLOT = 300  # pixels of all cancer cells
_BASELINE, _FOLLOWUP = 0.34, 0.95  # places of the biopsies along the plot
_COLUMNS = 25  # of every interval
_KEY, _LINE = 640, 17  # left edge of the key, pixels of a line
_MORE_THAN_ALL = 1.02  # sum of the shares of a biopsy that is no rounding any more
_TEXT_FITS = 15  # pixels of a stream that hold a line of text
#: Fills by what is known of the amplification, from the trunk outward, and the text on them.
_FILLS = {
    "yes": (("#c24e00", PAPER), ("#e07b32", INK), ("#f0a668", INK), ("#f8cfa9", INK)),
    "no": (("#0b5f9e", PAPER), ("#3f8ec6", PAPER), ("#86b9de", INK), ("#c2dcef", INK)),
    None: (("#8791a0", PAPER), ("#a9b1bc", INK), ("#c6ccd4", INK), ("#dde1e6", INK)),
}
_AMPLIFIED = {
    "yes": "ERBB2 amplified",
    "no": "not amplified",
    None: "amplification not known",
}


@dataclass(frozen=True)
class _Clone:
    """A clone with its rows of both biopsies, the fill of its stream and the text on it."""

    stream: Stream
    rows: tuple[Record, Record]
    fill: str
    text: str


def figure(results: Results, pair: Record) -> dict[str, object] | None:
    """Return the drawing and its lines; None without clones of both biopsies.

    Parameters
    ----------
    results
        Table ``clones``, and the trees beside it.
    pair
        The case.
    """
    both = str(pair["baseline"]), str(pair["followup"])
    frame = results.frames["clones"]
    rows = {
        (row["clone"], row["sample"]): row for row in records(frame[frame["sample"].isin(both)])
    }
    names = list(dict.fromkeys(name for name, _ in rows))
    if not names or any((name, sample) not in rows for name in names for sample in both):
        return None
    found = [(rows[name, both[0]], rows[name, both[1]]) for name in names]
    order = _parents_first(found)
    place = {found[k][0]["clone"]: new for new, k in enumerate(order)}
    all_streams = [
        Stream(
            found[k][0]["clone"],
            place.get(_parent(found[k][0]), NO_PARENT),
            *(float(row["prevalence"] or 0) for row in found[k]),
        )
        for k in order
    ]
    shown = streams.drawn(all_streams)
    if not shown:
        return None
    by_name = {pair_of[0]["clone"]: pair_of for pair_of in found}
    clones = _coloured(shown, by_name)
    small = [name for name in names if name not in {stream.name for stream in shown}]
    lines = [_tree(results.trees.get(str(pair["patient"])))]
    most = max(sum(row["prevalence"] or 0 for row in rows) for rows in zip(*found, strict=True))
    if most > _MORE_THAN_ALL:
        lines.append("Shares that add up to more than all cells are drawn smaller, in proportion.")
    return {"figure": _draw(clones, small), "lines": lines}


def _parent(row: Record) -> object:
    return None if row["parent"] is None else int(row["parent"])


def _parents_first(found: Sequence[tuple[Record, Record]]) -> list[int]:
    """Return the places of the clones, each after its parent."""
    place = {rows[0]["clone"]: k for k, rows in enumerate(found)}
    order: list[int] = []

    def add(k: int) -> None:
        above = place.get(_parent(found[k][0]))
        if above is not None and above not in order:
            add(above)
        if k not in order:
            order.append(k)

    for k in range(len(found)):
        add(k)
    return order


def _coloured(shown: Sequence[Stream], rows: dict[object, tuple[Record, Record]]) -> list[_Clone]:
    """Return the clones with fills: of one kind, no two in a row are alike."""
    used = dict.fromkeys(_FILLS, 0)
    out = []
    for stream in shown:
        kind = rows[stream.name][0]["carries_erbb2_amplification"]
        fill, text = _FILLS[kind][used[kind] % len(_FILLS[kind])]
        used[kind] += 1
        out.append(_Clone(stream, rows[stream.name], fill, text))
    return out


def _draw(clones: Sequence[_Clone], small: Sequence[object]) -> str:
    key = _key_height(clones, small)
    height = max(_TOP + _PLOT + 50, key + 16)
    drawing = Drawing(_WIDTH, height, title="Clones of both biopsies as nested streams")
    before = np.linspace(streams.START, streams.BASELINE, _COLUMNS)
    between = np.linspace(streams.BASELINE, streams.FOLLOWUP, 2 * _COLUMNS)
    times = np.r_[before[:-1], between, 1.5]
    known = [streams.START, streams.BASELINE, streams.FOLLOWUP, 1.5]
    part = np.interp(times, known, [0, _BASELINE, _FOLLOWUP, 1])
    x = _LEFT + part * (_RIGHT - _LEFT)
    y = Scale(0, 1, _TOP, _TOP + _PLOT)
    shapes = streams.edges([clone.stream for clone in clones], times)
    _envelope(drawing, x, times, y)
    for clone, shape in zip(clones, shapes, strict=True):
        there = np.flatnonzero(shape[:, 1] - shape[:, 0] > 1e-4)
        if len(there):
            rows = np.arange(max(there[0] - 1, 0), min(there[-1] + 2, len(times)))
            outline = [(x[k], y(shape[k, 0])) for k in rows]
            outline += [(x[k], y(shape[k, 1])) for k in rows[::-1]]
            data = "M" + "L".join(f"{number(a)} {number(b)}" for a, b in outline) + "Z"
            drawing.path(data, fill=clone.fill, stroke=PAPER, width=1, tip=_tip(clone))
    for time, name, side in ((0.0, "baseline", 1), (1.0, "followup", -1)):
        column = int(np.argmin(np.abs(times - time)))
        place = float(x[column])
        drawing.line(place, _TOP - 8, place, _TOP + _PLOT + 8, TIME[name], width=2)
        title = {"baseline": "Baseline", "followup": "Follow-up"}[name]
        drawing.text(place, _TOP - 14, title, anchor="middle", bold=True, fill=INK)
        _labels(drawing, clones, shapes[:, column], y, place, side)
    foot = _TOP + _PLOT + 24
    measured = [float(np.interp(time, times, x)) for time in (0.0, 1.0)]
    for start, end in ((_LEFT, measured[0]), (measured[0], measured[1])):
        drawing.line(start + 4, foot - 8, end - 4, foot - 8, MUTED, dash="3 4")
        drawing.text(
            (start + end) / 2, foot + 8, "not measured", size=11, anchor="middle", fill=MUTED
        )
    _key(drawing, clones, small)
    return drawing.svg()


def _envelope(drawing: Drawing, x: np.ndarray, times: np.ndarray, y: Scale) -> None:
    """Draw all cancer cells, behind the clones: what no clone tells stays visible."""
    whole = streams.edges([Stream(0, NO_PARENT, 1.0, 1.0)], times)[0]
    outline = [*zip(x, whole[:, 0], strict=True), *zip(x[::-1], whole[::-1, 1], strict=True)]
    data = "M" + "L".join(f"{number(a)} {number(y(b))}" for a, b in outline) + "Z"
    drawing.path(data, fill=STRIPE, stroke=GRID, width=1, tip="all cancer cells")


def _labels(
    drawing: Drawing,
    clones: Sequence[_Clone],
    shape: np.ndarray,
    y: Scale,
    place: float,
    side: int,
) -> None:
    """Write number and share beside a biopsy into the streams that have room for it."""
    which = 0 if side > 0 else 1
    share = streams.own([clone.stream for clone in clones])[:, which]
    for k, clone in enumerate(clones):
        inside = [shape[j] for j, other in enumerate(clones) if other.stream.parent == k]
        low, high = shape[k]
        if inside and share[k] > 0:
            high = min(part[0] for part in inside)
        if share[k] == 0 or (high - low) * _PLOT < _TEXT_FITS:
            continue
        drawing.text(
            place + 7 * side,
            y((low + high) / 2) + 4,
            f"{clone.stream.name}: {percent(clone.rows[which]['prevalence'])}",
            anchor="start" if side > 0 else "end",
            fill=clone.text,
            bold=True,
        )


def _tip(clone: _Clone) -> str:
    kind = clone.rows[0]["carries_erbb2_amplification"]
    return f"clone {clone.stream.name}, {_AMPLIFIED[kind]}: {_course(clone.rows)}"


def _course(rows: tuple[Record, Record]) -> str:
    return f"{_share(rows[0])} \N{RIGHTWARDS ARROW} {_share(rows[1])}"


def _share(row: Record) -> str:
    low, high = percent(row["prevalence_low"]), percent(row["prevalence_high"])
    return f"{percent(row['prevalence'])} ({low.removesuffix(' %')} to {high})"


def _key_height(clones: Sequence[_Clone], small: Sequence[object]) -> float:
    return _TOP + _LINE * (1 + 2.35 * len(clones) + bool(small))


def _key(drawing: Drawing, clones: Sequence[_Clone], small: Sequence[object]) -> None:
    """Name the clones, whether they are amplified, and their shares with 90 % intervals."""
    top = _TOP - 14.0
    drawing.text(
        _KEY,
        top,
        "Cells of the clone alone, with 90 % intervals",
        bold=True,
    )
    top += 1.3 * _LINE
    roots = [clone.stream.name for clone in clones if clone.stream.parent == NO_PARENT]
    trunk = roots[0] if len(roots) == 1 else None
    for clone in clones:
        row = clone.rows[0]
        drawing.rect(_KEY, top - 10, 13, 13, clone.fill, radius=2)
        above = "" if row["parent"] is None else f", of clone {row['parent']}"
        above = ", trunk" if trunk == clone.stream.name else above
        kind = row["carries_erbb2_amplification"]
        drawing.text(_KEY + 20, top, f"Clone {clone.stream.name}{above}: {_AMPLIFIED[kind]}")
        drawing.text(_KEY + 20, top + 15, _course(clone.rows), size=12, fill=MUTED)
        top += 2.35 * _LINE
    if small:
        names = ", ".join(str(name) for name in small)
        what = "clone" if len(small) == 1 else "clones"
        text = f"Not drawn, below 2 % in both: {what} {names}"
        drawing.text(_KEY, top, text, size=11, fill=MUTED)


def _tree(tree: Record | None) -> str:
    """Say how sure the tree is."""
    if tree is None:
        return "Nothing is known of other trees that the fractions would allow."
    if not tree["fits"]:
        return (
            "No tree fits the fractions: the one that is drawn breaks the sum of the shares the "
            "least. Take it as a sketch."
        )
    others = int(tree["compatible"]) - 1
    if not others:
        return "No other tree fits the fractions."
    what = "another tree fits" if others == 1 else f"{others} other trees fit"
    return f"The tree has a probability of {percent(float(tree['weight']))}; {what} the fractions."
