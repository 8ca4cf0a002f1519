"""What there is to start: a command, how to see that it is ready, how to stop it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from devstack.process_group import StopStep


@dataclass(frozen=True, kw_only=True)
class Program:
    """One server or process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] = lambda: True
    ends: bool = False  # it has a task and is done when that is
    address: str = ""
    ready_seconds: float = 60.0
    stop_steps: Sequence[StopStep] = ((signal.SIGTERM, 10.0),)
