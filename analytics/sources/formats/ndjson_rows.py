"""NDJSON: an object a line."""

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from analytics.sources.batches import (
    BATCH_BYTES,
    BATCH_ROWS,
    COLUMNS_MAX_COUNT,
    LINE_MAX_CHARACTERS,
    Batch,
    Data,
    Refusal,
    shown,
)
from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.names import column_names

NAMES_FROM_LINES = 10_000
"""The columns are what these lines name; a later line that names another is refused."""

Line = tuple[int, bytes]
_decode = msgspec.json.Decoder().decode


def ndjson_open(*, stream: "io.BufferedReader[Any]") -> Data:
    """The columns and the rows, one after the other, in bounded memory.

    Raises:
        SourceFailed: it is no NDJSON; the same while the rows are read.
    """
    lines = _lines(stream)
    head: list[Line] = []
    size = 0
    for line in islice(lines, NAMES_FROM_LINES):
        head.append(line)
        size += len(line[1])
        if size >= BATCH_BYTES:
            break
    keys: dict[str, None] = {}
    for _, text in head:
        row = _object(text)
        keys.update(dict.fromkeys(row) if isinstance(row, dict) else {})
        if len(keys) > COLUMNS_MAX_COUNT:
            raise LimitExceeded(f"It has more than {COLUMNS_MAX_COUNT} columns.")
    if not keys:
        raise SourceFailed("None of its first lines is a JSON object.", code="empty")
    return Data(column_names(keys), [None] * len(keys), _batches(_chained(head, lines), list(keys)))


def _chained(head: list[Line], lines: Iterator[Line]) -> Iterator[Line]:
    while head:  # what was looked at is let go
        yield from head[:BATCH_ROWS]
        del head[:BATCH_ROWS]
    yield from lines


def _lines(stream: "io.BufferedReader[Any]") -> Iterator[Line]:
    number = 0
    while line := stream.readline(LINE_MAX_CHARACTERS):
        number += 1
        if len(line) == LINE_MAX_CHARACTERS:
            raise LimitExceeded(f"Line {number} has more than {LINE_MAX_CHARACTERS:,} bytes.")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if text := line.strip():
            yield number, text


def _object(text: bytes) -> dict[str, Any] | str:
    """The row, what is nested in it as JSON text; or why it is none.

    Nested objects take twenty times the room of their text, so that only one row at a time has them.
    """
    try:
        row = _decode(text)
        if not isinstance(row, dict):
            return "is not a JSON object"
        for name, value in row.items():
            if isinstance(value, dict | list):
                row[name] = json.dumps(value, ensure_ascii=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "is not JSON"
    except RecursionError:
        return "is nested too deeply"
    return row


def _batches(lines: Iterator[Line], keys: list[str]) -> Iterator[Batch]:
    known = frozenset(keys)
    batch = Batch([], [[] for _ in keys])
    size = 0
    for number, text in lines:
        row = _object(text)
        size += len(text)
        if isinstance(row, str):
            batch.refused.append(_refusal(number, row, text))
        elif unknown := row.keys() - known:
            batch.refused.append(_refusal(number, f"names {min(unknown)[:64]}, which no line before did", text))
        else:
            batch.lines.append(number)
            for key, column in zip(keys, batch.columns, strict=True):
                column.append(row.get(key))
        if len(batch.lines) >= BATCH_ROWS or len(batch.refused) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = Batch([], [[] for _ in keys]), 0
    if batch.lines or batch.refused:
        yield batch


def _refusal(number: int, reason: str, text: bytes) -> Refusal:
    return Refusal(number, shown(reason), shown(text[:4096].decode(errors="replace")))
