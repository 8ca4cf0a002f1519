"""Signals a process and everything it started, and sees when they are gone. Works on other people's children too."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# (signal, seconds to wait for its effect)
StopStep = tuple[int, float]
_POLL_SECONDS = 0.02
_KILL_SECONDS = 3.0


def alive(pid: int) -> bool:
    """Whether it runs. A zombie does not."""
    return _group(pid) is not None


def members(pid: int) -> list[int]:
    """The living processes of the group that `pid` leads; only itself where it leads none."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [other for other in pids if _group(other) == pid or (other == pid and alive(pid))]


def stop(pid: int, steps: Sequence[StopStep], pause: Callable[[float], None] = time.sleep) -> None:
    """Ask the leader in each way in turn until it ends, then kill what is left of its group."""
    for number, seconds in steps:
        if not alive(pid):
            break
        _send(pid, number)
        _wait(lambda: not alive(pid), seconds, pause)
    kill(pid, pause)


def kill(pid: int, pause: Callable[[float], None] = time.sleep) -> None:
    """SIGKILL for the whole group, and wait until it is gone."""
    for member in members(pid):
        _send(member, signal.SIGKILL)
    _wait(lambda: not members(pid), _KILL_SECONDS, pause)


def _wait(done: Callable[[], bool], seconds: float, pause: Callable[[float], None]) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        pause(_POLL_SECONDS)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
        os.kill(pid, number)


def _group(pid: int) -> int | None:
    """The number of the group in which it lives; None when it does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything, blanks and parentheses too.
    state, _parent, group = stat.rpartition(")")[2].split()[:3]
    return None if state in {"Z", "X"} else int(group)
