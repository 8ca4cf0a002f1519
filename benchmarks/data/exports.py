"""Exports of everything, beside the same rows in ClickHouse's own format."""

import time
from statistics import median

import psutil

from accounts.models import User
from analytics.exports.models import ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.services import export_stream
from benchmarks.report import table
from storage_app.clickhouse.byte_stream import stream_bytes

FORMATS = {ExportFormat.CSV: "CSV", ExportFormat.NDJSON: "JSONEachRow", ExportFormat.PARQUET: "Parquet"}
ROWS = 5_000_000
ROUNDS = 3
_QUESTION = {"table_name": "events", "limit": ROWS}
_HEADER = ["export", "rows", "MiB", "ClickHouse's own rows/s", "ours rows/s", "ratio", "memory grown, MiB"]


def exports_measure(user: User) -> str:
    """A row for each format."""
    return table(_HEADER, [_export(user, kind, name) for kind, name in FORMATS.items()])


def _export(user: User, kind: ExportFormat, output_format: str) -> list[str]:
    ours, bare = [], []
    for _ in range(ROUNDS):  # in turns
        size, seconds = _bare(user, kind, output_format)
        bare.append(seconds)
        rows, seconds, grown = _ours(user, kind)
        ours.append((seconds, grown))
    rates = rows / median(bare), rows / median(seconds for seconds, _ in ours)
    return [
        kind.value,
        f"{rows:,}",
        f"{size / 2**20:.0f}",
        *(f"{rate:,.0f}" for rate in rates),
        f"{rates[1] / rates[0]:.2f}",
        f"{max(grown for _, grown in ours) / 2**20:.0f}",
    ]


def _bare(user: User, kind: ExportFormat, output_format: str) -> tuple[int, float]:
    """Bytes and seconds."""
    plan = export_plan(user=user, question=_QUESTION, file_format=kind, escape_formulas=False, counted=False)
    options = {**plan.settings, "date_time_output_format": "iso", "max_rows_to_read": 10**10, "max_result_rows": 0}
    started = time.perf_counter()
    with stream_bytes(
        plan.sql, plan.parameters, output_format=output_format, options=options, timeout_seconds=600, query_id="bare"
    ) as chunks:
        size = sum(len(chunk) for chunk in chunks)
    return size, time.perf_counter() - started


def _ours(user: User, kind: ExportFormat) -> tuple[int, float, int]:
    """Rows, seconds, and by how many bytes the process grew."""
    process = psutil.Process()
    before = most = process.memory_info().rss
    started = time.perf_counter()
    export, sent = export_stream(user=user, question=_QUESTION, file_format=kind, escape_formulas=True)
    for number, _ in enumerate(sent):
        if number % 50 == 0:
            most = max(most, process.memory_info().rss)
    seconds = time.perf_counter() - started
    export.refresh_from_db()
    if export.status != "succeeded":
        raise RuntimeError(f"{kind}: {export.error}")
    return export.rows, seconds, most - before
