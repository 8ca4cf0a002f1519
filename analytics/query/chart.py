"""Charts as SQL. What goes beyond a cap is one more group, "other": its medians and distinct counts are exact too."""

from dataclasses import dataclass

from analytics.intervals import Interval
from analytics.query.aggregates import Aggregate, aggregate_made
from analytics.query.columns import NUMBERS, Kind
from analytics.query.fields import Field
from analytics.query.intervals import POINTS_MAX, SETTINGS, interval_start, timezone_check
from analytics.query.problems import QueryProblem
from analytics.query.requests import ChartRequest, ChartType, IntervalField
from analytics.query.statements import Output, Statement, StatementBuilder, names_check, selected
from analytics.query.tables import Table

SERIES_MAX = 20
CATEGORIES_DEFAULT = 50
ROWS_MAX = 50_000
"""Of a heatmap 200 by 250 cells; of a scatter its points are fewer."""
POINTS_DEFAULT = 1000


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """A chart's statement, and what its columns mean: x, series where there is one, the numbers."""

    request: ChartRequest
    statement: Statement
    interval: Interval | None
    x_is_category: bool
    has_series: bool
    values: tuple[Aggregate, ...]
    rows_max: int


def chart_plan(table: Table, request: ChartRequest) -> ChartPlan:
    """How a chart is asked for.

    Raises:
        QueryProblem
    """
    builder = StatementBuilder(table)
    zone = timezone_check(request.timezone)
    _check(request)
    x, interval = _x(builder, request, zone)
    series = builder.resolve(request.series, "series") if request.series else None
    for field, attr in ((x, "x"), (series, "series")):
        if field and field.type.is_array:
            raise QueryProblem("group_does_not_fit", "An array cannot be an axis.", attr)
    if request.chart_type == ChartType.SCATTER and request.y[0].function is None:
        return _scatter(builder, request, x, series)
    values = tuple(aggregate_made(each, builder.resolve, attr=f"y.{index}") for index, each in enumerate(request.y))
    names_check([value.name for value in values], attr="y")
    is_category = interval is None and x.type.kind not in NUMBERS | {Kind.TIME, Kind.DATE}
    is_category |= request.chart_type == ChartType.PIE
    statement = _grouped(builder, request, x, series, values, is_category=is_category)
    return ChartPlan(request, statement, interval, is_category, series is not None, values, _most(request, series))


def _check(request: ChartRequest) -> None:
    kind, one = request.chart_type, {ChartType.PIE, ChartType.SCATTER, ChartType.HEATMAP}
    if kind in one and len(request.y) > 1:
        raise QueryProblem("too_many", f"A {kind.value} takes one y.", "y.1")
    if kind == ChartType.HEATMAP and request.series is None:
        raise QueryProblem("required", "A heatmap needs a series: it is the second axis.", "series")
    if kind == ChartType.PIE and request.series is not None:
        raise QueryProblem("invalid", "A pie has no series: its slices are x.", "series")


def _x(builder: StatementBuilder, request: ChartRequest, zone: str) -> tuple[Field, Interval | None]:
    asked = request.x if isinstance(request.x, IntervalField) else IntervalField(field=request.x)
    field = builder.resolve(asked.field, "x")
    interval = asked.interval or request.interval
    if interval is None:
        return field, None
    return interval_start(field, interval, zone, builder.parameters, attr="interval"), interval


def _scatter(builder: StatementBuilder, request: ChartRequest, x: Field, series: Field | None) -> ChartPlan:
    """Points as they are, without nulls; the first of them in the order of x and y."""
    if request.y[0].field is None:
        raise QueryProblem("required", "Without a function, y needs a field.", "y.0.field")
    y = builder.resolve(request.y[0].field, "y.0.field")
    numeric = NUMBERS | {Kind.TIME, Kind.DATE, Kind.JSON}
    for field, attr in ((x, "x"), (y, "y.0.field")):
        if field.type.kind not in numeric or field.type.is_array:
            raise QueryProblem("invalid", f"A scatter needs numbers or times, not {field.type.text[:128]}.", attr)
    pair = [field.number() if field.type.kind == Kind.JSON else field.sql for field in (x, y)]
    outputs = [Output("x", builder.alias(0), pair[0]), Output("y", builder.alias(1), pair[1])]
    rows = builder.rows(request.filters)
    if series:
        top = _top(builder, request, series.sql, "count()", SERIES_MAX)
        outputs += _kept(builder, series.sql, top, place=2)
    limit = builder.parameters.add(request.limit or POINTS_DEFAULT, "UInt64")
    sql = f"SELECT {selected(outputs)} {rows} AND isNotNull({pair[0]}) AND isNotNull({pair[1]})"
    sql += f" ORDER BY {', '.join(output.alias for output in outputs)} LIMIT {limit}"
    return ChartPlan(request, builder.statement(sql, outputs), None, False, series is not None, (), POINTS_MAX)


def _grouped(
    builder: StatementBuilder,
    request: ChartRequest,
    x: Field,
    series: Field | None,
    values: tuple[Aggregate, ...],
    *,
    is_category: bool,
) -> Statement:
    if is_category:
        top = _top(builder, request, x.sql, values[0].sql, request.limit or CATEGORIES_DEFAULT)
        outputs = _kept(builder, x.sql, top, place=0)
    else:
        outputs = [Output("x", builder.alias(0), x.sql)]
    if series:
        # A heatmap's second axis is an axis, not a legend: it has as many places as the first.
        count = CATEGORIES_DEFAULT if request.chart_type == ChartType.HEATMAP else SERIES_MAX
        top = _top(builder, request, series.sql, values[0].sql, count)
        outputs += _kept(builder, series.sql, top, place=len(outputs))
    groups = ", ".join(output.alias for output in outputs)
    outputs += [Output(value.name, builder.alias(len(outputs) + i), value.sql) for i, value in enumerate(values)]
    most = builder.parameters.add(_most(request, series) + 1, "UInt64")
    sql = f"SELECT {selected(outputs)} {builder.rows(request.filters)} GROUP BY {groups} ORDER BY {groups} LIMIT {most}"
    return builder.statement(sql, outputs, **SETTINGS)


def _most(request: ChartRequest, series: Field | None) -> int:
    return ROWS_MAX if request.chart_type == ChartType.HEATMAP else POINTS_MAX * (SERIES_MAX if series else 1)


def _top(builder: StatementBuilder, request: ChartRequest, sql: str, number: str, count: int) -> str:
    """The values of `sql` with the largest numbers, as a subquery over the same rows."""
    text = _as_text(sql)
    limit = builder.parameters.add(count, "UInt64")
    order = f"{number} DESC, {text}"
    return f"(SELECT {text} {builder.rows(request.filters)} GROUP BY {text} ORDER BY {order} LIMIT {limit})"


def _kept(builder: StatementBuilder, sql: str, top: str, *, place: int) -> list[Output]:
    """The value where it is among the top, '' elsewhere; and whether it is elsewhere."""
    text = _as_text(sql)
    return [
        Output("kept", builder.alias(place), f"if({text} IN {top}, {text}, '')"),
        Output("is_other", builder.alias(place + 1), f"{text} NOT IN {top}"),
    ]


def _as_text(sql: str) -> str:
    """Nulls are drawn as the empty text."""
    return f"ifNull(toString({sql}), '')"
