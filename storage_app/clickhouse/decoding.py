"""Times as they come from the driver, made aware and UTC."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

Row = tuple[Any, ...]

_NOT_YET_UTC = re.compile(r"DateTime(?:64)?(?!\w)(?!\((?:\d+, )?'UTC'\))")


def row_decoder(types: Sequence[str]) -> Callable[[Row], Row] | None:
    """A function that makes every time in a row of these types UTC; None where nothing is to be done.

    Columns typed 'UTC' come aware from the driver. Those without a zone come naive, in the zone of the session,
    which is UTC too; those of another zone come aware in it.
    """
    places = frozenset(place for place, name in enumerate(types) if _NOT_YET_UTC.search(name))
    if not places:
        return None

    def decode(row: Row) -> Row:
        return tuple(in_utc(value) if place in places else value for place, value in enumerate(row))

    return decode


def in_utc(value: Any) -> Any:
    """`value` with every time in it UTC, down into arrays, tuples and maps."""
    match value:
        case datetime():
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        case list() | tuple():
            return type(value)(in_utc(item) for item in value)
        case dict():
            return {in_utc(key): in_utc(item) for key, item in value.items()}
    return value
