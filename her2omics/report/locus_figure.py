"""ERBB2 copies of both biopsies along chromosome 17: the whole chromosome, and the locus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from her2omics.copy_number.absolute import ISH_HIGH, ISH_LOW
from her2omics.genome import Genome
from her2omics.report import words
from her2omics.report.biopsy import Biopsy
from her2omics.report.palette import AMPLICON, CENTROMERE, GRID, INK, MUTED, PAPER, STRIPE, TIME
from her2omics.report.results import Record
from her2omics.report.svg import Drawing, Scale, number, tick_text
from her2omics.tables import TIMES

NEAR = 3_000_000  # bases at either side of ERBB2 that are shown
_NAMED = ("CDK12", "STARD3", "PGAP3", "ERBB2", "MIEN1", "GRB7", "IKZF3", "RARA", "TOP2A")
_WIDTH, _HEIGHT = 1040, 478
_WHOLE, _CLOSE = (54, 330), (396, 984)  # left and right edge of the two columns
_TOPS, _ROW = {"baseline": 48, "followup": 232}, 146
_LOG2_TICKS = (-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 5)
NAMES = {"baseline": "Baseline", "followup": "Follow-up"}


def copies_text(copies: float) -> str:
    """Return copies with one decimal, without from 20 on."""
    return f"{copies:.1f}" if copies < 19.95 else f"{copies:.0f}"


def interval_text(row: Record, key: str) -> str | None:
    """Return a value with its 90 % interval; None where it is missing."""
    if row.get(key) is None:
        return None
    text = copies_text(row[key])
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    if low is None or high is None:
        return text
    return f"{text} ({copies_text(low)}\N{EN DASH}{copies_text(high)})"


def top_of(biopsies: Sequence[Biopsy]) -> float:
    """Return the upper end of the axis of copies: what is drawn fits, wide intervals may not."""
    values, ends = [ISH_HIGH], [ISH_HIGH]
    for biopsy in biopsies:
        near = _around(biopsy, 0, 10**9)["copies"]
        values += [biopsy.row["erbb2_copies"], *near.tolist()]
        ends += [biopsy.row[f"{key}_high"] or 0 for key in ("erbb2_copies", "cep17_copies")]
    return 1.12 * max(max(values), min(max(ends), 1.6 * max(values)), 8)


def draw(
    biopsies: Mapping[str, Biopsy | None], samples: Mapping[str, str | None], genome: Genome
) -> tuple[str, str] | None:
    """Return the figure and its caption; None where no biopsy has copies.

    Parameters
    ----------
    biopsies
        Per time point; None without DNA copies.
    samples
        Sample id per time point, None without a biopsy.
    genome
        Build of the coordinates.
    """
    shown = [biopsy for biopsy in biopsies.values() if biopsy]
    if not shown:
        return None
    contig, erbb2 = genome.contigs.loc["17"], genome.genes.loc["ERBB2"]
    centre = (int(erbb2["start"]) + int(erbb2["end"])) / 2
    whole = Scale(0, float(contig["length"]), *_WHOLE)
    close = Scale(centre - NEAR, centre + NEAR, *_CLOSE)
    drawing = Drawing(_WIDTH, _HEIGHT, title="ERBB2 copies along chromosome 17, both biopsies")
    drawing.text(_WHOLE[0], 12, "Chromosome 17", bold=True)
    drawing.text(_CLOSE[0], 12, "ERBB2 and 3 Mb at either side", bold=True)
    top, windows = top_of(shown), set()
    for time in TIMES:
        y_scale = Scale(0, top, _TOPS[time] + _ROW, _TOPS[time])
        biopsy = biopsies[time]
        _backgrounds(drawing, biopsy, whole, close, y_scale, contig)
        drawing.text(_WHOLE[0], _TOPS[time] - 10, _header(time, samples[time], biopsy), size=12)
        if biopsy is None:
            _missing(drawing, y_scale, samples[time])
            continue
        _axes(drawing, biopsy, whole, close, y_scale)
        windows.add(_levels(drawing, biopsy, whole, close, y_scale))
        _probe(drawing, biopsy, "cep17_copies", "CEP17", _middle(contig), whole, y_scale)
        _probe(drawing, biopsy, "erbb2_copies", "", centre, whole, y_scale)
        _probe(drawing, biopsy, "erbb2_copies", "ERBB2", centre, close, y_scale)
    _chromosome(drawing, whole, contig, close)
    _genes(drawing, close, genome)
    return drawing.svg(), _caption(shown, {window for window in windows if window})


def _middle(contig: pd.Series) -> float:
    return (float(contig["centromere_start"]) + float(contig["centromere_end"])) / 2


def _header(time: str, sample: str | None, biopsy: Biopsy | None) -> str:
    parts = [NAMES[time] + (f" {sample}" if sample else "")]
    if biopsy:
        row = biopsy.row
        if row["purity"] is not None:
            parts.append(f"tumour content {100 * row['purity']:.0f} %")
        if row["ploidy"] is not None:
            parts.append(f"ploidy {row['ploidy']:.1f}")
        parts.append(f"{words.of(words.ASSAYS, row['assay'], missing='DNA')}")
    return ", ".join(parts)


def _missing(drawing: Drawing, y_scale: Scale, sample: str | None) -> None:
    why = "no DNA copy number of this biopsy" if sample else "no biopsy"
    y = (y_scale.start + y_scale.end) / 2
    for left, right in (_WHOLE, _CLOSE):
        drawing.text((left + right) / 2, y, why, anchor="middle", fill=MUTED)


def _backgrounds(
    drawing: Drawing,
    biopsy: Biopsy | None,
    whole: Scale,
    close: Scale,
    y_scale: Scale,
    contig: pd.Series,
) -> None:
    y, height = y_scale.end, y_scale.start - y_scale.end
    left, right = whole(contig["centromere_start"]), whole(contig["centromere_end"])
    drawing.rect(left, y, right - left, height, CENTROMERE, tip="centromere: CEP17 probe")
    if biopsy is not None and biopsy.row["amplicon_start"] is not None:
        ends = biopsy.row["amplicon_start"], biopsy.row["amplicon_end"]
        tip = f"focal gain {_mb(ends[0])} to {_mb(ends[1])} Mb"
        for scale in (whole, close):
            a, b = scale(ends[0]), scale(ends[1])
            drawing.rect(a, y, max(b - a, 2), height, AMPLICON, tip=tip)
    for left, right in (_WHOLE, _CLOSE):
        drawing.rect(left, y, right - left, height, "none", stroke=GRID)


def _axes(drawing: Drawing, biopsy: Biopsy, whole: Scale, close: Scale, y_scale: Scale) -> None:
    ticks = [tick for tick in y_scale.ticks(4) if tick not in (ISH_LOW, ISH_HIGH)]
    limits = (ISH_LOW, ISH_HIGH)
    for scale in (whole, close):
        for value in ticks:
            y = y_scale(value)
            drawing.line(scale.start, y, scale.end, y, GRID)
            if all(abs(y - y_scale(limit)) > 12 for limit in limits):
                drawing.text(
                    scale.start - 6, y + 4, tick_text(value), size=11, anchor="end", fill=MUTED
                )
        for value in limits:
            y = y_scale(value)
            drawing.line(scale.start, y, scale.end, y, INK, dash="5 3", opacity=0.55)
            far = y_scale(ISH_LOW) - y_scale(ISH_HIGH) > 9
            nudge = 4 if far else (0 if value == ISH_HIGH else 8)
            drawing.text(
                scale.start - 6, y + nudge, tick_text(value), size=11, anchor="end", bold=True
            )
        middle = (y_scale.start + y_scale.end) / 2
        label = "copies per cancer cell"
        drawing.text(scale.start - 36, middle, label, size=11, anchor="middle", rotate=-90)
    last = None
    for value in _LOG2_TICKS:
        copies = float(biopsy.copies(float(value)))
        if not 0 <= copies <= y_scale.high:
            continue
        y = y_scale(copies)
        if last is not None and last - y < 13:
            continue
        last = y
        drawing.line(close.end, y, close.end + 4, y, MUTED)
        drawing.text(close.end + 7, y + 4, tick_text(value), size=11, fill=MUTED)
    middle = (y_scale.start + y_scale.end) / 2
    drawing.text(_WIDTH - 8, middle, "log2 ratio", size=11, anchor="middle", rotate=-90, fill=MUTED)


def _levels(
    drawing: Drawing, biopsy: Biopsy, whole: Scale, close: Scale, y_scale: Scale
) -> int | None:
    """Draw bins and segments; return the size of the windows that bins were joined in."""
    points, window = biopsy.points(int(close.low), int(close.high))
    places = [(close(position), y_scale(copies)) for position, copies in points]
    drawing.points(places, TIME[biopsy.time], radius=1.6, opacity=0.4)
    for scale, width in ((whole, 3), (close, 3.5)):
        for segment in _around(biopsy, scale.low, scale.high).itertuples():
            y = y_scale(segment.copies)
            a, b = scale(segment.start), scale(segment.end)
            b = max(b, a + 2)
            drawing.line(a, y, b, y, PAPER, width=width + 2, opacity=0.8)
            drawing.line(a, y, b, y, TIME[biopsy.time], width=width)
    return window


def _around(biopsy: Biopsy, low: float, high: float) -> pd.DataFrame:
    parts = biopsy.on("17")
    return parts[(parts["end"] > low) & (parts["start"] < high)]


def _probe(
    drawing: Drawing,
    biopsy: Biopsy,
    key: str,
    name: str,
    position: float,
    x_scale: Scale,
    y_scale: Scale,
) -> None:
    """Draw copies with their 90 % interval where a probe binds; an arrow head leaves the axis."""
    row = biopsy.row
    value, low, high = (row[f"{key}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return
    x, y, colour = x_scale(position), y_scale(value), TIME[biopsy.time]
    if low is not None and high is not None:
        drawing.line(x, y_scale(low), x, y_scale(high), PAPER, width=5, opacity=0.8)
        drawing.line(x, y_scale(low), x, y_scale(high), colour, width=2)
        for end in (low, high):
            if end <= y_scale.high:
                drawing.line(x - 4, y_scale(end), x + 4, y_scale(end), colour, width=2)
        if high > y_scale.high:
            top = y_scale.end
            data = f"M{number(x - 5)} {number(top + 7)}L{number(x)} {number(top)}"
            drawing.path(f"{data}L{number(x + 5)} {number(top + 7)}Z", fill=colour)
    text = interval_text(row, key)
    tip = f"{name or 'ERBB2'}, {biopsy.time}: {text} copies"
    if biopsy.time == "baseline":
        drawing.circle(x, y, 5, PAPER, stroke=colour, width=2.5, tip=tip)
    else:
        drawing.circle(x, y, 5.5, colour, tip=tip)
    if name:
        above = y if y > y_scale.end + 14 else y_scale.end + 14
        drawing.text(x + 12, above + 4, f"{name} {text}", size=12, bold=True, halo=True)


def _chromosome(drawing: Drawing, whole: Scale, contig: pd.Series, close: Scale) -> None:
    """Draw the arms below the whole chromosome, and which part the other column shows."""
    y = _TOPS["followup"] + _ROW
    for value in range(0, int(whole.high), 20_000_000):
        drawing.text(whole(value), y + 15, _mb(value), size=11, anchor="middle", fill=MUTED)
    drawing.rect(whole.start, y + 26, whole.end - whole.start, 9, STRIPE, stroke=MUTED, radius=4)
    left, right = whole(contig["centromere_start"]), whole(contig["centromere_end"])
    drawing.rect(left, y + 26, right - left, 9, CENTROMERE, stroke=MUTED)
    a, b = whole(close.low), whole(close.high)
    drawing.rect(a, y + 24, b - a, 13, "none", stroke=INK)
    drawing.text((whole.start + left) / 2, y + 52, "17p", size=11, anchor="middle")
    drawing.text((left + right) / 2, y + 52, "CEP17", size=11, anchor="middle")
    drawing.text((right + whole.end) / 2 + 30, y + 52, "17q", size=11, anchor="middle")
    drawing.text((a + b) / 2, y + 52, "ERBB2", size=11, anchor="middle", bold=True)
    label = "position on chromosome 17, Mb"
    drawing.text((whole.start + whole.end) / 2, y + 82, label, size=12, anchor="middle")


def _genes(drawing: Drawing, close: Scale, genome: Genome) -> None:
    """Draw the genes around ERBB2 with their names spread out below."""
    y = _TOPS["followup"] + _ROW
    for value in range(0, int(close.high), 1_000_000):
        if value >= close.low:
            drawing.line(close(value), y, close(value), y + 4, MUTED)
            drawing.text(close(value), y + 15, _mb(value), size=11, anchor="middle", fill=MUTED)
    genes = genome.genes[(genome.genes["end"] > close.low) & (genome.genes["start"] < close.high)]
    drawing.line(close.start, y + 30, close.end, y + 30, GRID)
    for gene, place in genes.iterrows():
        a, b = close(place["start"]), close(place["end"])
        fill = INK if gene == "ERBB2" else MUTED
        drawing.rect(a, y + 26, max(b - a, 1.5), 9, fill, tip=str(gene))
    named = [gene for gene in _NAMED if gene in genes.index]
    places = {gene: close(genes.loc[gene, ["start", "end"]].mean()) for gene in named}
    named.sort(key=lambda gene: places[gene])
    lefts = spread([places[gene] for gene in named], 54, close.start + 16, close.end - 16)
    for gene, x in zip(named, lefts, strict=True):
        drawing.line(places[gene], y + 36, x, y + 49, MUTED, width=0.8)
        drawing.text(x, y + 60, gene, size=11, anchor="middle", bold=gene == "ERBB2")
    label = f"position on chromosome 17, Mb ({genome.build})"
    drawing.text((close.start + close.end) / 2, y + 82, label, size=12, anchor="middle")


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return sorted places moved as little as needed to lie ``gap`` apart, between two bounds.

    Neighbours that are too close form a block around their mean.
    """
    blocks: list[list[float]] = []  # [sum of places, number]
    for place in places:
        blocks.append([place, 1])
        while len(blocks) > 1:
            (sum_a, n_a), (sum_b, n_b) = blocks[-2:]
            if sum_b / n_b - sum_a / n_a >= gap * (n_a + n_b) / 2:
                break
            blocks[-2:] = [[sum_a + sum_b, n_a + n_b]]
    out = []
    for total, number_of in blocks:
        first = total / number_of - gap * (number_of - 1) / 2
        first = max(low, min(first, high - gap * (number_of - 1)))
        out += [first + gap * index for index in range(int(number_of))]
    return out


def _mb(position: float) -> str:
    return f"{position / 1e6:.2f}".rstrip("0").rstrip(".")


def _caption(shown: Sequence[Biopsy], windows: set[int]) -> str:
    parts = ["Lines: segments, at the leading tumour content and ploidy."]
    kinds = {biopsy.row["measured_by"] for biopsy in shown}
    if "bins" in kinds:
        joined = f", joined by their medians in {max(windows) / 1000:.0f} kb" if windows else ""
        parts.append(
            f"Small dots: bins{joined}; their scatter is larger the fewer cancer cells there are, "
            "and those outside the axis stand at its edge."
        )
    elif "genes" in kinds:
        parts.append("Small dots: genes.")
    parts.append(
        "Circles with bars: ERBB2 and CEP17 (the centromere) with the 90 % interval, everything "
        "uncertain included."
    )
    if any(biopsy.row["amplicon_start"] is not None for biopsy in shown):
        parts.append("Shaded: the focal gain.")
    parts.append("Dashed: 4 and 6 copies, the limits of ISH. Copies are means over cancer cells.")
    return " ".join(parts)
