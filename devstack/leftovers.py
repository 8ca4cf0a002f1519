"""Processes that outlived their launcher and their guardian, stopped by the next start."""

import json
import signal
from collections.abc import Iterable
from pathlib import Path

from devstack import process_group

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_START_TIME = 19  # of the fields behind the name, see proc_pid_stat(5)


def remember(file: Path, pids: Iterable[int]) -> None:
    """Write down who they are. A pid alone may be a stranger's by the time it is read."""
    file.write_text(json.dumps({str(pid): _identity(pid) for pid in pids}))


def stop(file: Path) -> None:
    """Stop those that still are who they were, the last started first."""
    try:
        remembered = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):  # the first start here, or the last one's end cut it short
        return
    for pid, identity in reversed(remembered.items()):
        if identity and identity == _identity(int(pid)):
            process_group.stop(int(pid), ((signal.SIGTERM, 10.0),))
    file.unlink()


def _identity(pid: int) -> str:
    """The same text as long as it is the same process; empty where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return f"{_BOOT_ID.read_text().strip()} {stat.rpartition(')')[2].split()[_START_TIME]}"
