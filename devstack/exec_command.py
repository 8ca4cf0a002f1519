"""`devstack exec`: run a command with stores of its own, in a directory that is gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from devstack.charge import Charge
from devstack.directories import DataDirectory
from devstack.errors import StackError, StopRequested
from devstack.guardian import Guardian
from devstack.signals import SignalInbox
from devstack.stores import local
from devstack.supervisor import Supervisor

_GRACE_SECONDS = 20.0


def run(command: Sequence[str]) -> int:
    """Gives the command's exit code; as a shell does, 128 + the number of a signal that ended it."""
    if shutil.which(command[0]) is None:
        raise StackError(f"There is no program {command[0]}.")
    data = DataDirectory(Path(tempfile.mkdtemp(prefix="tidewatch-")))
    data.make()
    guardian = Guardian(data, remove_directory=data.path)
    try:
        with SignalInbox() as inbox:
            return _with_stores(command, data, Supervisor(data, inbox, guardian), inbox)
    except StopRequested as request:
        return 128 + request.number
    finally:
        guardian.release()


def _with_stores(command: Sequence[str], data: DataDirectory, supervisor: Supervisor, inbox: SignalInbox) -> int:
    stores = local.make(data, durable=False)
    environment = dict(os.environ)
    for store in stores:
        environment |= store.environment
    # The tests' world: none of the user's own settings.
    environment |= {
        "ENVIRONMENT": "development",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "a secret key for tests, long enough for any rule",
        "JWT_SECRET_KEY": "a signing key for tests, long enough for any rule",
        "SOURCES_SECRET_KEYS": "a key for kept secrets in tests, long enough for any rule",
    }
    try:
        supervisor.start([store.program for store in stores], quiet=True)
        return _foreground(command, environment, supervisor, inbox)
    finally:
        supervisor.stop()


def _foreground(command: Sequence[str], environment: dict[str, str], supervisor: Supervisor, inbox: SignalInbox) -> int:
    """In the launcher's own process group, so that it has the terminal and its Ctrl-C."""
    process = subprocess.Popen(command, env=environment)
    supervisor.adopt(Charge(process.pid, ((signal.SIGTERM, 5.0),)))
    try:
        supervisor.watch(until=lambda: process.poll() is not None)
    except StopRequested as request:
        _end(process, request.number, inbox)
    code = process.wait()
    return 128 - code if code < 0 else code


def _end(process: subprocess.Popen[bytes], number: int, inbox: SignalInbox) -> None:
    """The terminal has sent Ctrl-C to the command as well; anything else is passed on."""
    if number != signal.SIGINT:
        process.send_signal(number)
    deadline = time.monotonic() + _GRACE_SECONDS
    try:
        while process.poll() is None and time.monotonic() < deadline:
            inbox.pause(0.1)
    except StopRequested:
        pass  # asked again: no more waiting
    if process.poll() is None:
        process.kill()
