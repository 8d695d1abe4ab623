"""Copies of both biopsies along the genome, one panel each, ERBB2 marked."""

from __future__ import annotations

from collections.abc import Mapping

from her2omics.copy_number.absolute import ISH_HIGH, ISH_LOW
from her2omics.genome import Genome
from her2omics.report.biopsy import Biopsy
from her2omics.report.locus_figure import NAMES, copies_text
from her2omics.report.palette import GRID, INK, MUTED, PAPER, STRIPE, TIME
from her2omics.report.svg import Drawing, Scale, tick_text
from her2omics.tables import TIMES

TOP = 8.0  # copies; higher ones are drawn at the edge, and ERBB2 says its number
_WIDTH, _HEIGHT = 1040, 330
_LEFT, _RIGHT = 54, 1028
_TOPS, _ROW = {"baseline": 28, "followup": 170}, 112


def draw(
    biopsies: Mapping[str, Biopsy | None], samples: Mapping[str, str | None], genome: Genome
) -> tuple[str, str] | None:
    """Return the figure and its caption; None where no biopsy has segments of the genome.

    Parameters
    ----------
    biopsies
        Per time point; None without DNA copies.
    samples
        Sample id per time point, None without a biopsy.
    genome
        Build of the coordinates.
    """
    shown = {time: found for time, found in biopsies.items() if found and len(found.segments)}
    measured = {name for found in shown.values() for name in found.segments["chromosome"]}
    if not measured - {"17"}:
        return None
    lengths = genome.contigs["length"].astype(float)
    chromosomes = [name for name in lengths.index if name in measured]
    starts, total = {}, 0.0
    for name in chromosomes:
        starts[name] = total
        total += lengths[name]
    x_scale = Scale(0, total, _LEFT, _RIGHT)
    drawing = Drawing(_WIDTH, _HEIGHT, title="Copies along the genome, both biopsies")
    for time in TIMES:
        y_scale = Scale(0, TOP, _TOPS[time] + _ROW, _TOPS[time])
        name = NAMES[time] + (f" {samples[time]}" if samples[time] else "")
        drawing.text(_LEFT, _TOPS[time] - 8, name, size=12)
        for index, chromosome in enumerate(chromosomes):
            if index % 2:
                a, b = (x_scale(starts[chromosome] + at) for at in (0, lengths[chromosome]))
                drawing.rect(a, _TOPS[time], b - a, _ROW, STRIPE)
        drawing.rect(_LEFT, _TOPS[time], _RIGHT - _LEFT, _ROW, "none", stroke=GRID)
        if time not in shown:
            why = "no segments of this biopsy" if samples[time] else "no biopsy"
            middle = (_LEFT + _RIGHT) / 2
            drawing.text(middle, _TOPS[time] + _ROW / 2, why, anchor="middle", fill=MUTED)
            continue
        _axis(drawing, y_scale)
        _segments(drawing, shown[time], starts, x_scale, y_scale)
        place = starts["17"] + float(genome.genes.loc["ERBB2", "start"])
        _erbb2(drawing, shown[time], x_scale(place), y_scale)
    base = _TOPS["followup"] + _ROW
    for chromosome in chromosomes:
        middle = x_scale(starts[chromosome] + lengths[chromosome] / 2)
        drawing.text(middle, base + 15, chromosome, size=11, anchor="middle", fill=MUTED)
    drawing.text((_LEFT + _RIGHT) / 2, base + 38, "chromosome", size=12, anchor="middle")
    return drawing.svg(), (
        "Segments that both biopsies share, at the leading tumour content and ploidy; copies above "
        f"{TOP:g} stand at the upper edge. Diamond: ERBB2. Copies are means over cancer cells: a "
        "value between whole numbers is a change in part of them, or an error of the fit."
    )


def _axis(drawing: Drawing, y_scale: Scale) -> None:
    for value in range(0, int(TOP) + 1, 2):
        y = y_scale(value)
        limit = value in (ISH_LOW, ISH_HIGH)
        drawing.line(_LEFT, y, _RIGHT, y, GRID)
        drawing.text(
            _LEFT - 6, y + 4, tick_text(value), size=11, anchor="end", fill=MUTED, bold=limit
        )
    middle = (y_scale.start + y_scale.end) / 2
    drawing.text(16, middle, "copies", size=11, anchor="middle", rotate=-90)


def _segments(
    drawing: Drawing,
    biopsy: Biopsy,
    starts: Mapping[str, float],
    x_scale: Scale,
    y_scale: Scale,
) -> None:
    known = biopsy.segments[biopsy.segments["copies"].notna()]
    for segment in known.itertuples():
        if segment.chromosome not in starts:
            continue
        offset = starts[segment.chromosome]
        a, b = x_scale(offset + segment.start), x_scale(offset + segment.end)
        y = y_scale(segment.copies)
        drawing.line(a, y, max(b, a + 1), y, TIME[biopsy.time], width=2.6)


def _erbb2(drawing: Drawing, biopsy: Biopsy, x: float, y_scale: Scale) -> None:
    copies = biopsy.row["erbb2_copies"]
    y = y_scale(copies)
    data = f"M{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}L{x - 6:.1f} {y:.1f}Z"
    drawing.path(data, fill=PAPER, stroke=INK, width=1.8)
    drawing.text(
        x - 11, y + 4, f"ERBB2 {copies_text(copies)}", size=12, anchor="end", bold=True, halo=True
    )
