"""One run: load, wait until all is visible, count what it cost."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass

import httpx

from benchmarks import processes
from benchmarks.ingest.services import ClickHouse, Target
from benchmarks.serving import ROOT, load

CONNECTIONS = 16


@dataclass(frozen=True)
class Measured:
    """One run. CPU is in seconds per million events, by process."""

    rows_per_second: float
    cpu: dict[str, float]
    p50_ms: float
    p99_ms: float
    refused: int

    @property
    def cpu_seconds_per_million(self) -> float:
        """Of all processes together."""
        return sum(self.cpu.values())


def measure(store: ClickHouse, target: Target, size: int, run: int, seconds: int) -> Measured:
    store.run(f"TRUNCATE TABLE {target.table}")
    parts = {name: processes.with_children(roots) for name, roots in target.parts.items()}
    before = {name: processes.cpu_seconds(part) for name, part in parts.items()}
    started = time.monotonic()
    script = [str(size), f"{run % 256:02x}", target.kind, target.credentials]
    wrk = load("benchmarks/load.lua", target.url, script, seconds=seconds, connections=CONNECTIONS)
    expected = (wrk.requests - wrk.refused) * size
    while (visible := store.count(target.table)) < expected and time.monotonic() - started < 20 * seconds:
        time.sleep(0.02)
    taken = time.monotonic() - started
    millions = max(visible, 1) / 1e6
    cpu = {name: (processes.cpu_seconds(part) - before[name]) / millions for name, part in parts.items()}
    return Measured(visible / taken, cpu, wrk.p50_ms, wrk.p99_ms, wrk.refused)


def lag_at_half_load(ours: Target, rows_per_second: float) -> tuple[float, float]:
    """p50 and p99 of the seconds from an accepted event until it is visible, under half of the load of 1000."""
    delay_ms = round(4 * 1000 / (rows_per_second / 2) * 1000)
    command = ["wrk", "-t1", "-c4", "-d15s", "-s", "benchmarks/load.lua", ours.url, "--", "1000", "fe", "events"]
    load_run = subprocess.Popen([*command, ours.credentials, str(delay_ms)], cwd=ROOT, stdout=subprocess.DEVNULL)
    store, lags = ClickHouse(), []
    headers = {"Authorization": f"Bearer {ours.credentials}"}
    with httpx.Client(headers=headers, timeout=30) as http:
        number = 0
        while load_run.poll() is None:
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


def memory() -> dict[str, float]:
    names = {"web": "config.asgi", "writer": "write_events", "redis": "redis-server", "clickhouse": "clickhouse_server"}
    return {
        name: processes.resident_mebibytes(processes.with_children(processes.find(command)))
        for name, command in names.items()
    }
