"""Charts, tables and numbers: questions to a table, narrowed to the dashboard's filters and period."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from analytics.selectors.questions import (
    ChartType,
    QueryProblem,
    TimeField,
    Way,
    question_answer,
    question_check,
    time_field_get,
)
from dashboards.models import Widget, WidgetType
from dashboards.scope import Scope, WidgetData

CHARTS = frozenset(ChartType)
Conditions = Sequence[Mapping[str, Any]]


def table_widget_check(*, user: User, widget: Widget) -> None:
    """Whether the question fits its table, and so does the field the period is about.

    Raises:
        QueryProblem
    """
    way, question = _question(widget)
    question_check(user=user, way=way, data=_narrowed(question, {}, []))
    if (name := widget.options.get("time_field")) is not None:
        time_field_get(user=user, table_name=question["table_name"], name=name)


def table_widget_ask(*, widget: Widget, scope: Scope) -> WidgetData:
    """The answer to the question, of the rows the viewer may see."""
    way, question = _question(widget)
    if way != Way.ROWS:
        question.setdefault("timezone", scope.zone)
    conditions = _in_period(widget, scope)
    filters = scope.filters if widget.options.get("use_filters", True) else {}
    answer = question_answer(
        user=scope.viewer,
        way=way,
        data=_narrowed(question, filters, conditions),
        name=scope.name,
        fresh=scope.fresh,
    )
    return WidgetData(answer.body, scope.span if conditions else None, answer.age_seconds)


def _question(widget: Widget) -> tuple[Way, dict[str, Any]]:
    question = dict(widget.query)
    if widget.type in CHARTS:
        if question.setdefault("chart_type", widget.type) != widget.type:
            raise QueryProblem("invalid", f"The widget's type says what is drawn: {widget.type}.", "chart_type")
        return Way.CHART, question
    if widget.type == WidgetType.NUMBER:
        _check_number(question)
        return Way.GROUPS, question
    return (Way.GROUPS if {"aggregations", "group_by"} & question.keys() else Way.ROWS), question


def _check_number(question: Mapping[str, Any]) -> None:
    if question.get("group_by"):
        raise QueryProblem("invalid", "A number has no groups; take a table.", "group_by")
    aggregations = question.get("aggregations")
    if isinstance(aggregations, list) and len(aggregations) > 1:
        raise QueryProblem("too_many", "A number is one; take a table.", "aggregations.1")


def _narrowed(question: Mapping[str, Any], filters: Mapping[str, Any], conditions: Conditions) -> dict[str, Any]:
    """All of them must hold; `problems.PLACES` knows which group is whose."""
    own = question.get("filters")
    both = {"conditions": list(conditions), "groups": [dict(filters), {} if own is None else own]}
    return {**question, "filters": both}


def _in_period(widget: Widget, scope: Scope) -> Conditions:
    """The period as conditions on the table's time, or on the field the widget names; none without either."""
    if "time_field" in widget.options and widget.options["time_field"] is None:
        return []
    bounds = [("gte", scope.span.start), ("lt", scope.span.end)]
    wanted = [(operator, bound) for operator, bound in bounds if bound is not None]
    table_name = widget.query["table_name"]
    if not wanted:
        return []
    field = time_field_get(user=scope.viewer, table_name=table_name, name=widget.options.get("time_field"))
    if field is None:
        return []
    return [
        {"field": field.name, "operator": operator, "value": _value(field, bound, scope.zone)}
        for operator, bound in wanted
    ]


def _value(field: TimeField, bound: datetime, zone: str) -> str:
    if not field.is_date:
        return bound.isoformat()
    # A day is in the period when its beginning is.
    day = bound.astimezone(ZoneInfo(zone)).date()
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return (day if begins >= bound else day + timedelta(days=1)).isoformat()
