"""An export's bytes, in constant memory: in ClickHouse's own formats as it sends them, a sheet row by row."""

import csv
import io
import math
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from xlsxwriter.worksheet import Worksheet

from analytics.asking.budget import budget_charge, budget_check
from analytics.asking.running import limits
from analytics.exports.models import ExportFormat
from analytics.exports.plans import ExportPlan
from analytics.exports.tally import Tally
from analytics.query.problems import QueryProblem
from storage_app.clickhouse import gateway
from storage_app.clickhouse.byte_stream import CHUNK_BYTES, stream_bytes

_FORMATS = {
    ExportFormat.CSV: "CSV", ExportFormat.JSON: "JSONEachRow", ExportFormat.NDJSON: "JSONEachRow",
    ExportFormat.PARQUET: "Parquet",
}  # fmt: skip
_OPTIONS: dict[str, int | str] = {
    "date_time_output_format": "iso",
    "format_csv_null_representation": "",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_denormals": 0,
    "output_format_json_validate_utf8": 1,
    "output_format_parallel_formatting": 1,
    # All rows, however many; what sorts or groups more than fits into memory goes to the disk.
    "max_result_rows": 0,
}
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
_CELL_MAX_LENGTH = 32_767
_EXACT_NUMBERS = 2**53
_FIRST_SHEET_YEAR = 1900


def export_chunks(
    plan: ExportPlan, file_format: ExportFormat, tally: Tally, *, caller: str, escape_formulas: bool
) -> Generator[bytes, None, None]:
    """The whole file, counted by `tally`; whoever stops early stops the query.

    Raises:
        Throttled, QueryProblem, and the errors of storage_app.clickhouse.errors
    """
    budget_check(caller)
    started = datetime.now(UTC)
    try:
        if file_format == ExportFormat.XLSX:
            yield from tally.passing(_sheet_chunks(plan, tally))
        else:
            yield from tally.passing(_store_chunks(plan, file_format, escape_formulas=escape_formulas))
    finally:
        seconds = (datetime.now(UTC) - started).total_seconds()
        budget_charge(caller, seconds=seconds, rows=tally.rows)


def _store_chunks(plan: ExportPlan, file_format: ExportFormat, *, escape_formulas: bool) -> Iterator[bytes]:
    options: dict[str, Any] = {**limits(), **plan.settings, **_OPTIONS}
    options["max_bytes_before_external_sort"] = options["max_bytes_before_external_group_by"] = (
        settings.QUERY_MAX_MEMORY_BYTES // 4
    )
    if file_format == ExportFormat.JSON:
        options["output_format_json_array_of_rows"] = 1
    with stream_bytes(
        plan.sql,
        plan.parameters,
        output_format=_FORMATS[file_format],
        options=options,
        timeout_seconds=settings.EXPORT_TIMEOUT_SECONDS,
        query_id=plan.query_id,
    ) as chunks:
        if file_format == ExportFormat.CSV:
            yield csv_header(plan.names, escape=escape_formulas)
        yield from chunks


def csv_header(names: tuple[str, ...], *, escape: bool) -> bytes:
    """The first line; an alias could be a formula too."""
    shown = [f"'{name}" if escape and name.startswith(_FORMULA_BEGINS) else name for name in names]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(shown)
    return text.getvalue().encode()


def _sheet_chunks(plan: ExportPlan, tally: Tally) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "export.xlsx"
        tally.rows = _sheet_write(plan, path)
        with path.open("rb") as file:
            yield from _read(file)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _sheet_write(plan: ExportPlan, path: Path) -> int:
    """Rows go to the disk as they come, and are counted; a text is never a formula or a link."""
    number = 0
    options = {
        "constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False, "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }  # fmt: skip
    with _rows(plan) as rows, closing(xlsxwriter.Workbook(str(path), options)) as book:
        sheet = book.add_worksheet()
        for column, name in enumerate(plan.names):
            _cell_write(sheet, 0, column, name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _cell_write(sheet, number, column, value)
    return number


@contextmanager
def _rows(plan: ExportPlan) -> Iterator[Iterator[Any]]:
    options = {**limits(), **plan.settings, "max_result_rows": 0}
    with gateway.stream(
        plan.sql,
        plan.parameters,
        settings=options,
        timeout_seconds=settings.EXPORT_TIMEOUT_SECONDS,
        query_id=plan.query_id,
        reader=True,
    ) as rows:
        yield rows


def _cell_write(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """One cell, as the nearest thing that a sheet knows; what it would round is text.

    Raises:
        QueryProblem: longer than a cell takes, or more rows than there were when they were counted.
    """
    match value:
        case None:
            return
        case bool():
            written = sheet.write_boolean(row, column, value)
        case int() if abs(value) < _EXACT_NUMBERS:
            written = sheet.write_number(row, column, value)
        case float() if math.isfinite(value):
            written = sheet.write_number(row, column, value)
        case datetime() if value.year >= _FIRST_SHEET_YEAR:
            written = sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None))
        case date() if value.year >= _FIRST_SHEET_YEAR:
            written = sheet.write_datetime(row, column, value)
        case Decimal() if abs(value) < _EXACT_NUMBERS and len(value.as_tuple().digits) <= 15:
            written = sheet.write_number(row, column, float(value))
        case _:
            written = sheet.write_string(row, column, str(value))
    if written:
        detail = f"Row {row} does not fit: a cell holds {_CELL_MAX_LENGTH:,} characters. Take csv or parquet."
        raise QueryProblem("too_large", detail, "format")
