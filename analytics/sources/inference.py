"""Types of columns, guessed from a sample of the rows."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from math import isnan
from typing import Any

from analytics.sources.batches import Batch, Data
from analytics.sources.column_types import NULL_WORDS, Column, reader_of

SAMPLE_BATCHES = 6
"""How many batches are looked at: 49,152 rows, or 48 MiB of long ones."""

# The first that takes every value is it.
_OF_WORDS = ("Date", "Date32", "DateTime64(3, 'UTC')", "UUID")
_OF_TEXT = ("Bool", "Int64", "UInt64", "Float64", *_OF_WORDS)
_OF_JSON: dict[frozenset[type], tuple[str, ...]] = {
    frozenset({bool}): ("Bool",),
    frozenset({int}): ("Int64", "UInt64", "Float64"),
    frozenset({float}): ("Float64",),
    frozenset({int, float}): ("Float64",),
    frozenset({str}): _OF_WORDS,
}
_NUMBERS = frozenset({"Int64", "UInt64", "Float64"})
_TRUTHS = frozenset({"true", "false"})
"""Text that makes a column of truth values; 0 and 1 are numbers."""
_CODE = re.compile(r"\s*[+-]?0[0-9]")
"""The zero in front means something: a postcode, a number of an article."""


def sample_take(data: Data) -> tuple[list[Batch], bool]:
    """The first batches, which `data` still gives, and whether they are all there is."""
    taken = list(islice(data.batches, SAMPLE_BATCHES))
    following = next(data.batches, None) if len(taken) == SAMPLE_BATCHES else None
    rest: Iterator[Batch] = chain([following], data.batches) if following else iter(())
    data.batches = chain(taken, rest)
    return taken, following is None and not data.is_cut


def columns_infer(*, data: Data, keys: Iterable[str] = ()) -> list[Column]:
    """A type for each column of `data`, which still gives all its rows.

    A column is Nullable when a value is missing, or could be in rows that were not looked at. Keys never are.
    """
    sample, is_all = sample_take(data)
    never_null = frozenset(keys)
    columns = []
    for place, name in enumerate(data.names):
        known = data.types[place]
        if known is None:
            values = [value for batch in sample for value in batch.columns[place]]
            known = _infer(values, is_untyped=data.is_untyped, is_all=is_all)
        elif place in data.may_lack and (not is_all or _lacks(sample, place)):
            known = f"Nullable({known})"
        columns.append(Column(name, not_nullable(known) if name in never_null else known))
    return columns


def not_nullable(type_name: str) -> str:
    """The type without its Nullable."""
    return type_name[len("Nullable(") : -1] if type_name.startswith("Nullable(") else type_name


def _infer(values: list[Any], *, is_untyped: bool, is_all: bool) -> str:
    known = _different(values, is_untyped)
    candidates = _OF_TEXT if is_untyped else _OF_JSON.get(frozenset(map(type, known)), ())
    name = next((each for each in candidates if known and _fits(each, known, is_untyped)), "String")
    if name == "Date" and not is_all:
        name = "Date32"
    if name == "String" and is_untyped:
        has_null = "" in values or None in values
    else:
        has_null = any(map(_is_missing if is_untyped else _is_none, values))
    return f"Nullable({name})" if has_null or not is_all else name


def _lacks(sample: Iterable[Batch], place: int) -> bool:
    return any(_is_none(value) for batch in sample for value in batch.columns[place])


def _is_missing(value: Any) -> bool:
    return value is None or value.strip() in NULL_WORDS


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _different(values: list[Any], is_untyped: bool) -> list[Any]:
    """Each value that is there, once; 1, 1.0 and true are not the same."""
    if is_untyped:
        return [value for value in set(values) if not _is_missing(value)]
    found = {(type(value), value if isinstance(value, str | int | float) else None): value for value in values}
    return [value for value in found.values() if value is not None]


def _fits(name: str, values: Iterable[Any], is_untyped: bool) -> bool:
    read = reader_of(name).read
    for value in values:
        if is_untyped and name == "Bool" and value.strip().lower() not in _TRUTHS:
            return False
        if is_untyped and name in _NUMBERS and _CODE.match(value):
            return False
        try:
            read(value)
        except ValueError:
            return False
    return True
