"""Events in: ours, a plain FastAPI service, and ClickHouse's own HTTP interface as the limit, in one interleaved run.

    python -m devstack exec -- python -m benchmarks.ingest [--seconds 4] [--rounds 3]

Counts rows visible in ClickHouse over the time from the first request until the last is visible, the CPU seconds of
every process but wrk, and the times of the answers. Writes docs/benchmarks.md between its `ingest` markers.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import psutil

from benchmarks import processes
from benchmarks.report import machine, section_write
from benchmarks.serving import ROOT, free_port, load, started, wait_for

BATCHES = (1, 100, 1000, 5000)
CONNECTIONS = 16
PEER_TABLE, LIMIT_TABLE = "events_peer", "events_limit"


@dataclass(frozen=True)
class Target:
    """One of the three that are compared."""

    name: str
    url: str
    kind: str
    credentials: str
    table: str
    roots: list[psutil.Process]


@dataclass(frozen=True)
class Measured:
    """One run."""

    rows_per_second: float
    cpu_seconds_per_million: float
    p50_ms: float
    p99_ms: float
    refused: int


class ClickHouse:
    """Counts and tables, over HTTP."""

    def __init__(self) -> None:
        user = urlsplit(os.environ["CLICKHOUSE_URL"])
        self.url = os.environ["CLICKHOUSE_HTTP_URL"]
        self.credentials = f"{user.username}:{user.password}"
        auth = (user.username or "", user.password or "")
        self._http = httpx.Client(base_url=self.url, auth=auth, params={"database": "tidewatch"}, timeout=60)

    def run(self, sql: str) -> str:
        """A statement's answer as text."""
        answer = self._http.post("/", content=sql)
        answer.raise_for_status()
        return answer.text.strip()

    def count(self, table: str) -> int:
        """Rows as they lie in a table."""
        return int(self.run(f"SELECT count() FROM {table}"))  # noqa: S608  # our own tables


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    store = ClickHouse()
    with _services() as ports:
        for table in (PEER_TABLE, LIMIT_TABLE):
            store.run(f"CREATE TABLE IF NOT EXISTS {table} AS events")
        targets = _targets(store, ports)
        results = _compare(store, targets, arguments)
        lag = _lag_at_half_load(targets[0], statistics.median(m.rows_per_second for m in results["ours", 1000]))
        memory = _memory()
    text = _report(results, lag, memory, arguments)
    sys.stdout.write(text + "\n")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # machine() asks ClickHouse for its version
    section_write("ingest", f"{machine()}, shared with other work; the load comes from the same machine.\n\n{text}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts")
    if not shutil.which("wrk"):
        parser.error("wrk is missing: install it (Debian: apt-get install wrk)")
    return parser.parse_args()


@contextmanager
def _services() -> Iterator[tuple[int, int]]:
    """Ours and the peer, with two web processes each; gives their ports."""
    python = sys.executable
    subprocess.run([python, "manage.py", "prepare", "--demo-accounts"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    ours, peer = free_port(), free_port()
    granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(ours), "--workers", "2"]
    uvicorn = ["uvicorn", "benchmarks.peers.fastapi_events:app", "--port", str(peer), "--workers", "2"]
    environment = os.environ | {"PEER_TABLE": f"tidewatch.{PEER_TABLE}", "LOG_LEVEL": "WARNING"}
    commands = (
        [python, "-m", *granian, "--blocking-threads", "4", "config.wsgi:application"],
        [python, "manage.py", "write_events"],
        [python, "-m", *uvicorn, "--log-level", "error"],
    )
    with started(commands, environment=environment):
        wait_for(f"http://127.0.0.1:{ours}/health")
        wait_for(f"http://127.0.0.1:{peer}/openapi.json")
        yield ours, peer


def _targets(store: ClickHouse, ports: tuple[int, int]) -> list[Target]:
    ours, peer = ports
    login = httpx.post(f"http://127.0.0.1:{ours}/auth/login", json={"username": "teacher", "password": "teacher"})
    server = processes.find("clickhouse_server")
    insert = f"/?database=tidewatch&query=INSERT%20INTO%20{LIMIT_TABLE}%20FORMAT%20JSONEachRow"
    own = [*processes.find("config.wsgi"), *processes.find("write_events"), *processes.find("redis-server"), *server]
    return [
        Target("ours", f"http://127.0.0.1:{ours}/api/v1/events", "events", login.json()["access"], "events", own),
        Target(
            "peer",
            f"http://127.0.0.1:{peer}/events",
            "events",
            "-",
            PEER_TABLE,
            [*processes.find("fastapi_events"), *server],
        ),
        Target("limit", store.url + insert, "ndjson", store.credentials, LIMIT_TABLE, server),
    ]


def _compare(
    store: ClickHouse, targets: list[Target], arguments: argparse.Namespace
) -> dict[tuple[str, int], list[Measured]]:
    results = defaultdict(list)
    run = 0
    for _ in range(arguments.rounds):
        for size in BATCHES:
            for target in targets:
                run += 1
                results[target.name, size].append(_measure(store, target, size, run, arguments.seconds))
                sys.stderr.write(f"{target.name:6} {size:5} {results[target.name, size][-1]}\n")
    return results


def _measure(store: ClickHouse, target: Target, size: int, run: int, seconds: int) -> Measured:
    store.run(f"TRUNCATE TABLE {target.table}")
    everyone = processes.with_children(target.roots)
    cpu_before, began = processes.cpu_seconds(everyone), time.monotonic()
    arguments = [str(size), f"{run % 256:02x}", target.kind, target.credentials, "0"]
    wrk = load("benchmarks/load.lua", target.url, arguments, seconds=seconds, connections=CONNECTIONS)
    expected = (wrk.requests - wrk.refused) * size
    while (visible := store.count(target.table)) < expected and time.monotonic() - began < 20 * seconds:
        time.sleep(0.02)
    taken = time.monotonic() - began
    cpu = processes.cpu_seconds(everyone) - cpu_before
    return Measured(visible / taken, cpu / max(visible, 1) * 1e6, wrk.p50_ms, wrk.p99_ms, wrk.refused)


def _lag_at_half_load(ours: Target, rows_per_second: float) -> tuple[float, float]:
    """p50 and p99 of the seconds from an accepted event until it is visible, under half of the load of 1000."""
    delay_ms = round(4 * 1000 / (rows_per_second / 2) * 1000)
    command = ["wrk", "-t1", "-c4", "-d15s", "-s", "benchmarks/load.lua", ours.url, "--", "1000", "fe", "events"]
    wrk = subprocess.Popen([*command, ours.credentials, str(delay_ms)], cwd=ROOT, stdout=subprocess.DEVNULL)
    store, lags = ClickHouse(), []
    headers = {"Authorization": f"Bearer {ours.credentials}"}
    with httpx.Client(headers=headers, timeout=30) as http:
        number = 0
        while wrk.poll() is None:
            number += 1
            user_id = f"probe-{time.time_ns()}"
            event_id = f"{number:08x}-0000-4000-9000-{os.getpid():012x}"
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            event = {"event_id": event_id, "user_id": user_id, "event_type": "probe", "occurred_at": now}
            http.post(ours.url, json={"events": [event]}).raise_for_status()
            accepted = time.monotonic()
            while store.run(f"SELECT count() FROM events WHERE event_id = '{event_id}'") == "0":  # noqa: S608  # ours
                time.sleep(0.01)
            lags.append(time.monotonic() - accepted)
    return statistics.median(lags), statistics.quantiles(lags, n=100)[98]


def _memory() -> dict[str, float]:
    names = {"web": "config.wsgi", "writer": "write_events", "redis": "redis-server", "clickhouse": "clickhouse_server"}
    return {
        name: processes.resident_mebibytes(processes.with_children(processes.find(command)))
        for name, command in names.items()
    }


def _report(
    results: dict[tuple[str, int], list[Measured]],
    lag: tuple[float, float],
    memory: dict[str, float],
    arguments: argparse.Namespace,
) -> str:
    lines = [
        f"wrk with {CONNECTIONS} connections, {arguments.seconds} s a run, medians of {arguments.rounds}, interleaved.",
        "",
        "| batch | ours rows/s | peer rows/s | limit rows/s | ours ÷ peer | ours ÷ limit "
        "| CPU s per million: ours, peer, limit | ours p50, p99 ms | peer p50, p99 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for size in BATCHES:
        ours, peer, limit = (_median(results[name, size]) for name in ("ours", "peer", "limit"))
        lines.append(
            f"| {size} | {ours.rows_per_second:,.0f} | {peer.rows_per_second:,.0f} | {limit.rows_per_second:,.0f} "
            f"| {ours.rows_per_second / peer.rows_per_second:.1f} | {ours.rows_per_second / limit.rows_per_second:.2f} "
            f"| {ours.cpu_seconds_per_million:.1f}, {peer.cpu_seconds_per_million:.1f}, "
            f"{limit.cpu_seconds_per_million:.1f} "
            f"| {ours.p50_ms:.1f}, {ours.p99_ms:.1f} | {peer.p50_ms:.1f}, {peer.p99_ms:.1f} |"
        )
    refused = sum(measured.refused for runs in results.values() for measured in runs)
    memory_text = ", ".join(f"{name} {size:.0f}" for name, size in memory.items())
    lines += [
        "",
        f"From accepted to visible at half load of 1000: p50 {lag[0]:.2f} s, p99 {lag[1]:.2f} s. "
        f"Requests not answered with success: {refused}. Memory at the end in MiB: {memory_text}.",
    ]
    return "\n".join(lines)


def _median(runs: list[Measured]) -> Measured:
    return Measured(
        rows_per_second=statistics.median(run.rows_per_second for run in runs),
        cpu_seconds_per_million=statistics.median(run.cpu_seconds_per_million for run in runs),
        p50_ms=statistics.median(run.p50_ms for run in runs),
        p99_ms=statistics.median(run.p99_ms for run in runs),
        refused=sum(run.refused for run in runs),
    )


if __name__ == "__main__":
    main()
