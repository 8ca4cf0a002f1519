"""Starts what is measured, and loads it with wrk."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    refused: int
    p50_ms: float
    p99_ms: float


@contextmanager
def started(commands: Sequence[Sequence[str]], *, environment: Mapping[str, str]) -> Iterator[None]:
    """The commands, until the block ends."""
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=dict(environment), stderr=subprocess.DEVNULL) for command in commands
    ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Until it answers 200.

    Raises:
        TimeoutError: not within a minute.
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not up yet
        time.sleep(0.1)
    raise TimeoutError(url)


def load(script: str, url: str, arguments: Sequence[str], *, seconds: int, connections: int) -> Load:
    """Run wrk with a script that ends in a line RESULT."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script, url, "--"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [line] = [line for line in done.splitlines() if line.startswith("RESULT")]
    _, requests, refused, _, p50_ms, p99_ms = line.split()
    return Load(int(requests), int(refused), float(p50_ms), float(p99_ms))
