"""What can be asked, as typed structs; unknown keys and wrong types are refused."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec

from analytics.intervals import Interval
from analytics.query.problems import QueryProblem, unknown

NAME_MAX_LENGTH = 512
VALUE_MAX_LENGTH = 65_536
DEPTH_MAX = 16
"""Of objects and lists in each other; DRF's parser has refused what is beyond reason."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX_LENGTH)]


class Operator(StrEnum):
    """How a field is compared."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NOT_IN = "not_in"
    LIKE = "like"
    ILIKE = "ilike"
    BETWEEN = "between"
    IS_NULL = "is_null"
    IS_NOT_NULL = "is_not_null"


class Logic(StrEnum):
    """How conditions are joined."""

    AND = "AND"
    OR = "OR"


class Order(StrEnum):
    """Which way."""

    ASC = "asc"
    DESC = "desc"


class ChartType(StrEnum):
    """What is drawn."""

    LINE = "line"
    BAR = "bar"
    PIE = "pie"
    AREA = "area"
    SCATTER = "scatter"
    HEATMAP = "heatmap"


class Struct(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The base of all."""


class Condition(Struct, frozen=True, kw_only=True):
    """One comparison; `value` has the field's type, for in, not_in and between a list of them."""

    field: Name
    operator: Operator
    value: Any = None


class FilterGroup(Struct, frozen=True, kw_only=True):
    """Conditions and groups of them."""

    conditions: list[Condition] = []
    logic: Logic = Logic.AND
    groups: "list[FilterGroup]" = []


class Sort(Struct, frozen=True, kw_only=True):
    """One step of an order."""

    field: Name
    order: Order = Order.ASC


class IntervalField(Struct, frozen=True, kw_only=True):
    """A time, cut to the beginning of its interval; without one as it is."""

    field: Name
    interval: Interval | None = None


class Aggregation(Struct, frozen=True, kw_only=True):
    """A number over the rows of a group."""

    function: Annotated[str, msgspec.Meta(max_length=64)]
    field: Name | None = None
    alias: Name | None = None


class QueryRequest(Struct, frozen=True, kw_only=True):
    """Rows of a table, a page at a time."""

    table_name: Name
    columns: Annotated[list[Name], msgspec.Meta(max_length=500)] | None = None
    filters: FilterGroup | None = None
    sort: Annotated[list[Sort], msgspec.Meta(max_length=20)] = []
    page: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 1
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


class AggregateRequest(Struct, frozen=True, kw_only=True):
    """Numbers of a table, by group."""

    table_name: Name
    group_by: Annotated[list[Name | IntervalField], msgspec.Meta(max_length=20)] = []
    aggregations: Annotated[list[Aggregation], msgspec.Meta(min_length=1, max_length=50)]
    filters: FilterGroup | None = None
    having: FilterGroup | None = None
    sort: Annotated[list[Sort], msgspec.Meta(max_length=20)] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=10**7)] | None = None
    timezone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"


class ChartValue(Struct, frozen=True, kw_only=True):
    """What is drawn over x; a scatter may draw a field as it is, without a function."""

    function: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    field: Name | None = None
    alias: Name | None = None


class ChartRequest(Struct, frozen=True, kw_only=True):
    """A chart of a table."""

    table_name: Name
    chart_type: ChartType
    x: Name | IntervalField
    y: Annotated[list[ChartValue], msgspec.Meta(min_length=1, max_length=20)]
    series: Name | None = None
    filters: FilterGroup | None = None
    interval: Interval | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    timezone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"


class ExportQuery(Struct, frozen=True, kw_only=True):
    """All rows of a table that fit, without pages."""

    table_name: Name
    columns: Annotated[list[Name], msgspec.Meta(max_length=500)] | None = None
    filters: FilterGroup | None = None
    sort: Annotated[list[Sort], msgspec.Meta(max_length=20)] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None


class FileFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    XLSX = "xlsx"


class ExportOptions(Struct, frozen=True, kw_only=True):
    """How an export is written. Text that a spreadsheet would run begins with an apostrophe, unless told otherwise."""

    format: FileFormat
    escape_formulas: bool = True


Request = TypeVar("Request", bound=Struct)
_PLACE = re.compile(r" - at `\$(?P<path>.*)`\Z", re.DOTALL)
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>\w+)`")
_CHOICE = re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)
_CHOICES: dict[str, type[StrEnum]] = {
    "operator": Operator, "logic": Logic, "order": Order, "interval": Interval, "chart_type": ChartType,
    "format": FileFormat,
}  # fmt: skip


def request_read(data: Any, kind: type[Request]) -> Request:
    """The request that decoded JSON holds.

    Raises:
        QueryProblem
    """
    _check_depth(data)
    try:
        msgspec.json.encode(data)
    except UnicodeEncodeError:
        raise QueryProblem("invalid_text", "Some text is not valid Unicode.", "body") from None
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise _problem(str(error), kind) from None


def _check_depth(data: Any) -> None:
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise QueryProblem("too_deep", f"More than {DEPTH_MAX} levels of lists and objects.", "filters")
        level = [
            each
            for value in level
            for each in (value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ())
        ]


def _problem(message: str, kind: type[Struct]) -> QueryProblem:
    place = _PLACE.search(message)
    text = message[: place.start()] if place else message
    path = place["path"] if place else ""
    attr = re.sub(r"\[(\d+)\]", r".\1", path).replace("[...]", "").strip(".")
    if match := _MISSING.match(text):
        return QueryProblem("required", "This is needed.", f"{attr}.{match['name']}".strip("."))
    if match := _UNKNOWN_KEY.match(text):
        known = [name for struct in _structs(kind) for name in struct.__struct_fields__]
        return unknown("key", match["name"], known, attr=f"{attr}.{match['name'][:64]}".strip("."))
    if match := _CHOICE.match(text):
        choices = _CHOICES[attr.rpartition(".")[2]]
        return unknown(attr.rpartition(".")[2], match["value"].strip("'\"`"), choices, attr=attr)
    return QueryProblem("invalid", f"{text}.", attr or "body")


def _structs(kind: type[Struct]) -> list[type[Struct]]:
    return [kind, Condition, FilterGroup, Sort, IntervalField, Aggregation]
