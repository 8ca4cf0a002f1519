"""One run: load, wait until all is visible, count what it cost."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass

import httpx

from benchmarks import processes
from benchmarks.ingest.services import ROOT, ClickHouse, Target

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
    requests, refused, p50_ms, p99_ms = wrk(target, size, run, seconds=seconds)
    expected = (requests - refused) * size
    while (visible := store.count(target.table)) < expected and time.monotonic() - started < 20 * seconds:
        time.sleep(0.02)
    taken = time.monotonic() - started
    millions = max(visible, 1) / 1e6
    cpu = {name: (processes.cpu_seconds(part) - before[name]) / millions for name, part in parts.items()}
    return Measured(visible / taken, cpu, p50_ms, p99_ms, refused)


def wrk(
    target: Target, size: int, run: int, *, seconds: int, connections: int = CONNECTIONS, delay_ms: int = 0
) -> tuple[int, int, float, float]:
    """(requests, of which refused, p50 and p99 of the answer in ms)"""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", "benchmarks/load.lua"]
    script = [str(size), f"{run % 256:02x}", target.kind, target.credentials, str(delay_ms)]
    done = subprocess.run(
        [*command, target.url, "--", *script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    [line] = [line for line in done.splitlines() if line.startswith("RESULT")]
    _, requests, refused, _, p50_ms, p99_ms = line.split()
    return int(requests), int(refused), float(p50_ms), float(p99_ms)


def lag_at_half_load(ours: Target, rows_per_second: float) -> tuple[float, float]:
    """p50 and p99 of the seconds from an accepted event until it is visible, under half of the load of 1000."""
    delay_ms = round(4 * 1000 / (rows_per_second / 2) * 1000)
    load = ["wrk", "-t1", "-c4", "-d15s", "-s", "benchmarks/load.lua", ours.url, "--", "1000", "fe", "events"]
    load_run = subprocess.Popen([*load, ours.credentials, str(delay_ms)], cwd=ROOT, stdout=subprocess.DEVNULL)
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
    names = {"web": "config.wsgi", "writer": "write_events", "redis": "redis-server", "clickhouse": "clickhouse_server"}
    return {
        name: processes.resident_mebibytes(processes.with_children(processes.find(command)))
        for name, command in names.items()
    }
