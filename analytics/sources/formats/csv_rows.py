"""CSV: what separates, what encodes, whether the first row names the columns; and its rows."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Self

from analytics.sources.batches import (
    BATCH_BYTES,
    BATCH_ROWS,
    COLUMNS_MAX_COUNT,
    LINE_MAX_CHARACTERS,
    Batch,
    Data,
    Refusal,
    row_shown,
    shown,
)
from analytics.sources.column_types import NULL_WORDS, reader_of
from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.names import column_names

HEAD_BYTES = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
ROW_MAX_CHARACTERS = 32 * LINE_MAX_CHARACTERS
"""Of a row whose quoted values go over many lines."""
_END = "\0"
_TYPED = tuple(reader_of(name) for name in ("Float64", "DateTime64(3, 'UTC')", "UUID"))
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

csv.field_size_limit(LINE_MAX_CHARACTERS)


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """What somebody says about a file; None: found out."""

    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    header: bool | None = None


def csv_open(*, stream: "io.BufferedReader[Any]", options: CsvOptions, is_cut: bool = False) -> Data:
    """The columns and the rows, one after the other, in bounded memory. `is_cut`: the end may lie within a quote.

    Raises:
        SourceFailed: it is no CSV; the same while the rows are read.
    """
    head = stream.peek(HEAD_BYTES)[:HEAD_BYTES]
    encoding = options.encoding or _encoding(head)
    # What is no valid text comes through as surrogates, and its row is refused.
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    delimiter = options.delimiter or _delimiter(head.decode(encoding, "replace"), options.quote)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, quotechar=options.quote, strict=False)
    rows = _numbered(reader, lines, is_cut=is_cut)
    first = next(rows, None)
    if first is None:
        raise SourceFailed("There is nothing in it.", code="empty")
    if len(first[1]) > COLUMNS_MAX_COUNT:
        raise LimitExceeded(f"It has {len(first[1])} columns; {COLUMNS_MAX_COUNT} are allowed.")
    has_header = options.header if options.header is not None else _names_columns(first[1])
    names = column_names(first[1] if has_header else [""] * len(first[1]))
    rest = rows if has_header else chain([first], rows)
    return Data(names, [None] * len(names), _batches(rest, names), is_untyped=True)


def _encoding(head: bytes) -> str:
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    return marked or "utf-8"


def _delimiter(head: str, quote: str) -> str:
    """What divides the first lines into the most columns, as many in each."""
    lines = [line for line in islice(head.splitlines(), 10) if line]
    if len(head) >= HEAD_BYTES // 4 and len(lines) > 1:
        lines.pop()  # it may be cut off

    def score(separator: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator, quotechar=quote)]
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    try:
        return max(SEPARATORS, key=score)
    except csv.Error:
        return ","


def _names_columns(row: list[str]) -> bool:
    """A first row is a header unless one of its values is a number, a time or an id."""
    return not any(_is_typed(value) for value in row)


def _is_typed(text: str) -> bool:
    if text.strip() in NULL_WORDS:
        return False
    for reader in _TYPED:
        try:
            reader.read(text)
        except ValueError:
            continue
        return True
    return False


class _Lines:
    """The lines, and after them a mark: it is a row of its own unless a quote was never closed."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.is_over = False
        self.row_characters = 0
        """Since a row began; whoever has read a row sets it to 0."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self.is_over:
            raise StopIteration
        try:
            line = self._text.readline(LINE_MAX_CHARACTERS)
        except UnicodeError as error:
            raise SourceFailed(f"It is not encoded as {self._text.encoding}.", code="wrong_encoding") from error
        if len(line) == LINE_MAX_CHARACTERS:
            raise LimitExceeded(f"A line has more than {LINE_MAX_CHARACTERS:,} characters.")
        self.row_characters += len(line)
        if self.row_characters > ROW_MAX_CHARACTERS:
            raise LimitExceeded(f"A row has more than {ROW_MAX_CHARACTERS:,} characters.")
        self.is_over = not line
        return line or _END


def _numbered(reader: Any, lines: _Lines, *, is_cut: bool) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line it begins on."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except csv.Error as error:
            detail = f"Line {line} cannot be read as CSV ({error}); perhaps a quote is never closed."
            raise SourceFailed(detail, code="malformed") from error
        if lines.is_over:
            if row == [_END] or is_cut:
                return
            raise SourceFailed(f"A quote is opened in line {line} and never closed.", code="malformed")
        lines.row_characters = 0
        if row:
            yield line, row


def _batches(rows: Iterator[tuple[int, list[str]]], names: list[str]) -> Iterator[Batch]:
    width = len(names)
    lines: list[int] = []
    good: list[list[str]] = []
    refused: list[Refusal] = []
    characters = 0
    for line, row in rows:
        if len(row) == width:
            lines.append(line)
            good.append(row)
        else:
            refused.append(Refusal(line, f"has {len(row)} values, not {width}", _shown(names, row)))
        characters += sum(map(len, row))
        if len(good) >= BATCH_ROWS or characters >= BATCH_BYTES or len(refused) >= BATCH_ROWS:
            yield _batch(lines, good, refused, width)
            lines, good, refused, characters = [], [], [], 0
    if good or refused:
        yield _batch(lines, good, refused, width)


def _shown(names: list[str], row: list[str]) -> str:
    return shown(", ".join(row)) if len(row) > len(names) else row_shown(names, row)


def _batch(lines: list[int], rows: list[list[str]], refused: list[Refusal], width: int) -> Batch:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    return Batch(lines, columns, refused)
