"""A process the guardian answers for."""

from collections.abc import Sequence
from dataclasses import dataclass

from devstack.process_group import StopStep


@dataclass(frozen=True)
class Charge:
    """How to stop it, and the file that goes with it ("" for none)."""

    pid: int
    stop_steps: Sequence[StopStep]
    pid_file: str = ""
