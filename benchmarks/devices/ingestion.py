"""Readings in: ours against a plain FastAPI + SQLAlchemy + PostgreSQL service, in one interleaved run.

    python -m devstack exec -- python -m benchmarks.devices.ingestion [--seconds 4] [--rounds 3]

Counts readings that can be read over the time from the first request until the last can, the CPU seconds of every
process but wrk, and what a reading takes on disk. Writes docs/benchmarks.md between its `readings` markers.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import django
import httpx
import psutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402  # the apps must be there first

from benchmarks import processes  # noqa: E402
from benchmarks.report import machine, section_write, table  # noqa: E402
from benchmarks.serving import ROOT, free_port, load, started, wait_for  # noqa: E402
from storage_app.clickhouse import gateway  # noqa: E402

# Readings a request, and connections: fewer of the large ones, so that the slower side answers within a run.
BATCHES = {1: 16, 100: 16, 1000: 4}
DEVICES = 20
STORED_READINGS = 1_000_000


@dataclass(frozen=True)
class Target:
    """One of the two."""

    name: str
    url: str
    token: str
    devices: list[str]
    count: Callable[[], int]
    clear: Callable[[], None]
    roots: list[psutil.Process]


@dataclass(frozen=True)
class Measured:
    """One run."""

    readings_per_second: float
    cpu_seconds_per_million: float
    p50_ms: float
    p99_ms: float
    refused: int


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    results: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    with _services() as (ours, peer):
        targets = [_ours(ours), _peer(peer)]
        for _ in range(arguments.rounds):
            for size in BATCHES:
                for target in targets:
                    results[target.name, size].append(_measure(target, size, arguments.seconds))
                    sys.stderr.write(f"{target.name:6} {size:5} {results[target.name, size][-1]}\n")
    text = _report(results, arguments) + _storage()
    sys.stdout.write(text)
    section_write("readings", f"{machine()}, shared with other work; the load comes from the same machine.\n\n{text}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts")
    if not shutil.which("wrk"):
        parser.error("wrk is missing: install it (Debian: apt-get install wrk)")
    return parser.parse_args()


@contextmanager
def _services() -> Iterator[tuple[str, str]]:
    """Ours and the peer, with two web processes each; gives their addresses."""
    python = sys.executable
    subprocess.run([python, "manage.py", "prepare", "--demo-accounts"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [python, "-c", "from benchmarks.peers.fastapi_readings import Base, engine; Base.metadata.create_all(engine)"],
        cwd=ROOT,
        check=True,
        env=_environment(),
    )
    ours, peer = free_port(), free_port()
    granian = ["granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(ours), "--workers", "2"]
    uvicorn = ["uvicorn", "benchmarks.peers.fastapi_readings:app", "--port", str(peer), "--workers", "2"]
    commands = (
        [python, "-m", *granian, "config.asgi:application"],
        [python, "manage.py", "write_events"],
        [python, "-m", *uvicorn, "--log-level", "error"],
    )
    with started(commands, environment=_environment()):
        wait_for(f"http://127.0.0.1:{ours}/health")
        wait_for(f"http://127.0.0.1:{peer}/openapi.json")
        yield f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{peer}"


def _environment() -> dict[str, str]:
    peer = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    unlimited = {"READINGS_PER_DEVICE_PER_MINUTE": "0", "READINGS_PER_OWNER_PER_MINUTE": "0"}
    return os.environ | unlimited | {"PEER_DATABASE_URL": peer, "LOG_LEVEL": "WARNING"}


def _ours(url: str) -> Target:
    login = httpx.post(f"{url}/auth/login", json={"username": "teacher", "password": "teacher"})
    token = login.json()["access"]
    names = ("config.asgi", "write_events", "redis-server", "clickhouse_server")
    return Target(
        "ours",
        f"{url}/api/v1/stats",
        token,
        _devices(f"{url}/api/v1/devices", {"Authorization": f"Bearer {token}"}),
        count=lambda: int(gateway.query("SELECT count() FROM device_readings")[0][0]),
        clear=lambda: gateway.execute("TRUNCATE TABLE device_readings"),
        roots=[process for name in names for process in processes.find(name)],
    )


def _peer(url: str) -> Target:
    def ask(sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0]) if cursor.description else 0

    return Target(
        "peer",
        f"{url}/stats",
        "-",
        _devices(f"{url}/devices", {}),
        count=lambda: ask("SELECT count(*) FROM peer_readings"),
        clear=lambda: _ignored(ask("TRUNCATE TABLE peer_readings")),
        roots=[*processes.find("fastapi_readings"), *processes.find("postgres")],
    )


def _ignored(_: int) -> None:
    return None


def _devices(url: str, headers: dict[str, str]) -> list[str]:
    return [httpx.post(url, json={}, headers=headers).json()["id"] for _ in range(DEVICES)]


def _measure(target: Target, size: int, seconds: int) -> Measured:
    target.clear()
    cpu_before, began = _cpu_seconds(target), time.monotonic()
    arguments = [str(size), target.token, ",".join(target.devices)]
    connections = BATCHES[size]
    wrk = load("benchmarks/devices/load.lua", target.url, arguments, seconds=seconds, connections=connections)
    expected = (wrk.requests - wrk.refused) * size
    while (stored := target.count()) < expected and time.monotonic() - began < 20 * seconds:
        time.sleep(0.02)
    taken = time.monotonic() - began
    cpu = _cpu_seconds(target) - cpu_before
    return Measured(stored / taken, cpu / max(stored, 1) * 1e6, wrk.p50_ms, wrk.p99_ms, wrk.refused)


def _cpu_seconds(target: Target) -> float:
    # PostgreSQL's processes come and go.
    return processes.cpu_seconds(processes.with_children(target.roots))


def _report(results: dict[tuple[str, int], list[Measured]], arguments: argparse.Namespace) -> str:
    rows = []
    for size in BATCHES:
        ours, peer = (_median(results[name, size]) for name in ("ours", "peer"))
        rows.append(
            [
                str(size),
                f"{ours.readings_per_second:,.0f}",
                f"{peer.readings_per_second:,.0f}",
                f"{ours.readings_per_second / peer.readings_per_second:.1f}",
                f"{ours.cpu_seconds_per_million:.1f}, {peer.cpu_seconds_per_million:.1f}",
                f"{ours.p50_ms:.1f}, {ours.p99_ms:.1f}",
                f"{peer.p50_ms:.1f}, {peer.p99_ms:.1f}",
            ]
        )
    refused = sum(measured.refused for runs in results.values() for measured in runs)
    header = ["readings a request", "ours a second", "peer a second", "ours ÷ peer", "CPU s per million: ours, peer"]
    return (
        f"wrk with 16 connections (4 at 1000), {arguments.seconds} s a run, medians of {arguments.rounds}, "
        f"interleaved. Requests not answered with success: {refused}.\n\n"
        + table([*header, "ours p50, p99 ms", "peer p50, p99 ms"], rows)
    )


def _median(runs: list[Measured]) -> Measured:
    names = ("readings_per_second", "cpu_seconds_per_million", "p50_ms", "p99_ms")
    medians = {name: statistics.median(getattr(run, name) for run in runs) for name in names}
    return Measured(**medians, refused=sum(run.refused for run in runs))


def _storage() -> str:
    """Bytes a reading, of as many random ones of 500 devices in both."""
    gateway.execute("TRUNCATE TABLE device_readings")
    values = ", ".join(f"round((rand64({axis}) % 200001) / 10000 - 10, 4)" for axis in range(3))
    gateway.execute(
        "INSERT INTO device_readings (device_id, ts, received_at, x, y, z)"  # noqa: S608  # our own numbers
        " SELECT toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(number % 500), 12, '0'))),"
        f" addMilliseconds(toDateTime64('2025-03-10 00:00:00', 3, 'UTC'), intDiv(number, 500) * 32), now64(3), {values}"
        f" FROM numbers({STORED_READINGS})"
    )
    gateway.execute("OPTIMIZE TABLE device_readings FINAL")
    parts = "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active AND table = "
    ours = gateway.query(f"{parts}'device_readings'")[0][0] / STORED_READINGS
    values = ", ".join("round((random() * 20 - 10)::numeric, 4)::float8" for _ in "xyz")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE TABLE peer_readings, peer_devices")
        device_id = "('00000000-0000-4000-8000-' || lpad((n %% 500)::text, 12, '0'))::uuid"
        cursor.execute(
            f"INSERT INTO peer_devices (id) SELECT {device_id} FROM generate_series(0, 499) n".replace("%%", "%")  # noqa: S608
        )
        cursor.execute(
            f"INSERT INTO peer_readings (device_id, timestamp, x, y, z) SELECT {device_id},"  # noqa: S608
            f" '2025-03-10Z'::timestamptz + n / 500 * interval '32 milliseconds', {values}"
            f" FROM generate_series(0, {STORED_READINGS - 1}) n".replace("%%", "%")
        )
        cursor.execute("SELECT pg_total_relation_size('peer_readings')")
        peer = cursor.fetchone()[0] / STORED_READINGS
    return (
        f"\nOn disk, {STORED_READINGS:,} random readings of 500 devices: ours {ours:.1f} bytes a reading, the peer "
        f"{peer:.1f} with its indexes, {peer / ours:.1f} times as much.\n"
    )


if __name__ == "__main__":
    main()
