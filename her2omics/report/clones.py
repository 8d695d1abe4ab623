"""The clones of a case page: cancer cell fractions before and after, and drivers' mutations."""

from __future__ import annotations

from collections.abc import Sequence

from her2omics.report import fish, words
from her2omics.report.palette import FALL, GRID, INK, MUTED, PAPER, RISE, STRIPE
from her2omics.report.results import Record, Results, records
from her2omics.report.svg import Drawing, Scale, number, percent

_WIDTH, _HEIGHT = 600, 470
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 450, 14, 394
_EDGE = 24  # pixels beyond 0 and 1, so that dots at the ends are whole
_COLOUR = {
    **dict.fromkeys(("sweep", "new", "expansion", "followup_private_clonal"), RISE),
    **dict.fromkeys(("collapse", "loss", "contraction", "baseline_private_clonal"), FALL),
    "clonal": INK,
}
_LARGEST = 22.0  # radius of the largest cluster, pixels


def section(results: Results, pair: Record) -> dict[str, object] | None:
    """Return the data of the section; None where no cluster has mutations of both biopsies.

    Parameters
    ----------
    results
        Tables ``cluster_shifts``, ``clusters``, ``clones``, ``lineage`` and ``drivers``.
    pair
        The case.
    """
    case = str(pair["case"])
    shifts = results.of_case("cluster_shifts", case)
    if not shifts:
        return None
    both = str(pair["baseline"]), str(pair["followup"])
    lineage, intervals = results.of_case("lineage", case), _intervals(results, both)
    return {
        "figure": _figure(shifts, intervals),
        "fish": fish.figure(results, pair),
        "lines": [_lineage(lineage[0])] if lineage else [],
        "rows": [_cluster(row, intervals) for row in shifts],
        "drivers": [_driver(row) for row in results.of_case("drivers", case)],
    }


def _intervals(results: Results, both: Sequence[str]) -> dict[tuple, tuple[float, float]]:
    """Return (cluster, place of the sample) -> 90 % interval of its fraction."""
    frame = results.frames["clusters"]
    return {
        (row["cluster_id"], both.index(row["sample_id"])): (row["ccf_low"], row["ccf_high"])
        for row in records(frame[frame["sample_id"].isin(both)])
    }


def _figure(shifts: Sequence[Record], intervals: dict[tuple, tuple[float, float]]) -> str:
    drawing = Drawing(
        _WIDTH, _HEIGHT, title="Share of cancer cells with each cluster of mutations, by biopsy"
    )
    x = Scale(0, 1, _LEFT + _EDGE, _RIGHT - _EDGE)
    y = Scale(0, 1, _BOTTOM - _EDGE, _TOP + _EDGE)
    drawing.rect(_LEFT, _TOP, _RIGHT - _LEFT, _BOTTOM - _TOP, STRIPE)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        drawing.line(x(tick), _TOP, x(tick), _BOTTOM, GRID)
        drawing.line(_LEFT, y(tick), _RIGHT, y(tick), GRID)
        drawing.text(x(tick), _BOTTOM + 18, percent(tick), anchor="middle", fill=MUTED)
        drawing.text(_LEFT - 8, y(tick) + 4, percent(tick), anchor="end", fill=MUTED)
    drawing.line(x(0), y(0), x(1), y(1), MUTED, dash="4 4")
    middle = (_LEFT + _RIGHT) / 2
    drawing.text(middle, _BOTTOM + 42, "of the cancer cells of the baseline", anchor="middle")
    text = "of the cancer cells of the follow-up"
    drawing.text(18, (_TOP + _BOTTOM) / 2, text, anchor="middle", rotate=-90)
    most = max(row["mutations"] for row in shifts)
    for row in sorted(shifts, key=lambda row: -row["mutations"]):
        at = x(row["ccf_baseline"]), y(row["ccf_followup"])
        colour = _COLOUR.get(row["call"], MUTED)
        before, after = (intervals[row["cluster_id"], place] for place in (0, 1))
        drawing.line(x(before[0]), at[1], x(before[1]), at[1], colour, width=2)
        drawing.line(at[0], y(after[0]), at[0], y(after[1]), colour, width=2)
        radius = max(7.0, _LARGEST * (row["mutations"] / most) ** 0.5)
        tip = f"{row['mutations']} mutations: {_shares(row)}"
        drawing.circle(*at, radius, colour, stroke=PAPER, width=1.5, opacity=0.75, tip=tip)
        drawing.text(at[0], at[1] + 4, row["cluster_id"], anchor="middle", bold=True, fill=PAPER)
    legend = (("new or grown", RISE), ("gone or shrunk", FALL), ("in all cells of both", INK),
              ("no change told", MUTED))  # fmt: skip
    for place, (name, colour) in enumerate(legend):
        top = _TOP + 14 + 22 * place
        drawing.circle(_RIGHT + 18, top, 6, colour, opacity=0.75)
        drawing.text(_RIGHT + 30, top + 4, name, size=11)
    top = _TOP + 14 + 22 * len(legend)
    drawing.path(f"M{number(_RIGHT + 10)} {number(top)}h16", stroke=INK, width=2)
    drawing.text(_RIGHT + 30, top + 4, "90 % interval", size=11)
    return drawing.svg()


def _shares(row: Record) -> str:
    before, after = percent(row["ccf_baseline"]), percent(row["ccf_followup"])
    return f"{before} of the baseline's cells, {after} of the follow-up's"


def _cluster(row: Record, intervals: dict[tuple, tuple[float, float]]) -> tuple[str, ...]:
    """Return the cells of a cluster: number, mutations, both shares, what changed, power."""
    shares = []
    for place, key in enumerate(("ccf_baseline", "ccf_followup")):
        low, high = (percent(end) for end in intervals[row["cluster_id"], place])
        shares.append(f"{percent(row[key])} ({low} to {high})")
    change = words.of(words.CLUSTER_CALLS, row["call"])
    power = "not known" if row["power"] is None else percent(row["power"])
    return str(row["cluster_id"]), str(row["mutations"]), *shares, change, power


def _lineage(row: Record) -> str:
    """Return in words whether both biopsies are of one tumour."""
    counts = (
        f"{row['shared']} mutations are in both biopsies, {row['private_baseline']} are clonal in "
        f"the baseline and visibly absent later, {row['private_followup']} the reverse"
    )
    return f"{words.of(words.LINEAGES, row['call'])}: {counts}."


def _driver(row: Record) -> tuple[str, ...]:
    """Return the cells of a driver's mutation: gene, change, both shares, fate."""
    return (
        row["gene"],
        row["change"] or "",
        *(_interval(row, f"ccf_{time}") for time in ("baseline", "followup")),
        words.of(words.FATES, row["fate"]),
    )


def _interval(row: Record, key: str) -> str:
    if row[key] is None:
        return "not covered"
    low, high = percent(row[f"{key}_low"]), percent(row[f"{key}_high"])
    return f"{percent(row[key])} ({low} to {high})"
