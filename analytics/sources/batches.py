"""Rows on their way from a format to a table, many at a time and column by column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

BATCH_ROWS = 8192
BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends at either; what counts for text is its characters."""
LINE_MAX_CHARACTERS = 1024 * 1024
"""A longer line or value is refused: it is damage, or meant to fill the memory."""
COLUMNS_MAX_COUNT = 1000
SHOWN_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken: where it is, why, and how it begins."""

    line: int
    reason: str
    row: str


@dataclass(slots=True)
class Batch:
    """Some rows: for each its line (of text) or number (of anything else), and each column's values."""

    lines: list[int]
    columns: list[list[Any]]
    refused: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Data:
    """What a format finds: names of columns, types where the data have types, and rows.

    A type of None is still to be inferred from the rows.
    """

    names: list[str]
    types: list[str | None]
    batches: Iterator[Batch]
    may_lack: frozenset[int] = frozenset()
    """Places of typed columns of which only the rows tell whether values are missing."""
    is_untyped: bool = False
    """Every value is text, also numbers and times."""
    is_cut: bool = False
    """There is more that was not fetched."""


def row_shown(names: Sequence[str], values: Sequence[Any]) -> str:
    """How a refused row is told, cut off where it is long."""
    parts: list[str] = []
    length = 0
    for name, value in zip(names, values, strict=False):
        parts.append(f"{name}={str(value)[:SHOWN_CHARACTERS]}")
        length += len(parts[-1])
        if length > SHOWN_CHARACTERS:
            break
    return shown(", ".join(parts))


def shown(text: str) -> str:
    """Text as PostgreSQL keeps it: without what it does not take, and not longer than is useful."""
    return text[:SHOWN_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
