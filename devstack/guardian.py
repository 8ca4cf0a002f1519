"""The launcher's side of the guardian, a process that stops everything when the launcher is killed."""

import dataclasses
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from devstack.charge import Charge
from devstack.directories import ROOT, DataDirectory


class Guardian:
    """Reads a pipe that only the launcher can write to: its end is the launcher's end."""

    def __init__(self, data: DataDirectory, *, remove_directory: Path | None = None) -> None:
        self._lock_file = data.guardian_lock
        self._log = data.log("guardian")
        self._pid_file = data.pid_file("guardian")
        self._state: dict[str, object] = {"charges": [], "remove_directory": str(remove_directory or "")}
        self._start()

    def _start(self) -> None:
        """In its own session: what kills the launcher's whole group leaves it alone."""
        reading, self._writing = os.pipe()
        with self._log.open("ab") as log, self._lock_file.open("ab") as lock:
            # Handed on, so that it is free again when the guardian is done.
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "devstack.guardian_process"],
                cwd=ROOT,
                stdin=reading,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
        os.close(reading)
        self._pid_file.write_text(f"{self._process.pid}\n")
        self._tell()

    def watch_over(self, charges: Iterable[Charge]) -> None:
        """What to stop from now on, in the order in which it was started."""
        self._state["charges"] = [dataclasses.asdict(charge) for charge in charges]
        self._tell()

    def ensure_alive(self) -> None:
        """Replace it when somebody killed it."""
        if self._process.poll() is not None:
            os.close(self._writing)
            self._start()

    def release(self) -> None:
        """Let it end, after doing what is left to do."""
        os.close(self._writing)
        self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def _tell(self) -> None:
        """The whole state each time, in one write: there is no half of it."""
        try:
            os.write(self._writing, (json.dumps(self._state) + "\n").encode())
        except BrokenPipeError:
            self.ensure_alive()
