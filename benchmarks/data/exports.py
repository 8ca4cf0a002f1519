"""Exports of everything, beside the same rows in ClickHouse's own format."""

import time

import psutil

from accounts.models import User
from analytics.exports.models import ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.services import export_stream
from benchmarks.report import table
from storage_app.clickhouse.byte_stream import stream_bytes

FORMATS = {ExportFormat.CSV: "CSV", ExportFormat.NDJSON: "JSONEachRow", ExportFormat.PARQUET: "Parquet"}
ROWS = 5_000_000
_HEADER = ["export", "rows", "MiB", "ClickHouse's own rows/s", "ours rows/s", "ratio", "memory grown, MiB"]


def exports_measure(user: User) -> str:
    """A row for each format."""
    return table(_HEADER, [_export(user, kind, name) for kind, name in FORMATS.items()])


def _export(user: User, kind: ExportFormat, output_format: str) -> list[str]:
    question = {"table_name": "events", "limit": ROWS}
    plan = export_plan(user=user, question=question, file_format=kind, escape_formulas=False, counted=False)
    started = time.perf_counter()
    options = {**plan.settings, "date_time_output_format": "iso", "max_rows_to_read": 10**10, "max_result_rows": 0}
    with stream_bytes(
        plan.sql, plan.parameters, output_format=output_format, options=options, timeout_seconds=600, query_id="bare"
    ) as chunks:
        size = sum(len(chunk) for chunk in chunks)
    bare_seconds = time.perf_counter() - started

    process = psutil.Process()
    before = most = process.memory_info().rss
    started = time.perf_counter()
    export, sent = export_stream(user=user, question=question, file_format=kind, escape_formulas=True)
    for number, _ in enumerate(sent):
        if number % 50 == 0:
            most = max(most, process.memory_info().rss)
    seconds = time.perf_counter() - started
    export.refresh_from_db()
    if export.status != "succeeded":
        raise RuntimeError(f"{kind}: {export.error}")
    rates = (export.rows / bare_seconds, export.rows / seconds)
    return [
        kind.value,
        f"{export.rows:,}",
        f"{size / 2**20:.0f}",
        *(f"{rate:,.0f}" for rate in rates),
        f"{rates[1] / rates[0]:.2f}",
        f"{(most - before) / 2**20:.0f}",
    ]
