"""Where everything is: the checkout, and one directory for the data, logs and pid files of a start."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import StackError

ROOT = Path(__file__).absolute().parents[1]
MINIMUM_FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class DataDirectory:
    """DATA_DIR."""

    path: Path

    def make(self) -> None:
        """Make it and its parts.

        Raises:
            StackError: it cannot be written to, or its disk is full.
        """
        try:
            for part in (self.path, self.run, self.logs, self.path / "beat"):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = self.run / "probe"
            probe.write_text("x")
            probe.unlink()
        except OSError as error:
            raise StackError(
                f"Cannot write to DATA_DIR {self.path}: {error.strerror}. "
                "Make it writable or choose another: make run DATA_DIR=/some/where"
            ) from error
        free = shutil.disk_usage(self.path).free
        if free < MINIMUM_FREE_BYTES:
            raise StackError(
                f"The disk of DATA_DIR {self.path} is full: {free >> 20} MiB free, "
                f"{MINIMUM_FREE_BYTES >> 20} MiB needed. Free some or choose another: make run DATA_DIR=/some/where"
            )

    @property
    def run(self) -> Path:
        """Pid files, locks, ready files."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """One file a service."""
        return self.path / "log"

    @property
    def ports(self) -> Path:
        """The ports chosen for the stores."""
        return self.path / "ports.json"

    @property
    def secrets(self) -> Path:
        """The passwords and keys made for this directory."""
        return self.path / "secrets.env"

    @property
    def environment(self) -> Path:
        """The environment of the processes, for `devstack manage`."""
        return self.path / "env"

    @property
    def lock(self) -> Path:
        """Held by the launcher."""
        return self.run / "lock"

    @property
    def guardian_lock(self) -> Path:
        """Held by the launcher's guardian, until it has stopped everything."""
        return self.run / "guardian.lock"

    @property
    def processes(self) -> Path:
        """Who the processes are that run now."""
        return self.run / "processes.json"

    def store(self, name: str) -> Path:
        """Where a store keeps its data."""
        return self.path / name

    def pid_file(self, service: str) -> Path:
        """Holds the pid of the service's own process."""
        return self.run / f"{service}.pid"

    def ready_file(self, service: str) -> Path:
        """The service touches it when it is ready (READY_FILE)."""
        return self.run / f"{service}.ready"

    def log(self, service: str) -> Path:
        """What the service prints."""
        return self.logs / f"{service}.log"
