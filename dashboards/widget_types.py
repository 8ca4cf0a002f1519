"""How each type of widget is checked and asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from rest_framework.renderers import JSONRenderer

from accounts.models import User
from analytics.devices.serializers import SeriesAnswer
from analytics.selectors.figures import (
    Span,
    When,
    course_figures,
    device_figures,
    device_question_read,
    metric_question_read,
)
from analytics.serializers.answers import CourseAnswer
from dashboards.models import Widget, WidgetType
from dashboards.problems import WidgetProblem, problems_placed
from dashboards.scope import Scope, WidgetData
from dashboards.table_widgets import table_widget_ask, table_widget_check

TEXT_MAX_LENGTH = 20_000


class Check(Protocol):
    """Whether such a widget can be asked, by whoever saves it."""

    def __call__(self, *, user: User, widget: Widget) -> None: ...


class Ask(Protocol):
    """What such a widget shows."""

    def __call__(self, *, widget: Widget, scope: Scope) -> WidgetData: ...


@dataclass(frozen=True, slots=True)
class _Type:
    check: Check
    ask: Ask
    has_time_field: bool = False


def widget_check(*, user: User, widget: Widget) -> None:
    """Whether what a widget asks fits; it need not be saved.

    Raises:
        WidgetProblem, and the errors of storage_app.clickhouse.errors; both functions here do.
    """
    of_type = _TYPES[WidgetType(widget.type)]
    _check_options(widget.options, of_type)
    with problems_placed():
        of_type.check(user=user, widget=widget)


def widget_ask(*, widget: Widget, scope: Scope) -> WidgetData:
    """What a widget shows to whoever looks."""
    with problems_placed():
        return _TYPES[WidgetType(widget.type)].ask(widget=widget, scope=scope)


def _check_options(options: Mapping[str, Any], of_type: _Type) -> None:
    if not isinstance(options.get("use_filters", True), bool):
        raise WidgetProblem("invalid", "This is true or false.", "options.use_filters")
    time_field = options.get("time_field")
    if time_field is not None and not isinstance(time_field, str):
        raise WidgetProblem("invalid", "This is a field's name, or null: no period.", "options.time_field")
    if time_field is not None and not of_type.has_time_field:
        raise WidgetProblem("invalid", "This type of widget has no other time than its own.", "options.time_field")


def _text_check(*, user: User, widget: Widget) -> None:
    text = widget.options.get("text")
    if widget.query:
        raise WidgetProblem("invalid", "A text asks nothing.", "query")
    if not isinstance(text, str) or not text or len(text) > TEXT_MAX_LENGTH:
        raise WidgetProblem("invalid", f"This is the text, of 1 to {TEXT_MAX_LENGTH:,} characters.", "options.text")


def _text_ask(*, widget: Widget, scope: Scope) -> WidgetData:
    return WidgetData(msgspec.json.encode({"text": widget.options["text"]}))


def _metric_check(*, user: User, widget: Widget) -> None:
    metric_question_read(viewer=user, data=widget.query)


def _metric_ask(*, widget: Widget, scope: Scope) -> WidgetData:
    when = _when(widget, scope)
    found = course_figures(viewer=scope.viewer, data=widget.query, when=when)
    return WidgetData(JSONRenderer().render(CourseAnswer(found).data), _restricting(when.span))


def _device_check(*, user: User, widget: Widget) -> None:
    device_question_read(viewer=user, data=widget.query)


def _device_ask(*, widget: Widget, scope: Scope) -> WidgetData:
    when = _when(widget, scope)
    series = device_figures(viewer=scope.viewer, data=widget.query, when=when)
    return WidgetData(JSONRenderer().render(SeriesAnswer(series).data), _restricting(when.span))


def _when(widget: Widget, scope: Scope) -> When:
    is_free = "time_field" in widget.options  # null: the period does not apply
    return When(span=Span() if is_free else scope.span, zone=scope.zone)


def _restricting(span: Span) -> Span | None:
    return span if span.start or span.end else None


_OF_TABLES = _Type(table_widget_check, table_widget_ask, has_time_field=True)
_TYPES: Mapping[WidgetType, _Type] = {
    **dict.fromkeys(WidgetType, _OF_TABLES),
    WidgetType.TEXT: _Type(_text_check, _text_ask),
    WidgetType.METRIC: _Type(_metric_check, _metric_ask),
    WidgetType.DEVICE: _Type(_device_check, _device_ask),
}
