"""`make bench-data`: questions through the whole web application beside the same SQL by the bare driver; exports.

Twenty shapes of query, aggregate and chart over events. What each statement is, is noted while the question is asked;
the bare side then asks exactly those, with the same settings, as the same user.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median, quantiles
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "ENVIRONMENT": "development",
    "QUERY_BUDGET_SECONDS": "0",
    "QUERY_BUDGET_ROWS": "0",
    "LOG_LEVEL": "ERROR",
}
os.environ |= {
    "SECRET_KEY": "b" * 50,
    "JWT_SECRET_KEY": "b" * 50,
    "RATE_LIMIT_PER_MINUTE": "0",
    "DATABASE_POOL_SIZE": "40",
}
django.setup()

import psutil  # noqa: E402
from clickhouse_driver import Client as Driver  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from accounts.tokens import access_token_sign  # noqa: E402
from analytics.asking.running import Asker, limits  # noqa: E402
from analytics.exports.models import ExportFormat  # noqa: E402
from analytics.exports.plans import export_plan  # noqa: E402
from analytics.exports.services import export_stream  # noqa: E402
from analytics.query.statements import Statement  # noqa: E402
from benchmarks.report import machine, section_write, table  # noqa: E402
from storage_app.clickhouse import gateway  # noqa: E402
from storage_app.clickhouse.byte_stream import stream_bytes  # noqa: E402

_FILL = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT
    reinterpret(sipHash128(number), 'UUID'), toString(sipHash64(number, 'user') % 20000),
    concat('course-', toString(sipHash64(number, 'course') % 200)),
    ['page_viewed', 'video_played', 'problem_attempted', 'forum_posted'][number % 4 + 1],
    concat('session-', toString(sipHash64(number, 'session') % 100000)),
    toDateTime64('2025-01-06 00:00:00', 3, 'UTC') + toIntervalMillisecond(sipHash64(number, 'when') % (84 * 86400000)),
    now64(3), concat('{"item_id":"item-', toString(number % 300), '","seconds":', toString(number % 1200), '}')
FROM numbers({first:UInt64}, {count:UInt64})
"""
_BLOCK = 1_000_000
COUNT = [{"function": "count"}]
_WEEK = {"conditions": [{"field": "occurred_at", "operator": "between", "value": ["2025-02-03", "2025-02-10"]}]}
_COURSE = {
    "conditions": [
        {"field": "course_id", "operator": "eq", "value": "course-7"},
        {"field": "occurred_at", "operator": "gte", "value": "2025-03-01"},
    ]
}
_PERSON = {"conditions": [{"field": "user_id", "operator": "eq", "value": "77"}]}
_DAY = {"field": "occurred_at", "interval": "day"}


def _query(**body: Any) -> tuple[str, dict[str, Any]]:
    return "query", {"table_name": "events", **body}


def _aggregate(*functions: tuple[str, str | None], **body: Any) -> tuple[str, dict[str, Any]]:
    asked = [{"function": function, "field": field} for function, field in functions] or COUNT
    return "aggregate", {"table_name": "events", "aggregations": asked, **body}


def _chart(kind: str, x: str, **body: Any) -> tuple[str, dict[str, Any]]:
    return "chart", {"table_name": "events", "chart_type": kind, "x": x, "y": COUNT, **body}


SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "rows: newest of all": _query(),
    "rows: newest of a course": _query(filters=_COURSE),
    "rows: of a person": _query(filters=_PERSON),
    "rows: page 100 of a week": _query(filters=_WEEK, page=100),
    "rows: 1000 of a course": _query(filters=_COURSE, page_size=1000),
    "rows: a JSON path, a week": _query(filters=_WEEK, columns=["user_id", "properties.item_id"]),
    "numbers: count of a course": _aggregate(filters=_COURSE),
    "numbers: types of a course": _aggregate(group_by=["event_type"], filters=_COURSE),
    "numbers: people of a week": _aggregate(("uniqExact", "user_id"), filters=_WEEK),
    "numbers: days of a course": _aggregate(group_by=[_DAY], filters=_COURSE, timezone="Europe/Berlin"),
    "numbers: courses of a week": _aggregate(group_by=["course_id"], filters=_WEEK),
    "numbers: median of a path": _aggregate(("median", "properties.seconds"), filters=_COURSE),
    "numbers: having": _aggregate(
        group_by=["user_id"],
        filters=_COURSE,
        having={"conditions": [{"field": "count", "operator": "gt", "value": 2}]},
    ),
    "numbers: types of everything": _aggregate(group_by=["event_type"]),
    "chart: line of a course by day": _chart("line", "occurred_at", interval="day", filters=_COURSE),
    "chart: lines by type": _chart("line", "occurred_at", interval="day", series="event_type", filters=_COURSE),
    "chart: bar of courses": _chart("bar", "course_id", filters=_WEEK, limit=10),
    "chart: pie of types": _chart("pie", "event_type", filters=_COURSE),
    "chart: heatmap": _chart("heatmap", "event_type", series="course_id", filters=_WEEK),
    "chart: area by hour": _chart("area", "occurred_at", interval="hour", filters=_COURSE),
}


class Caller:
    """An admin who asks through the whole web application."""

    def __init__(self) -> None:
        self.user = User.objects.create_user(email="bench@example.org", username="bench", role=Role.ADMIN)
        self._token = access_token_sign(user=self.user)

    def client(self) -> APIClient:
        """Signed in."""
        client = APIClient(SERVER_NAME="127.0.0.1")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self._token}")
        return client

    def ask(self, client: APIClient, shape: str, *, fresh: bool) -> None:
        """One question."""
        call, body = SHAPES[shape]
        headers = {"Cache-Control": "no-cache"} if fresh else {}
        answer = client.post(f"/api/v1/data/{call}", body, headers=headers, format="json")
        if answer.status_code != 200:
            raise RuntimeError(f"{shape}: {answer.status_code} {answer.content!r}")


def statements_of(ask: Callable[[], None]) -> list[Statement]:
    """What a question asks of the store."""
    noted: list[Statement] = []
    real = Asker.ask

    def note(self: Asker, statement: Statement) -> Any:
        noted.append(statement)
        return real(self, statement)

    Asker.ask = note  # type: ignore[method-assign]
    try:
        ask()
    finally:
        Asker.ask = real  # type: ignore[method-assign]
    return noted


def milliseconds(call: Callable[[], None], rounds: int) -> list[float]:
    """How long each call took."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _shape(caller: Caller, driver: Driver, shape: str, rounds: int) -> list[str]:
    client = caller.client()
    statements = statements_of(lambda: caller.ask(client, shape, fresh=True))

    def bare() -> None:
        for each in statements:
            driver.execute(each.sql, _plain(each.parameters), settings={**each.settings, **limits()})

    bare()
    ours, theirs = [], []
    for _ in range(rounds):  # in turns, so that whatever else the machine does slows both
        ours += milliseconds(lambda: caller.ask(client, shape, fresh=True), 1)
        theirs += milliseconds(bare, 1)
    kept = milliseconds(lambda: caller.ask(client, shape, fresh=False), rounds)
    more = median(ours) - median(theirs)
    figures = (median(theirs), median(ours), more, p99(ours), median(kept), p99(kept))
    return [shape, *(f"{figure:.1f}" for figure in figures)]


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98]


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    from storage_app.clickhouse.parameters import bind  # noqa: PLC0415

    return bind("", parameters)


def _together(caller: Caller, callers: int, rounds: int) -> str:
    shapes = list(SHAPES)

    def work(number: int) -> list[float]:
        client = caller.client()
        taken = []
        for turn in range(rounds):
            shape = shapes[(number + turn) % len(shapes)]
            taken += milliseconds(partial(caller.ask, client, shape, fresh=True), 1)
        return taken

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        taken = [each for batch in pool.map(work, range(callers)) for each in batch]
    rate = len(taken) / (time.perf_counter() - started)
    return (
        f"{callers} callers at once, in one process, without the cache: {rate:.0f} answers/s,"
        f" p50 {median(taken):.0f} ms, p99 {p99(taken):.0f} ms.\n"
    )


def _export(caller: Caller, kind: ExportFormat, output_format: str) -> list[str]:
    question = {"table_name": "events", "limit": 5_000_000}
    plan = export_plan(user=caller.user, question=question, file_format=kind, escape_formulas=False, counted=False)
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
    export, sent = export_stream(user=caller.user, question=question, file_format=kind, escape_formulas=True)
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


def main() -> int:
    """Measure, and write docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("migrate_clickhouse", verbosity=0)
    for first in range(0, asked.events, _BLOCK):
        parameters = {"first": first, "count": min(_BLOCK, asked.events - first)}
        gateway.execute(_FILL, parameters, settings={"max_partitions_per_insert_block": 0}, timeout_seconds=600)
    gateway.execute("OPTIMIZE TABLE events FINAL", timeout_seconds=600)
    caller = Caller()
    driver = Driver(**settings.CLICKHOUSE_READER, settings={"server_side_params": True, "session_timezone": "UTC"})
    driver.execute("SET optimize_move_to_prewhere_if_final = 1")
    rows = [_shape(caller, driver, shape, asked.rounds) for shape in SHAPES]
    header = ["question", "bare SQL p50 ms", "ours p50 ms", "more ms", "ours p99 ms", "kept p50 ms", "kept p99 ms"]
    text = f"{machine()}, shared with other work. {asked.events:,} events, {asked.rounds} rounds in turns.\n\n"
    text += table(header, rows) + "\n" + _together(caller, 20, 10) + "\n"
    formats = (ExportFormat.CSV, "CSV"), (ExportFormat.NDJSON, "JSONEachRow"), (ExportFormat.PARQUET, "Parquet")
    header = ["export", "rows", "MiB", "ClickHouse's own rows/s", "ours rows/s", "ratio", "memory grown, MiB"]
    text += table(header, [_export(caller, kind, name) for kind, name in formats])
    sys.stdout.write(text)
    section_write("query", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
