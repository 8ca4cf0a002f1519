"""Parquet: its own types, and its rows in bounded memory."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.sources.batches import BATCH_BYTES, BATCH_ROWS, COLUMNS_MAX_COUNT, LINE_MAX_CHARACTERS, Batch, Data
from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.names import column_names

GROUP_MAX_BYTES = 512 * 1024 * 1024
"""Of one row group, unpacked, as its own footer says."""
_READ_BYTES = 1024 * 1024
_UNREADABLE = "\udcff"


def parquet_open(*, stream: BinaryIO, max_bytes: int) -> Data:
    """The columns and the rows of a file that can be sought in.

    Raises:
        SourceFailed: it is no Parquet; the same while the rows are read.
    """
    try:
        # A text that is repeated stays one text in memory until its rows are handed on.
        schema = pq.read_schema(stream)
        stream.seek(0)
        texts = [field.name for field in schema if _is_bytes(field.type)]
        file = pq.ParquetFile(stream, buffer_size=_READ_BYTES, pre_buffer=False, read_dictionary=texts)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceFailed("It cannot be read as Parquet.", code="malformed") from error
    if not 1 <= len(schema) <= COLUMNS_MAX_COUNT:
        raise LimitExceeded(f"It has {len(schema)} columns; 1 to {COLUMNS_MAX_COUNT} are allowed.")
    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    if any(group.total_byte_size > GROUP_MAX_BYTES for group in groups):
        raise LimitExceeded(f"One of its row groups is larger than {GROUP_MAX_BYTES:,} bytes.")
    # Whether there are nulls, the rows tell. The footer's statistics are not asked: where they make no sense, pyarrow
    # ends the whole process.
    may_lack = frozenset(place for place, field in enumerate(schema) if field.nullable or _may_be_nan(field.type))
    types: list[str | None] = list(map(_type, schema.types))
    return Data(column_names(schema.names), types, _batches(file, max_bytes), may_lack=may_lack)


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind) and 0 <= kind.scale <= kind.precision:
        return f"Decimal({kind.precision}, {kind.scale})"
    tests = (
        (pa.types.is_boolean, "Bool"),
        (pa.types.is_signed_integer, "Int64"),
        (pa.types.is_unsigned_integer, "UInt64"),
        (pa.types.is_floating, "Float64"),
        (pa.types.is_date, "Date32"),
        (pa.types.is_timestamp, "DateTime64(3, 'UTC')"),
    )
    return next((name for fits, name in tests if fits(kind)), "String")


def _may_be_nan(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind))


def _batches(file: Any, max_bytes: int) -> Iterator[Batch]:
    row, total = 1, 0
    try:
        for read in file.iter_batches(batch_size=BATCH_ROWS):
            for part in _parts(read):
                total += _decoded_bytes(part)
                if total > max_bytes:
                    raise LimitExceeded(f"Unpacked it is larger than {max_bytes:,} bytes.")
                yield Batch(list(range(row, row + part.num_rows)), [_values(column) for column in part.columns])
                row += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise SourceFailed(f"It is damaged: the rows after {row - 1:,} cannot be read.", code="malformed") from error


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Slices that have a bounded size when each value stands for itself."""
    if batch.num_rows <= 1 or _decoded_bytes(batch) <= BATCH_BYTES * 8:
        if batch.num_rows == 1 and _decoded_bytes(batch) > LINE_MAX_CHARACTERS * 16:
            raise LimitExceeded("One of its rows is larger than is allowed.")
        yield batch
        return
    half = batch.num_rows // 2
    yield from _parts(batch.slice(0, half))
    yield from _parts(batch.slice(half))


def _decoded_bytes(batch: pa.RecordBatch) -> int:
    return sum(_column_bytes(column) for column in batch.columns)


def _column_bytes(column: pa.Array) -> int:
    if pa.types.is_dictionary(column.type) and _is_bytes(column.type.value_type):
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        return int(pc.sum(lengths).as_py() or 0)
    return int(column.nbytes)


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        # Finer times are cut to what the table keeps; they would become another kind of object.
        column = pc.floor_temporal(column, unit="millisecond").cast(pa.timestamp("us", tz=column.type.tz))
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_value(each) for each in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):  # no text, or a time that Python does not know: no type takes it
        return _UNREADABLE
