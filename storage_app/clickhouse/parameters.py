"""Values for `{name:Type}`, in the form the driver and the server agree on."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from storage_app.clickhouse.errors import QueryInvalid

_TIME_OUTSIDE_UTC = re.compile(r"\{\s*\w+\s*:[^{}]*DateTime(?:64)?\((?:\s*\d+\s*,)?\s*'(?!UTC')")


class _Null:
    r"""The driver would send None as the word NULL; the server reads `\N`, escaped once for its quotes."""

    def __str__(self) -> str:
        return r"\\N"


_NULL = _Null()


def bind(sql: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters of `sql` as the driver takes them.

    Times are sent as UTC, so their type is `DateTime64(3)` or `DateTime64(3, 'UTC')`. The server wraps an
    integer that is too large for its type without a word: who takes numbers from outside checks their range.

    Raises:
        QueryInvalid: text that is not valid Unicode (a lone surrogate).
        TypeError: a value of a type that has no form in ClickHouse.
        ValueError: a time without a zone, or a time parameter whose type names a zone other than UTC.
    """
    if _TIME_OUTSIDE_UTC.search(sql):
        raise ValueError("Parameters for times are typed in UTC: {name:DateTime64(3, 'UTC')}")
    return {name: _NULL if value is None else _bound(value) for name, value in (params or {}).items()}


def _bound(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case datetime():
            return _utc_text(value)
        case None | bool() | int() | float() | Decimal() | date() | UUID():
            return value
        case list() | tuple():
            return type(value)(_bound(item) for item in value)
    raise TypeError(f"A {type(value).__name__} cannot be a query parameter")


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise QueryInvalid("The query holds text that is not valid Unicode.") from error
    return value


def _utc_text(value: datetime) -> str:
    # The driver's own form drops the fraction of the second.
    if value.tzinfo is None:
        raise ValueError("A time needs a zone to be a query parameter")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
