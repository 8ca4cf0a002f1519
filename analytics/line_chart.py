"""Where the lines and dots of a small chart of values over time lie, in the units of its SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

WIDTH, HEIGHT = 560, 120
MARGIN = 8


@dataclass(frozen=True, slots=True)
class Dot:
    """A value in its place."""

    x: float
    y: float
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class LineChart:
    """Dots in the order of time, in pieces: no line crosses a time without a value."""

    pieces: list[list[Dot]]
    highest: float
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def lines(self) -> list[str]:
        """The pieces as SVG's polyline has them."""
        return [" ".join(f"{dot.x},{dot.y}" for dot in piece) for piece in self.pieces]

    @property
    def dots(self) -> list[Dot]:
        """All of them."""
        return [dot for piece in self.pieces for dot in piece]


def line_chart(points: Sequence[tuple[datetime, float | None]], *, highest: float | None = None) -> LineChart:
    """Points in the order of time, from 0 up to `highest`, or to the highest of them."""
    values = [value for _, value in points if value is not None]
    top = highest or max(values, default=0) or 1

    def dot(at: datetime, value: float) -> Dot:
        first, last = points[0][0], points[-1][0]
        along = (at - first) / (last - first) if last > first else 0.5
        x = MARGIN + along * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - value / top * (HEIGHT - 2 * MARGIN)
        return Dot(round(x, 2), round(y, 2), at, value)

    pieces = [
        [dot(at, value) for at, value in piece if value is not None]
        for has_value, piece in groupby(points, key=lambda point: point[1] is not None)
        if has_value
    ]
    return LineChart(pieces, top)
