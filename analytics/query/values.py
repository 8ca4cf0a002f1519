"""Values of a request as typed parameters. ClickHouse is sent nothing that its type cannot take."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from analytics.query.columns import ColumnType, Kind
from analytics.query.problems import QueryProblem

TEXT_MAX_LENGTH = 65_536
_WHOLE = re.compile(r"[+-]?\d{1,76}", re.ASCII)
_INT_LIMIT = 2**255
_EXACT_FLOATS = 2**53
_FIRST_YEAR, _LAST_YEAR = 1900, 2299  # of DateTime64
_DECIMAL_TYPE = "Decimal(76, 20)"
_DECIMAL_LIMIT = Decimal(10) ** 55
_EXPECTED = {
    Kind.TEXT: "text", Kind.INTEGER: "a number", Kind.FLOAT: "a number", Kind.DECIMAL: "a number",
    Kind.BOOL: "true or false", Kind.UUID: "a UUID", Kind.DATE: "a date such as 2025-03-10",
    Kind.TIME: "an ISO 8601 time such as 2025-03-10T08:00:00Z", Kind.JSON: "text, a number, true or false",
}  # fmt: skip


class Parameters:
    """The values of one statement, each under a name of its own."""

    def __init__(self, first: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = dict(first or {})
        self._names: dict[tuple[str, str, str], str] = {}

    def add(self, value: Any, type_name: str) -> str:
        """A placeholder for a value; equal ones share it, so that an expression is the same wherever it stands."""
        known = (type(value).__name__, repr(value), type_name)
        name = self._names.setdefault(known, f"p{len(self._names)}")
        self.values[name] = value
        return f"{{{name}:{type_name}}}"


def bound_type(column: ColumnType, value: Any, *, attr: str) -> tuple[Any, str]:
    """A value as it is compared with a column, and the parameter's type.

    Raises:
        QueryProblem: it is not of the column's type.
    """
    reader = _READERS.get(column.kind)
    found = reader(column, value) if reader else None
    if found is None:
        detail = f"This field takes {_EXPECTED.get(column.kind, 'no comparison')}."
        raise QueryProblem("invalid_value", detail, attr)
    return found


def list_type(column: ColumnType, values: list[Any], *, attr: str) -> tuple[list[Any], str]:
    """Values of an `in`, all of one type."""
    read = [bound_type(column, value, attr=f"{attr}.{index}") for index, value in enumerate(values)]
    names = {name for _, name in read}
    if {"Int64", "UInt64"} <= names:
        names.add("Int256")
    # Of differing types of numbers or times the one that holds them all.
    widest = max(names, key=lambda name: (name.startswith("Float"), name == "Int256", name))
    return [value for value, _ in read], f"Array({widest})"


def _text(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < _INT_LIMIT else None  # ids that are numbers elsewhere are text here
    return (value, "String") if isinstance(value, str) and len(value) <= TEXT_MAX_LENGTH else None


def _integer(value: int) -> tuple[int, str] | None:
    if -(2**63) <= value < 2**64:
        return value, "Int64" if value < 2**63 else "UInt64"
    return (value, "Int256") if abs(value) < _INT_LIMIT else None


def _number(column: ColumnType, value: Any) -> tuple[Any, str] | None:
    is_integer = column.kind == Kind.INTEGER
    if isinstance(value, str):  # integers that JavaScript cannot hold
        return _integer(int(value)) if is_integer and _WHOLE.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        return None
    if is_integer and float(value).is_integer():
        return _integer(int(value))
    return float(value), "Float32" if "Float32" in column.text else "Float64"


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _decimal(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)[:200]) > 100:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return (number, _DECIMAL_TYPE) if number.is_finite() and abs(number) < _DECIMAL_LIMIT else None


def _bool(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    return (value, "Bool") if isinstance(value, bool) else None


def _uuid(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    try:
        return (UUID(value), "UUID") if isinstance(value, str) else None
    except ValueError:
        return None


def _date(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return (day, "Date32") if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _time(column: ColumnType, value: Any) -> tuple[Any, str] | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    # In the column's own precision where that holds the value: only then its indexes are used.
    scale = column.scale if moment.microsecond % 10 ** (6 - min(column.scale, 6)) == 0 else 6
    return moment, f"DateTime64({scale}, 'UTC')"


def _json(_column: ColumnType, value: Any) -> tuple[Any, str] | None:
    if isinstance(value, bool):
        return value, "Bool"
    if isinstance(value, int):
        # What a float would round is compared digit by digit.
        return _decimal(_column, value) if abs(value) >= _EXACT_FLOATS else (float(value), "Float64")
    if isinstance(value, float):
        return (value, "Float64") if math.isfinite(value) else None
    return (value, "String") if isinstance(value, str) and len(value) <= TEXT_MAX_LENGTH else None


_READERS = {
    Kind.TEXT: _text, Kind.INTEGER: _number, Kind.FLOAT: _number, Kind.DECIMAL: _decimal, Kind.BOOL: _bool,
    Kind.UUID: _uuid, Kind.DATE: _date, Kind.TIME: _time, Kind.JSON: _json,
}  # fmt: skip
