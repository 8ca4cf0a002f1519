"""What processes cost: CPU seconds and memory, with their children."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def find(name: str) -> list[psutil.Process]:
    """Processes whose command line holds `name`, among ours: started here, or by the devstack that started us."""
    devstack = psutil.Process().parent()
    ours = devstack.children(recursive=True) if devstack else []
    return [process for process in ours if name in " ".join(_command(process))]


def with_children(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and all below them, each once."""
    whole = {process.pid: process for process in processes}
    for process in list(whole.values()):
        with suppress(psutil.NoSuchProcess):  # it has ended since it was found
            whole |= {child.pid: child for child in process.children(recursive=True)}
    return list(whole.values())


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time so far, with that of children that have ended."""
    return sum(_cpu_seconds(process) for process in processes)


def resident_mebibytes(processes: Iterable[psutil.Process]) -> float:
    """Memory now."""
    return sum(process.memory_info().rss for process in processes) / 2**20


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # its parent has its time by now
    return float(times.user + times.system + times.children_user + times.children_system)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
