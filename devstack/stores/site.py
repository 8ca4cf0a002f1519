"""What every store is made from, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from devstack.credentials import Credentials
from devstack.directories import DataDirectory
from devstack.program import Program

READY_SECONDS = 300.0  # after a crash a large store reads its log for minutes


@dataclass(frozen=True)
class Site:
    """One data directory with its ports and secrets; `durable=False` trades safety for speed, for tests."""

    data: DataDirectory
    ports: Mapping[str, int]
    secrets: Credentials
    durable: bool


@dataclass(frozen=True)
class LocalStore:
    """What to start, and the environment in which the product finds it."""

    program: Program
    environment: Mapping[str, str]
