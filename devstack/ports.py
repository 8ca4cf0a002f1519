"""Ports: is one free, choose free ones, remember the choice."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from devstack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes ports for outgoing connections.
_CANDIDATES = range(20_000, 32_000)


def check_free(host: str, port: int) -> None:
    """Bind it for a moment.

    Raises:
        OSError: it is taken, forbidden, or the host is none of this machine's addresses.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


def is_free(port: int) -> bool:
    """Whether a server of ours could listen on it."""
    try:
        check_free(LOOPBACK, port)
    except OSError:
        return False
    return True


def choose(names: Iterable[str], remembered: dict[str, int]) -> dict[str, int]:
    """A free port for each name, where possible the remembered one."""
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        if not port or port in chosen.values() or not is_free(port):
            port = _another(set(chosen.values()) | set(remembered.values()))
        chosen[name] = port
    return chosen


def _another(avoided: set[int]) -> int:
    for port in random.sample(_CANDIDATES, k=1000):
        if port not in avoided and is_free(port):
            return port
    raise StackError(f"No free port between {_CANDIDATES.start} and {_CANDIDATES.stop} on {LOOPBACK}.")


def choose_and_remember(names: Iterable[str], file: Path) -> dict[str, int]:
    """As choose(), with the memory in a JSON file."""
    remembered = _read(file)
    chosen = choose(names, remembered)
    file.write_text(json.dumps(remembered | chosen, indent=2) + "\n")
    return chosen


def _read(file: Path) -> dict[str, int]:
    try:
        stored = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {name: port for name, port in stored.items() if isinstance(port, int) and 0 < port < 65536}
