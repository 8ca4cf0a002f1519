"""The launcher as a process of its own, and what it leaves behind."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from devstack.directories import ROOT, DataDirectory

# None of this run's own servers.
_KEPT = ("PATH", "HOME", "LANG")


def launch(arguments: Sequence[str], **variables: str) -> "subprocess.Popen[str]":
    """Start `python -m devstack …` in a session of its own."""
    return launch_program([sys.executable, "-m", "devstack", *arguments], **variables)


def launch_program(command: Sequence[str], **variables: str) -> "subprocess.Popen[str]":
    """Start something that will start it."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | {"ENV_FILE": os.devnull} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and the rest of its output."""
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def processes_of(directory: Path) -> list[str]:
    """The processes that work in the directory or were told of it."""
    return sorted(set(_processes_of(str(directory))))


def _processes_of(directory: str) -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        # It may end while it is looked at, and others' processes are not ours to read.
        with contextlib.suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if directory.encode() in told or str((process / "cwd").readlink()).startswith(directory):
                yield process.name


def pid_of(data: DataDirectory, service: str) -> int:
    """0 while there is none."""
    file = data.pid_file(service)
    return int(file.read_text() or 0) if file.exists() else 0


def only_data_directory(parent: Path) -> DataDirectory:
    """The temporary one that `devstack exec` made there."""
    (path,) = parent.glob("tidewatch-*")
    return DataDirectory(path)
