"""Questions to the data that somebody keeps, to be asked again: by whom, of which way, narrowed to what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts.models import User
from analytics.asking.answer_cache import Answer
from analytics.query.columns import Kind
from analytics.query.fields import table_fields
from analytics.query.intervals import timezone_check
from analytics.query.problems import QueryProblem
from analytics.query.requests import AggregateRequest, ChartRequest, ChartType, FilterGroup, QueryRequest, request_read
from analytics.query.values import Parameters
from analytics.selectors.data import data_aggregate, data_chart, data_check, data_query
from analytics.tables.access import time_column_of
from analytics.tables.schema import table_shape

__all__ = ["Answer", "ChartType", "QueryProblem", "timezone_check"]  # what whoever keeps questions needs besides

SHARED_DEPTH_MAX = 4
SHARED_CONDITIONS_MAX = 100
"""Of filters that are added to those of many questions, which may have as many again."""


class Way(StrEnum):
    """How data are asked."""

    ROWS = "query"
    GROUPS = "aggregate"
    CHART = "chart"


_KINDS: Mapping[Way, type[QueryRequest | AggregateRequest | ChartRequest]] = {
    Way.ROWS: QueryRequest,
    Way.GROUPS: AggregateRequest,
    Way.CHART: ChartRequest,
}
_ASKED: Mapping[Way, Callable[..., Answer]] = {
    Way.ROWS: data_query,
    Way.GROUPS: data_aggregate,
    Way.CHART: data_chart,
}


@dataclass(frozen=True, slots=True)
class TimeField:
    """What a period is compared with: times, or dates."""

    name: str
    is_date: bool


def question_check(*, user: User, way: Way, data: Any) -> None:
    """Whether a question fits its table, without asking it.

    Raises:
        QueryProblem, and the errors of storage_app.clickhouse.errors; all functions here do.
    """
    data_check(user=user, kind=_KINDS[way], data=data)


def question_answer(*, user: User, way: Way, data: Any, name: str = "", fresh: bool = False) -> Answer:
    """The answer, with the rows this user may see. `name` is for cancelling."""
    return _ASKED[way](user=user, data=data, name=name, fresh=fresh)


def filters_check(data: Any) -> None:
    """Whether these can be filters of any table; `attr` of the problem begins with "filters"."""
    try:
        group = request_read(data, FilterGroup)
    except QueryProblem as error:
        attr = "filters" if error.attr in {"body", "filters"} else f"filters.{error.attr}"
        raise QueryProblem(error.code, error.detail, attr) from None
    if _depth(group) > SHARED_DEPTH_MAX:
        raise QueryProblem("too_deep", f"Groups may lie in each other {SHARED_DEPTH_MAX} deep.", "filters")
    if _conditions(group) > SHARED_CONDITIONS_MAX:
        raise QueryProblem("too_many", f"At most {SHARED_CONDITIONS_MAX} conditions.", "filters")


def time_field_get(*, user: User, table_name: str, name: str | None = None) -> TimeField | None:
    """The field of a table that a period is about, the table's own unless one is named; None: it has none."""
    if name is None:
        own = time_column_of(table_name)
        return TimeField(own, is_date=False) if own else None
    table = table_shape(user=user, name=table_name)
    field = table_fields(table, Parameters())(name, "time_field")
    if field.type.is_array or field.type.kind not in {Kind.TIME, Kind.DATE}:
        detail = f"A period needs a time or a date; {name[:128]!r} is {field.type.text[:128]}."
        raise QueryProblem("time_field_does_not_fit", detail, "time_field")
    return TimeField(name, is_date=field.type.kind == Kind.DATE)


def _depth(group: FilterGroup) -> int:
    return 1 + max(map(_depth, group.groups), default=0)


def _conditions(group: FilterGroup) -> int:
    return len(group.conditions) + sum(map(_conditions, group.groups))
