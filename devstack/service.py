"""A program that was started: its process, pid file and log."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from devstack import process_group
from devstack.charge import Charge
from devstack.directories import ROOT, DataDirectory
from devstack.program import Program

LOG_MAX_BYTES = 10 * 1024 * 1024


class Service:
    """One program and, while it runs, its process."""

    def __init__(self, program: Program, data: DataDirectory) -> None:
        self.program = program
        self.log = data.log(program.name)
        self.pid_file = data.pid_file(program.name)
        self.started_at = 0.0
        self._ready_file = data.ready_file(program.name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """As in the pid file's name."""
        return self.program.name

    @property
    def pid(self) -> int:
        """Of the process last started; 0 before."""
        return self._process.pid if self._process else 0

    def charge(self) -> Charge:
        """For the guardian."""
        return Charge(self.pid, self.program.stop_steps, str(self.pid_file))

    def start(self) -> None:
        """Start the process as the leader of its own group, so that Ctrl-C reaches only the launcher."""
        _rotate(self.log)
        self._ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                env={**self.program.environment, "READY_FILE": str(self._ready_file)},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self.pid}\n")

    def exit_code(self) -> int | None:
        """None while it runs; the negative number of the signal that ended it, else its code."""
        return self._process.poll() if self._process else None

    def stop(self, *, hurry: bool, pause: Callable[[float], None] = time.sleep) -> None:
        """Ask it to end, then make it; in a hurry make it at once. Nothing of its group is left."""
        if self._process:
            process_group.stop(self.pid, () if hurry else self.program.stop_steps, pause)
            self._process.poll()  # takes it off the kernel's list
        self.pid_file.unlink(missing_ok=True)
        self._ready_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last line of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4096))
            lines = log.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _rotate(log: Path) -> None:
    """One older file is kept."""
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
