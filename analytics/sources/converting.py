"""Batches as they come → columns as a table takes them, and the rows it does not take."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from analytics.sources.batches import Batch, Data, Refusal, row_shown
from analytics.sources.column_types import Column, Reader, TypeUnknown, reader_of
from analytics.sources.errors import SourceFailed


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the table, and which of the data's columns it takes."""

    column: Column
    place: int
    reader: Reader


def targets_of(*, data: Data, columns: Sequence[Column]) -> list[Target]:
    """For each column of the table.

    Raises:
        SourceFailed: the data do not have one of them, or nothing is read into its type.
    """
    places = {name: place for place, name in enumerate(data.names)}
    missing = [column.name for column in columns if column.name not in places]
    if missing:
        raise SourceFailed(f"The data have no column {missing[0]!r}.", code="columns_differ")
    try:
        return [Target(column, places[column.name], reader_of(column.type)) for column in columns]
    except TypeUnknown as error:
        raise SourceFailed(str(error), code="columns_differ") from None


def batch_convert(*, batch: Batch, targets: Sequence[Target]) -> tuple[list[list[Any]], list[Refusal]]:
    """Values column by column, and the rows of which one does not fit."""
    bad: dict[int, str] = {}
    converted = [_column(batch.columns[target.place], target, bad) for target in targets]
    if not bad:
        return converted, batch.refused
    names = [target.column.name for target in targets]
    refused = [
        Refusal(batch.lines[row], reason, row_shown(names, [batch.columns[each.place][row] for each in targets]))
        for row, reason in sorted(bad.items())
    ]
    kept = [row not in bad for row in range(len(batch.lines))]
    return [list(compress(values, kept)) for values in converted], batch.refused + refused


def _column(values: list[Any], target: Target, bad: dict[int, str]) -> list[Any]:
    value = target.reader.value
    try:
        return [value(each) for each in values]
    except ValueError:
        return [_value(each, row, target, bad) for row, each in enumerate(values)]


def _value(raw: Any, row: int, target: Target, bad: dict[int, str]) -> Any:
    try:
        return target.reader.value(raw)
    except ValueError as error:
        bad.setdefault(row, f"{target.column.name}: {str(raw)[:64]!r} {error}")
        return None
