"""How a value becomes one of a type: text as CSV has it, or what JSON, Parquet and PostgreSQL give."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

Read = Callable[[Any], Any]
"""A value that is there → what the driver takes. Raises Unfit."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,25}\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?"
_TIME = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_CLOCK})?\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_BOOLEANS = {"true": True, "false": False, "t": True, "f": False, "yes": True, "no": False, "1": True, "0": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
_FIRST_SHORT_DAY, _LAST_SHORT_DAY = date(1970, 1, 1), date(2149, 6, 6)
_FIRST, _AFTER_LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_WIDE = Context(prec=80)


class Unfit(ValueError):
    """A value that is none of a type; its text goes on after the value: `7.5 is not a whole number`."""


def _integer(low: int, high: int) -> Read:
    def read(raw: Any) -> int:
        if type(raw) is str:
            text = raw.strip()
            if not _INTEGER.match(text):
                raise Unfit("is not a whole number")
            value = int(text)
        elif type(raw) is int:
            value = raw
        elif isinstance(raw, float | Decimal) and math.isfinite(raw) and raw == int(raw):
            value = int(raw)
        else:
            raise Unfit("is not a whole number")
        if not low <= value <= high:
            raise Unfit(f"is not from {low} to {high}")
        return value

    return read


def _float(raw: Any) -> float:
    if type(raw) is str:
        text = raw.strip()
        if not _NUMBER.match(text):
            raise Unfit("is not a number")
        value = float(text)
    elif isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        try:
            value = float(raw)
        except OverflowError:
            raise Unfit("is too large for a number") from None
    else:
        raise Unfit("is not a number")
    if not math.isfinite(value):
        raise Unfit("is not finite, or too large for a number")
    return value


def _float32(raw: Any) -> float:
    value = _float(raw)
    if abs(value) > 3.4e38:
        raise Unfit("is too large for a number of 32 bits")
    return value


def decimal_reader(precision: int, scale: int) -> Read:
    smallest, too_large = Decimal(1).scaleb(-scale, _WIDE), Decimal(10) ** (precision - scale)

    def read(raw: Any) -> Decimal:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
            raise Unfit("is not a number")
        if isinstance(raw, str) and not _NUMBER.match(raw.strip()):
            raise Unfit("is not a number")
        try:
            value = Decimal(repr(raw) if isinstance(raw, float) else raw)
            kept = value.quantize(smallest, context=_WIDE)
        except InvalidOperation:
            raise Unfit("is no decimal number of this size") from None
        if kept != value:
            raise Unfit(f"has more than {scale} decimals")
        if abs(kept) >= too_large:
            raise Unfit(f"has more than {precision - scale} digits before the point")
        return kept

    return read


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    value = _BOOLEANS.get(str(raw).strip().lower()) if isinstance(raw, str | int) else None
    if value is None:
        raise Unfit("is neither true nor false")
    return value


def _day(first: date, last: date) -> Read:
    def read(raw: Any) -> date:
        if isinstance(raw, str) and _DATE.match(raw.strip()):
            try:
                raw = date.fromisoformat(raw.strip())
            except ValueError:
                raise Unfit("is no day of the calendar") from None
        if isinstance(raw, datetime) or not isinstance(raw, date):
            raise Unfit("is not a date such as 2025-03-10")
        if not first <= raw <= last:
            raise Unfit(f"is not from {first} to {last}")
        return raw

    return read


def _moment(raw: Any) -> int:
    """In milliseconds since 1970, which is what the driver sends; a time without an offset is UTC."""
    if isinstance(raw, str):
        text = raw.strip()
        if not _TIME.match(text):
            raise Unfit("is not a time such as 2025-03-10T12:00:00Z")
        try:
            raw = datetime.fromisoformat(text.replace(",", ".").replace(" ", "T", 1).replace(" ", ""))
        except ValueError:
            raise Unfit("is no time of the calendar") from None
    if isinstance(raw, date) and not isinstance(raw, datetime):
        raw = datetime.combine(raw, time())
    if not isinstance(raw, datetime):
        raise Unfit("is not a time such as 2025-03-10T12:00:00Z")
    try:
        moment = raw.replace(tzinfo=UTC) if raw.tzinfo is None else raw.astimezone(UTC)
    except OverflowError:
        raise Unfit("is not from 1900 to 2299") from None
    if not _FIRST <= moment < _AFTER_LAST:
        raise Unfit("is not from 1900 to 2299")
    return (moment - _EPOCH) // _MILLISECOND


def _uuid(raw: Any) -> UUID:
    if isinstance(raw, UUID):
        return raw
    if isinstance(raw, str) and _UUID.match(raw.strip()):
        return UUID(raw.strip())
    raise Unfit("is not a UUID")


def _text(raw: Any) -> str:
    match raw:
        case str():
            text = raw
        case bytes() | memoryview():
            text = bytes(raw).decode("utf-8", "surrogateescape")
        case bool():
            text = "true" if raw else "false"
        case dict() | list() | tuple():
            text = json.dumps(raw, ensure_ascii=False, default=str)
        case datetime() | date() | time():
            text = raw.isoformat()
        case _:
            text = str(raw)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("is not valid Unicode") from None
    return text


READS: dict[str, Read] = {
    "String": _text,
    "Bool": _boolean,
    "Date": _day(_FIRST_SHORT_DAY, _LAST_SHORT_DAY),
    "Date32": _day(_FIRST_DAY, _LAST_DAY),
    "DateTime64(3, 'UTC')": _moment,
    "UUID": _uuid,
    "Float32": _float32,
    "Float64": _float,
    **{f"Int{bits}": _integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": _integer(0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
