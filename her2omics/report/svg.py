"""Figures as text: a few SVG shapes, linear scales and axes.

Hand-written SVG costs about a millisecond per figure, is byte-reproducible, carries tooltips and
links, and needs no plotting library in the process that writes hundreds of case pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from her2omics.report.palette import GRID, INK, MUTED, PAPER

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@dataclass(frozen=True)
class Scale:
    """A linear map from data units to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; values outside are drawn at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Return round tick values inside the scale."""
        step = _round_step((self.high - self.low) / max(about, 1))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(index * step, 10) for index in range(first, last + 1)]


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return min((power * unit for unit in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / raw)))


def tick_text(value: float) -> str:
    """Return a tick label without trailing zeros, with a true minus sign."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


class Drawing:
    """An SVG under construction; all coordinates are pixels from the top left."""

    def __init__(self, width: float, height: float, *, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []

    def _add(self, shape: str, *, tip: str | None, href: str | None) -> None:
        if tip:
            name = shape[1 : shape.index(" ")]
            shape = f"{shape.removesuffix('/>')}><title>{escape(tip)}</title></{name}>"
        if href:
            shape = f'<a href="{escape(href)}">{shape}</a>'
        self._parts.append(shape)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        stroke: str | None = None,
        opacity: float | None = None,
        radius: float = 0,
        tip: str | None = None,
        href: str | None = None,
    ) -> None:
        """Add a rectangle."""
        extra = f' stroke="{stroke}"' if stroke else ""
        extra += f' fill-opacity="{opacity:.2f}"' if opacity is not None else ""
        extra += f' rx="{number(radius)}"' if radius else ""
        self._add(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" '
            f'height="{number(height)}" fill="{fill}"{extra}/>',
            tip=tip,
            href=href,
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        stroke: str,
        *,
        width: float = 1,
        dash: str | None = None,
        opacity: float | None = None,
    ) -> None:
        """Add a straight line."""
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        extra += f' stroke-opacity="{opacity:.2f}"' if opacity is not None else ""
        self._add(
            f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
            f'stroke="{stroke}" stroke-width="{number(width)}"{extra}/>',
            tip=None,
            href=None,
        )

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        fill: str,
        *,
        stroke: str | None = None,
        width: float = 2,
        opacity: float | None = None,
        tip: str | None = None,
        href: str | None = None,
    ) -> None:
        """Add a dot."""
        extra = f' stroke="{stroke}" stroke-width="{number(width)}"' if stroke else ""
        extra += f' fill-opacity="{opacity:.2f}"' if opacity is not None else ""
        self._add(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" '
            f'fill="{fill}"{extra}/>',
            tip=tip,
            href=href,
        )

    def points(
        self,
        places: Iterable[tuple[float, float]],
        fill: str,
        *,
        radius: float = 1.5,
        opacity: float | None = None,
    ) -> None:
        """Add many small dots as one shape."""
        data = "".join(f"M{number(x)} {number(y)}h0" for x, y in places)
        if data:
            extra = f' stroke-opacity="{opacity:.2f}"' if opacity is not None else ""
            self._parts.append(
                f'<path d="{data}" fill="none" stroke="{fill}" stroke-width="{number(2 * radius)}" '
                f'stroke-linecap="round"{extra}/>'
            )

    def path(
        self,
        data: str,
        *,
        fill: str = "none",
        stroke: str | None = None,
        width: float = 1,
        opacity: float | None = None,
        tip: str | None = None,
        href: str | None = None,
    ) -> None:
        """Add a path."""
        extra = f' stroke="{stroke}" stroke-width="{number(width)}"' if stroke else ""
        extra += f' opacity="{opacity:.2f}"' if opacity is not None else ""
        self._add(f'<path d="{data}" fill="{fill}"{extra}/>', tip=tip, href=href)

    def arrow(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        colour: str,
        *,
        width: float = 2,
        stop: float = 0,
        head: float = 8,
        opacity: float = 1,
        tip: str | None = None,
        href: str | None = None,
    ) -> None:
        """Add an arrow that ends ``stop`` pixels before its target."""
        length = math.hypot(x2 - x1, y2 - y1)
        if length < 2 * stop + 2:
            return
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        tip_x, tip_y = x2 - stop * dx, y2 - stop * dy
        back = min(head, length - 2 * stop)
        base_x, base_y = tip_x - back * dx, tip_y - back * dy
        side = back * 0.45
        points = [
            (x1 + stop * dx, y1 + stop * dy),
            (base_x, base_y),
            (base_x - side * dy, base_y + side * dx),
            (tip_x, tip_y),
            (base_x + side * dy, base_y - side * dx),
            (base_x, base_y),
        ]
        data = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.path(
            data, fill=colour, stroke=colour, width=width, opacity=opacity, tip=tip, href=href
        )

    def text(
        self,
        x: float,
        y: float,
        words: object,
        *,
        size: float = 12,
        anchor: str = "start",
        fill: str = INK,
        bold: bool = False,
        rotate: float | None = None,
        halo: bool = False,
        href: str | None = None,
    ) -> None:
        """Add text; ``y`` is its base line, ``halo`` lets it stand on lines and dots."""
        extra = ' font-weight="600"' if bold else ""
        extra += f' text-anchor="{anchor}"' if anchor != "start" else ""
        if halo:
            extra += f' stroke="{PAPER}" stroke-width="3.5" paint-order="stroke"'
        if rotate is not None:
            extra += f' transform="rotate({number(rotate)} {number(x)} {number(y)})"'
        shape = (
            f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
            f'fill="{fill}"{extra}>{escape(str(words))}</text>'
        )
        self._parts.append(f'<a href="{escape(href)}">{shape}</a>' if href else shape)

    def nested(self, other: Drawing, x: float, y: float) -> None:
        """Place another drawing inside this one."""
        body = "".join(other._parts)
        self._parts.append(f'<g transform="translate({number(x)} {number(y)})">{body}</g>')

    def bottom_axis(
        self,
        scale: Scale,
        y: float,
        label: str,
        *,
        top: float,
        about: int = 5,
        ticks: Sequence[float] | None = None,
        words: Callable[[float], str] = tick_text,
    ) -> None:
        """Add a horizontal axis with grid lines up to ``top``.

        ``ticks`` replaces the round values, ``words`` says what a tick is called.
        """
        for value in scale.ticks(about) if ticks is None else ticks:
            x = scale(value)
            self.line(x, y, x, top, GRID)
            self.text(x, y + 15, words(value), size=11, anchor="middle", fill=MUTED)
        self.line(scale.start, y, scale.end, y, MUTED)
        self.text((scale.start + scale.end) / 2, y + 33, label, size=12, anchor="middle")

    def left_axis(
        self,
        scale: Scale,
        x: float,
        label: str,
        *,
        right: float,
        about: int = 5,
        words: Callable[[float], str] = tick_text,
    ) -> None:
        """Add a vertical axis with grid lines up to ``right``; ``words`` says what a tick is."""
        for value in scale.ticks(about):
            y = scale(value)
            self.line(x, y, right, y, GRID)
            self.text(x - 6, y + 4, words(value), size=11, anchor="end", fill=MUTED)
        self.line(x, scale.start, x, scale.end, MUTED)
        middle = (scale.start + scale.end) / 2
        self.text(x - 38, middle, label, size=12, anchor="middle", rotate=-90)

    def stacked(
        self,
        shares: Sequence[tuple[str, float, str, str]],
        *,
        x: float,
        y: float,
        width: float,
        height: float,
        href: str | None = None,
        text_from: float | None = None,
    ) -> None:
        """Add a stacked bar of ``(name, share, fill, text colour)``; shares sum to at most 1.

        Shares of at least ``text_from`` carry their percentage.
        """
        left = x
        for name, share, fill, on_fill in shares:
            part = share * width
            if part > 0.05:
                tip = f"{name}: {percent(share)}"
                self.rect(left, y, part, height, fill, tip=tip, href=href)
            if text_from is not None and share >= text_from:
                self.text(
                    left + part / 2,
                    y + height / 2 + 4,
                    percent(share),
                    size=12,
                    anchor="middle",
                    fill=on_fill,
                    bold=True,
                )
            left += part

    def svg(self, *, standalone: bool = False) -> str:
        """Return the drawing; ``standalone`` adds what a file of its own needs."""
        space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
        backdrop = '<rect width="100%" height="100%" fill="#fff"/>' if standalone else ""
        return (
            f'<svg{space} viewBox="0 0 {number(self.width)} {number(self.height)}" '
            f'width="{number(self.width)}" height="{number(self.height)}" role="img" '
            f'aria-label="{escape(self.title)}" font-family="{_FONT}">{backdrop}'
            f"{''.join(self._parts)}</svg>"
        )


def percent(share: float) -> str:
    """Return a probability as a percentage that never rounds to a certainty."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def domain(values: Iterable[float | None], *, low: float, high: float, pad: float) -> tuple:
    """Return a range that holds ``low``, ``high`` and all present values, padded."""
    present = [value for value in values if value is not None]
    return (
        min([low, *(value - pad for value in present)]),
        max([high, *(value + pad for value in present)]),
    )
