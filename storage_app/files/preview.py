"""The first rows of a CSV, NDJSON or Parquet file, and the types its columns would have in a table."""

import codecs
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rest_framework.exceptions import APIException

from storage_app.files import object_store
from storage_app.files.models import StoredFile

HEAD_BYTES = 1024 * 1024
"""How much of a text file is looked at."""
_GROUP_MAX_BYTES = 256 * 1024 * 1024
_READ_BYTES = 64 * 1024
_SEPARATORS = (",", ";", "\t", "|")


class NoPreview(APIException):
    """A file that is no table, or not one that can be read."""

    status_code = 422
    default_code = "no_preview"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its ClickHouse type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Columns and first rows, each value as JSON has it."""

    columns: list[Column]
    data: list[dict[str, Any]]


def file_preview(*, file: StoredFile, rows: int) -> Preview:
    """The first rows; types are guessed from them.

    Raises:
        NoPreview, FileStoreUnavailable, ObjectMissing
    """
    read = _READERS.get(file.content_type)
    if read is None:
        raise NoPreview("Only CSV, NDJSON and Parquet files have a preview.")
    try:
        frame = read(file, rows)
    except (ValueError, RecursionError, pa.ArrowException) as error:  # pandas' and json's errors are ValueErrors
        raise NoPreview("The file cannot be read as what it seems to be.") from error
    columns = [Column(str(name), _type(frame[name])) for name in frame.columns]
    records = frame.astype(object).to_dict(orient="records")
    return Preview(columns, [{str(name): _value(value) for name, value in record.items()} for record in records])


def _head(file: StoredFile) -> io.BytesIO:
    """The file's first lines; the last one is cut off where it may not be whole."""
    head = object_store.object_read(key=file.key, start=0, length=HEAD_BYTES)
    if len(head) < file.size:
        head = head[: head.rfind(b"\n") + 1]
    return io.BytesIO(head)


def _csv(file: StoredFile, rows: int) -> pd.DataFrame:
    head = _head(file)
    encoding = "utf-16" if head.getvalue().startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    first_line = head.getvalue().partition(b"\n")[0]
    separator = max(_SEPARATORS, key=lambda each: first_line.count(each.encode()))
    return pd.read_csv(head, sep=separator, nrows=rows, encoding=encoding, encoding_errors="replace")


def _ndjson(file: StoredFile, rows: int) -> pd.DataFrame:
    lines = [line for line in _head(file).read().split(b"\n") if line.strip()][:rows]
    records = [json.loads(line) for line in lines]
    if not all(isinstance(record, dict) for record in records):
        raise NoPreview("Each line must be an object.")
    return pd.DataFrame(records)


def _parquet(file: StoredFile, rows: int) -> pd.DataFrame:
    table = pq.ParquetFile(_StoredBytes(file), buffer_size=_READ_BYTES, pre_buffer=False)
    if table.num_row_groups and table.metadata.row_group(0).total_byte_size > _GROUP_MAX_BYTES:
        raise NoPreview("Its first row group is too large to be looked into.")
    batch = next(table.iter_batches(batch_size=rows, row_groups=[0]), None) if table.num_row_groups else None
    frame: pd.DataFrame = (table.schema_arrow.empty_table() if batch is None else batch).to_pandas()
    return frame


_READERS: dict[str, Callable[[StoredFile, int], pd.DataFrame]] = {
    "text/csv": _csv,
    "text/tab-separated-values": _csv,
    "application/x-ndjson": _ndjson,
    "application/vnd.apache.parquet": _parquet,
}


class _StoredBytes(io.RawIOBase):
    """A stored file to seek in: each read is a request for a range."""

    def __init__(self, file: StoredFile) -> None:
        super().__init__()
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The next byte's place."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; None or -1: the rest."""
        left = self._file.size - self._at
        length = left if size is None or size < 0 else min(size, left)
        if length <= 0:
            return b""
        data = object_store.object_read(key=self._file.key, start=self._at, length=length)
        self._at += len(data)
        return data


def _type(values: "pd.Series[Any]") -> str:
    known = values.dropna()
    name = _known_type(known)
    return name if len(known) == len(values) else f"Nullable({name})"


def _known_type(known: "pd.Series[Any]") -> str:
    if known.empty:
        return "String"
    known = known.infer_objects()
    if pd.api.types.is_bool_dtype(known):
        return "Bool"
    if pd.api.types.is_integer_dtype(known) or (
        pd.api.types.is_float_dtype(known) and bool((known % 1 == 0).all()) and bool(known.abs().lt(2**53).all())
    ):
        return "Int64" if bool((known <= 2**63 - 1).all()) else "UInt64"
    if pd.api.types.is_float_dtype(known):
        return "Float64"
    if pd.api.types.is_datetime64_any_dtype(known) or _are_times(known):
        return "DateTime64(3, 'UTC')"
    return "String"


def _are_times(known: "pd.Series[Any]") -> bool:
    if not all(isinstance(value, str) for value in known):
        return False
    return bool(pd.to_datetime(known, format="ISO8601", utc=True, errors="coerce").notna().all())


def _value(value: Any) -> Any:
    """As JSON has it: no NaN, no infinity; what JSON does not know is text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dict):
        return {str(key): _value(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):
        return _value(value.tolist())
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return None if value is pd.NaT or value is pd.NA else str(value)
