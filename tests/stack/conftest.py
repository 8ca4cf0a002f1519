"""A whole Tidewatch, started as a user starts it, with data of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
OWN_SERVERS = ("DATABASE_URL", "POSTGRES_", "REDIS_URL", "CLICKHOUSE_", "S3_", "MINIO_", "ENVIRONMENT", "SECRET_KEY")


@dataclass
class Running:
    """A running Tidewatch."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    output: list[str]
    clients: list[httpx.Client] = field(default_factory=list)

    def pid(self, service: str) -> int | None:
        """The process of a service; None while it is down."""
        file = self.data_dir / "run" / f"{service}.pid"
        return int(file.read_text()) if file.exists() else None

    def log(self, service: str) -> str:
        return (self.data_dir / "log" / f"{service}.log").read_text()

    def client(self, login: str = "teacher") -> httpx.Client:
        """Signed in as one of the demonstration's accounts."""
        client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=60)
        self.clients.append(client)
        answer = client.post("/auth/login", json={"username": login, "password": login})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        return client

    def close_clients(self) -> None:
        while self.clients:
            self.clients.pop().close()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside it."""
        return subprocess.run(
            [sys.executable, "-m", "devstack", "manage", *arguments],
            cwd=ROOT,
            env=environment(self.data_dir),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This process's environment less the test servers: Tidewatch starts its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SERVERS)}
    return kept | {"DATA_DIR": str(data_dir), "XDG_CACHE_HOME": str(data_dir / "cache")} | more


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(data_dir: Path, **more: str) -> Running:
    """`make run`, less the installation; returns at the ready line."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack", "run"],
        cwd=ROOT,
        env=environment(data_dir, PORT=str(port), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: list[str] = []
    assert process.stdout
    for line in process.stdout:
        output.append(line.rstrip())
        if line.startswith("ready "):
            return Running(line.split()[1], data_dir, process, output)
    process.wait()
    raise AssertionError("no ready line:\n" + "\n".join(output))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGTERM)
    code = running.process.wait(timeout=60)
    assert running.process.stdout
    running.process.stdout.close()
    return code


def wait_until(condition: object, *, seconds: float = 60, what: str = "") -> None:
    """Poll a function until it gives something true."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def frozen(running: Running, service: str) -> Iterator[None]:
    """The process stands still, and goes on afterwards."""
    pid = running.pid(service)
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def running(tidewatch: Running) -> Iterator[Running]:
    """A running Tidewatch, shared by the tests that leave it working."""
    yield tidewatch
    tidewatch.close_clients()


@pytest.fixture(scope="session")
def tidewatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = start(tmp_path_factory.mktemp("tidewatch"), DEMO="0")
    yield started
    assert stop(started) == 0
