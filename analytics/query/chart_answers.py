"""From a chart's rows to what is drawn: axes without gaps, one list of numbers a series."""

from collections.abc import Sequence
from itertools import chain, count
from typing import Any

from analytics.query.chart import POINTS_DEFAULT, ChartPlan
from analytics.query.intervals import filled
from analytics.query.problems import QueryProblem
from analytics.query.requests import ChartType

OTHER = "other"
Row = Sequence[Any]
Answer = dict[str, Any]


def chart_answer(plan: ChartPlan, rows: Sequence[Row]) -> Answer:
    """The chart in the shape of its type.

    Raises:
        QueryProblem: more points than can be drawn.
    """
    kind = plan.request.chart_type
    if not plan.values:
        return {"chart_type": kind.value, **_points(plan, rows)}
    grid = _Grid(plan, rows)
    if kind == ChartType.PIE:
        number = plan.values[0]
        slices = [{"name": name, "value": grid.number(name, "", 0)} for name in grid.x]
        return {"chart_type": kind.value, "slices": slices, "value": number.name}
    if kind == ChartType.HEATMAP:
        return {"chart_type": kind.value, **grid.heatmap()}
    if kind == ChartType.SCATTER:
        return {"chart_type": kind.value, "series": grid.scatter()}
    return {"chart_type": kind.value, "x": grid.x, "series": grid.series()}


def _points(plan: ChartPlan, rows: Sequence[Row]) -> Answer:
    by_series: dict[str, list[list[Any]]] = {}
    y = plan.request.y[0]
    rest = _rest_name(rows, 2) if plan.has_series else ""
    for x, value, *series in rows:
        name = _name(series, rest) if series else (y.alias or y.field or "")
        by_series.setdefault(name, []).append([x, value])
    limit = plan.request.limit or POINTS_DEFAULT
    series = [{"name": name, "points": points} for name, points in sorted(by_series.items())]
    return {"series": series, "truncated": len(rows) == limit}


class _Grid:
    """Numbers by x and series."""

    def __init__(self, plan: ChartPlan, rows: Sequence[Row]) -> None:
        if len(rows) > plan.rows_max:
            detail = "The chart has more points than can be drawn: narrow the filters or take a longer interval."
            raise QueryProblem("too_many_points", detail, "x")
        self._plan = plan
        self._series_place = 2 if plan.x_is_category else 1
        self._rests = (
            _rest_name(rows, 0) if plan.x_is_category else "",
            _rest_name(rows, self._series_place) if plan.has_series else "",
        )
        self._cells: dict[tuple[Any, str], Row] = {}
        for row in rows:
            x, series, numbers = self._split(row)
            self._cells[x, series] = numbers
        self.x = self._axis()
        self.names = self._ranked({series for _, series in self._cells})

    def _split(self, row: Row) -> tuple[Any, str, Row]:
        place = self._series_place
        x = _name(row[:2], self._rests[0]) if self._plan.x_is_category else row[0]
        if not self._plan.has_series:
            return x, "", row[place:]
        return x, _name(row[place : place + 2], self._rests[1]), row[place + 2 :]

    def _axis(self) -> list[Any]:
        places = {x for x, _ in self._cells}
        if self._plan.x_is_category:
            return self._ranked(places, axis=0)
        points = sorted(x for x in places if x is not None)
        if self._plan.interval:
            points = filled(points, self._plan.interval, self._plan.request.timezone)
        # What has no time or number of its own stands at the end.
        return points + [None] * (None in places)

    def _ranked(self, names: set[Any], axis: int = 1) -> list[Any]:
        """The largest first, and the rest at the end."""
        totals: dict[str, float] = dict.fromkeys(names, 0.0)
        for place, numbers in self._cells.items():
            if isinstance(numbers[0], int | float) or hasattr(numbers[0], "as_tuple"):
                totals[place[axis]] += float(numbers[0])
        return sorted(names, key=lambda name: (name == self._rests[axis], -totals[name], name))

    def number(self, x: Any, series: str, index: int) -> Any:
        """One number; without rows 0 of what is added up, else null."""
        numbers = self._cells.get((x, series))
        if numbers is not None:
            return numbers[index]
        return 0 if self._plan.values[index].zero_when_empty else None

    def series(self) -> list[Answer]:
        """One list of numbers along x for each series and each y."""
        values = self._plan.values
        made: list[Answer] = []
        for name in self.names if self._plan.has_series else [""]:
            for index, value in enumerate(values):
                parts = [name] if self._plan.has_series else []
                title = ": ".join(parts + [value.name] * (len(values) > 1 or not parts))
                made.append({"name": title, "data": [self.number(x, name, index) for x in self.x]})
        return made

    def scatter(self) -> list[Answer]:
        """One list of points for each series."""
        value = self._plan.values[0].name
        return [
            {
                "name": name if self._plan.has_series else value,
                "points": [[x, cell[0]] for x in self.x if (cell := self._cells.get((x, name))) is not None],
            }
            for name in self.names
        ]

    def heatmap(self) -> Answer:
        """The cells that have rows, by their places on the axes."""
        cells = [
            [column, row, cell[0]]
            for column, x in enumerate(self.x)
            for row, name in enumerate(self.names)
            if (cell := self._cells.get((x, name))) is not None
        ]
        return {"x": self.x, "y": self.names, "cells": cells}


def _name(kept_or_other: Row, rest: str) -> str:
    kept, is_other = kept_or_other
    return rest if is_other else str(kept)


def _rest_name(rows: Sequence[Row], place: int) -> str:
    """What the rest is called: "other", unless something is called so that is drawn by itself."""
    names = {row[place] for row in rows if not row[place + 1]}
    numbered = (f"{OTHER}_{number}" for number in count(2))
    return next(name for name in chain([OTHER], numbered) if name not in names)
