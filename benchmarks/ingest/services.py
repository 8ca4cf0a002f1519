"""What is measured: ours and the peer as processes, ClickHouse's own HTTP interface as the limit."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from benchmarks import processes

ROOT = Path(__file__).resolve().parents[2]
PEER_TABLE, LIMIT_TABLE = "events_peer", "events_limit"


@dataclass(frozen=True)
class Target:
    """One of the three that are compared; `parts` are its processes by what they are."""

    name: str
    url: str
    kind: str
    credentials: str
    table: str
    parts: dict[str, list[psutil.Process]]


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


@contextmanager
def services_start() -> Iterator[tuple[int, int]]:
    """Ours and the peer, with two web processes each; gives their ports."""
    python = sys.executable
    subprocess.run([python, "manage.py", "prepare", "--demo-accounts"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    ours, peer = _free_port(), _free_port()
    granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(ours), "--workers", "2"]
    uvicorn = ["uvicorn", "benchmarks.peers.fastapi_events:app", "--port", str(peer), "--workers", "2"]
    environment = os.environ | {"PEER_TABLE": f"tidewatch.{PEER_TABLE}", "LOG_LEVEL": "WARNING"}
    commands = (
        [python, "-m", *granian, "--blocking-threads", "4", "config.wsgi:application"],
        [python, "manage.py", "write_events"],
        [python, "-m", *uvicorn, "--log-level", "error"],
    )
    started = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) for command in commands]
    try:
        _wait_for(f"http://127.0.0.1:{ours}/health")
        _wait_for(f"http://127.0.0.1:{peer}/openapi.json")
        yield ours, peer
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def targets_of(store: ClickHouse, ports: tuple[int, int]) -> list[Target]:
    ours, peer = ports
    login = httpx.post(f"http://127.0.0.1:{ours}/auth/login", json={"username": "teacher", "password": "teacher"})
    server = {"ClickHouse": processes.find("clickhouse_server")}
    insert = f"/?database=tidewatch&query=INSERT%20INTO%20{LIMIT_TABLE}%20FORMAT%20JSONEachRow"
    own = {
        "web": processes.find("config.wsgi"),
        "writer": processes.find("write_events"),
        "Redis": processes.find("redis-server"),
    }
    peers = {"web": processes.find("fastapi_events")}
    events = f"http://127.0.0.1:{ours}/api/v1/events"
    return [
        Target("ours", events, "events", login.json()["access"], "events", own | server),
        Target("peer", f"http://127.0.0.1:{peer}/events", "events", "-", PEER_TABLE, peers | server),
        Target("limit", store.url + insert, "ndjson", store.credentials, LIMIT_TABLE, server),
    ]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not up yet
        time.sleep(0.1)
    raise TimeoutError(url)
