"""How much is taken from outside, and how long it may take."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from analytics.sources.errors import LimitExceeded

TEST_SECONDS = 20
TEST_STALL_SECONDS = 5
TEST_BYTES = 64 * 1024 * 1024
"""Of what must be there as a whole to be looked into: Parquet, gzip, zip."""
SAMPLE_BYTES = 4 * 1024 * 1024
"""Of text, the beginning will do."""


def _nothing(size: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Limits:
    """For one transfer."""

    max_bytes: int
    deadline: float
    """By time.monotonic."""
    stall_seconds: float
    sample_bytes: int | None = None
    """Of text, no more than this is wanted."""
    on_bytes: Callable[[int], None] = field(default=_nothing)
    """Told how many bytes have come; may raise, to end the transfer."""

    def left_seconds(self) -> float:
        """Until the deadline.

        Raises:
            LimitExceeded: it has passed.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LimitExceeded("The transfer takes longer than is allowed.")
        return left


def limits_of_run(*, on_bytes: Callable[[int], None]) -> Limits:
    """As the settings say."""
    deadline = time.monotonic() + settings.SOURCES_TRANSFER_SECONDS
    return Limits(settings.SOURCES_MAX_BYTES, deadline, settings.SOURCES_STALL_SECONDS, on_bytes=on_bytes)


def limits_of_test() -> Limits:
    """For somebody who waits."""
    size = min(TEST_BYTES, settings.SOURCES_MAX_BYTES)
    stall = min(TEST_STALL_SECONDS, settings.SOURCES_STALL_SECONDS)
    return Limits(size, time.monotonic() + TEST_SECONDS, stall, sample_bytes=SAMPLE_BYTES)
