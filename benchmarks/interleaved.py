"""Two ways to the same answer, timed in turns, so that whatever else the machine does slows both."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import structlog

logger = structlog.get_logger(__name__)

_MAX_CALLS = 5
_WANTED_SECONDS = 0.1  # what one measurement should last at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of both sides; `at_most` is the ratio of time that is aimed at."""

    name: str
    ours: Callable[[], Any]
    clean: Callable[[], Any]
    at_most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Medians of a question, and whether both sides gave the same."""

    name: str
    ours_seconds: float
    clean_seconds: float
    exact: bool
    at_most: float | None

    @property
    def ratio(self) -> float:
        """Our time in times of the clean side's."""
        return self.ours_seconds / self.clean_seconds


def measure(question: Question, *, rounds: int) -> Timing:
    """Medians; what is quick is asked several times a round."""
    exact = question.ours() == question.clean()  # and both are warm now
    calls = min(_MAX_CALLS, 1 + int(_WANTED_SECONDS / _seconds(question.clean, 1)))
    timed = [(_seconds(question.ours, calls), _seconds(question.clean, calls)) for _ in range(rounds)]
    ours, clean = (median(side) for side in zip(*timed, strict=True))
    timing = Timing(name=question.name, ours_seconds=ours, clean_seconds=clean, exact=exact, at_most=question.at_most)
    logger.info("measured", question=timing.name, exact=exact, ours_seconds=ours, clean_seconds=clean)
    return timing


def _seconds(call: Callable[[], Any], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - started) / calls
