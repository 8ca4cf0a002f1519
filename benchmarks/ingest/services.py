"""What is measured: ours and the peer as processes, ClickHouse's own HTTP interface as the limit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import psutil

from benchmarks import processes
from benchmarks.serving import ROOT, free_port, started, wait_for

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
    ours, peer = free_port(), free_port()
    granian = ["granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(ours), "--workers", "2"]
    uvicorn = ["uvicorn", "benchmarks.peers.fastapi_events:app", "--port", str(peer), "--workers", "2"]
    environment = os.environ | {"PEER_TABLE": f"tidewatch.{PEER_TABLE}", "LOG_LEVEL": "WARNING"}
    commands = (
        [python, "-m", *granian, "config.asgi:application"],
        [python, "manage.py", "write_events"],
        [python, "-m", *uvicorn, "--log-level", "error"],
    )
    with started(commands, environment=environment):
        wait_for(f"http://127.0.0.1:{ours}/health")
        wait_for(f"http://127.0.0.1:{peer}/openapi.json")
        yield ours, peer


def targets_of(store: ClickHouse, ports: tuple[int, int]) -> list[Target]:
    ours, peer = ports
    login = httpx.post(f"http://127.0.0.1:{ours}/auth/login", json={"username": "teacher", "password": "teacher"})
    server = {"ClickHouse": processes.find("clickhouse_server")}
    insert = f"/?database=tidewatch&query=INSERT%20INTO%20{LIMIT_TABLE}%20FORMAT%20JSONEachRow"
    own = {
        "web": processes.find("config.asgi"),
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
