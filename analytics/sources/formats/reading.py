"""Which format bytes are in, and their rows."""

import io
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from analytics.sources.batches import Data
from analytics.sources.errors import SourceFailed
from analytics.sources.formats.csv_rows import HEAD_BYTES, CsvOptions, csv_open
from analytics.sources.formats.inflating import opened
from analytics.sources.formats.ndjson_rows import ndjson_open
from analytics.sources.formats.parquet_rows import parquet_open

FORMATS = ("csv", "ndjson", "parquet")
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What somebody says about the data; None: found out."""

    format: str | None = None
    csv: CsvOptions = field(default_factory=CsvOptions)


def format_options(config: dict[str, Any]) -> FormatOptions:
    """From a source's config."""
    csv = CsvOptions(config.get("delimiter"), config.get("quote") or '"', config.get("encoding"), config.get("header"))
    return FormatOptions(config.get("format"), csv)


def data_open(*, file: BinaryIO, name: str, options: FormatOptions, max_bytes: int, is_cut: bool = False) -> Data:
    """The rows of a file that can be sought in, unpacked where it is packed with gzip or zip.

    `is_cut`: there is more that was not fetched.

    Raises:
        SourceFailed
    """
    if options.format == "parquet" or (options.format is None and _begins(file, _PARQUET)):
        return parquet_open(stream=file, max_bytes=max_bytes)
    buffered = io.BufferedReader(opened(file, max_bytes=max_bytes), HEAD_BYTES)
    form = options.format or ("ndjson" if _is_ndjson(buffered, name) else "csv")
    if options.format is None and _is_page(buffered):
        raise SourceFailed("It is a web page, not data; set the format if it is meant.", code="malformed")
    if form == "ndjson":
        data = ndjson_open(stream=buffered)
    else:
        data = csv_open(stream=buffered, options=options.csv, is_cut=is_cut)
    data.is_cut = is_cut
    return data


def _begins(file: BinaryIO, mark: bytes) -> bool:
    begin = file.read(len(mark))
    file.seek(0)
    return begin == mark


def _is_page(stream: "io.BufferedReader[Any]") -> bool:
    """A page that says "please sign in" would be a table without rows, in the place of one with rows."""
    begin = stream.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    return begin.startswith((b"<!doctype html", b"<html"))


def _is_ndjson(stream: "io.BufferedReader[Any]", name: str) -> bool:
    if name.removesuffix(".gz").removesuffix(".zip").lower().endswith((".ndjson", ".jsonl")):
        return True
    return stream.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
