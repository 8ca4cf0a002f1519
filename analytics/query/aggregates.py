"""The named functions over the rows of a group. Medians and quantiles are exact, and so is uniqExact."""

from dataclasses import dataclass

from analytics.query.columns import NUMBERS, ORDERED, ColumnType, Kind, column_type
from analytics.query.fields import Field, Resolve
from analytics.query.problems import QueryProblem, unknown
from analytics.query.requests import Aggregation, ChartValue

_QUANTILES = {"median": "0.5", "quantile(0.9)": "0.9", "quantile(0.95)": "0.95", "quantile(0.99)": "0.99"}
FUNCTIONS = ("count", "sum", "avg", "min", "max", "uniqExact", *_QUANTILES)
_ADDED_UP = frozenset({"count", "sum", "uniqExact"})
"""Of no rows at all they are 0; the others are null."""
_NUMERIC = NUMBERS | {Kind.BOOL, Kind.JSON}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One number of a group, and what it is called in the answer."""

    name: str
    sql: str
    type: ColumnType
    zero_when_empty: bool


def aggregate_made(asked: Aggregation | ChartValue, resolve: Resolve, *, attr: str) -> Aggregate:
    """The aggregate that is asked for.

    Raises:
        QueryProblem
    """
    function = (asked.function or "").replace(" ", "")
    if function not in FUNCTIONS:
        raise unknown("function", function, FUNCTIONS, attr=f"{attr}.function")
    if asked.field is None:
        if function != "count":
            raise QueryProblem("required", f"{function} needs a field.", f"{attr}.field")
        return Aggregate(asked.alias or "count", "count()", column_type("UInt64"), zero_when_empty=True)
    field = resolve(asked.field, f"{attr}.field")
    _check(function, field, attr)
    sql, kind = _sql(function, field)
    name = asked.alias or f"{function.replace('(', '_').replace(')', '')}_{field.name}"
    return Aggregate(name, sql, kind, zero_when_empty=function in _ADDED_UP)


def _check(function: str, field: Field, attr: str) -> None:
    fits = function in {"count", "uniqExact"}
    if function in {"min", "max"}:
        fits = field.type.kind in ORDERED and not field.type.is_array
    elif not fits:
        fits = field.type.kind in _NUMERIC and not field.type.is_array
    if not fits:
        detail = f"{function} does not fit {field.name[:128]!r}, which is {field.type.text[:128]}."
        raise QueryProblem("function_does_not_fit", detail, f"{attr}.function")


def _sql(function: str, field: Field) -> tuple[str, ColumnType]:
    is_json = field.type.kind == Kind.JSON
    if function in {"count", "uniqExact"}:
        return f"{function}({field.sql})", column_type("UInt64")
    if function in {"min", "max"} and not is_json:
        return f"{function}OrNull({field.sql})", field.type
    if function == "sum" and field.type.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.BOOL}:
        sql = f"toInt256({field.sql})" if field.type.wide else field.sql  # 64 bits would wrap without a word
        return f"ifNull(sum({sql}), 0)", field.type if field.type.kind == Kind.DECIMAL else column_type("Int256")
    return _of_numbers(function, field.number()), column_type("Nullable(Float64)")


def _of_numbers(function: str, number: str) -> str:
    """Over numbers as Float64; of a path its numbers only: between them and text there is no order."""
    if function in _QUANTILES:
        return f"quantileExactInclusiveOrNull({_QUANTILES[function]})({number})"
    return f"ifNull(sum({number}), 0)" if function == "sum" else f"{function}OrNull({number})"
