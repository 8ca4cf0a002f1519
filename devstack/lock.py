"""One start at a time on one data directory."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator

from devstack.directories import DataDirectory
from devstack.errors import StackError
from devstack.output import say


@contextlib.contextmanager
def only_start(data: DataDirectory, pause: Callable[[float], None]) -> Iterator[None]:
    """Hold the directory. Where the guardian of a killed start is still stopping things, wait for it.

    Raises:
        StackError: another start holds it.
    """
    with data.lock.open("a+") as file:
        if not _try(file.fileno()):
            file.seek(0)
            raise StackError(
                f"Tidewatch already runs on DATA_DIR {data.path} (pid {file.read().strip()}). "
                "Stop it first, or choose another: make run DATA_DIR=/some/where PORT=8001"
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        _wait_for_guardian(data, pause)
        yield


def is_held(data: DataDirectory) -> bool:
    """Whether a start runs on the directory."""
    if not data.lock.exists():
        return False
    with data.lock.open("rb") as file:
        return not _try(file.fileno(), fcntl.LOCK_SH)


def _wait_for_guardian(data: DataDirectory, pause: Callable[[float], None]) -> None:
    with data.guardian_lock.open("ab") as file:
        if _try(file.fileno()):
            return
        say("An earlier start is still being stopped: waiting for it")
        while not _try(file.fileno()):
            pause(0.1)


def _try(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
