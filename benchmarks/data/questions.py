"""Questions through the whole web application, and exactly their statements by the bare driver, in turns."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from statistics import median, quantiles
from typing import Any

from clickhouse_driver import Client as Driver
from django.conf import settings
from django.db import connection

from analytics.asking.running import Asker, limits
from analytics.query.statements import Statement
from benchmarks.data.caller import Caller, answers_forget
from benchmarks.data.shapes import SHAPES
from benchmarks.report import table
from storage_app.clickhouse.parameters import bind

Ways = dict[str, list[float]]
"""Milliseconds of each round, by the way that was asked: bare, fresh (no-cache), new (nothing kept), kept."""
_HEADER = [
    "question", "bare SQL p50 ms", "no-cache p50 ms", "more", "p99", "nothing kept p50 ms", "more", "p99",
    "kept p50 ms", "p99",
]  # fmt: skip
MORE_MS = 5
KEPT_MS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One shape."""

    shape: str
    ways: Ways

    def p50(self, way: str) -> float:
        """The median."""
        return median(self.ways[way])

    def more(self, way: str) -> float:
        """What it takes at the median above the bare SQL."""
        return self.p50(way) - self.p50("bare")

    def cells(self) -> list[str]:
        """A row of the table."""
        figures = [self.p50("bare")]
        for way in ("fresh", "new"):
            figures += [self.p50(way), self.more(way), p99(self.ways[way])]
        return [self.shape, *(f"{each:.1f}" for each in (*figures, self.p50("kept"), p99(self.ways["kept"])))]


@contextmanager
def bare_driver() -> Iterator[Driver]:
    """As the same user, with the options that the gateway's sessions have."""
    options = {"server_side_params": True, "session_timezone": "UTC", "optimize_move_to_prewhere_if_final": 1}
    with Driver(**settings.CLICKHOUSE_READER, settings=options) as driver:
        yield driver


def questions_measure(caller: Caller, *, rounds: int) -> list[Measured]:
    """Every shape, the ways in turns and each time in another order, so that what else is done slows all."""
    with bare_driver() as driver:
        return [_shape(caller, driver, shape, rounds) for shape in SHAPES]


def _shape(caller: Caller, driver: Driver, shape: str, rounds: int) -> Measured:
    statements = statements_of(partial(caller.ask, shape, fresh=True))
    calls: dict[str, Callable[[], object]] = {
        "bare": lambda: bare_ask(driver, statements),
        "fresh": partial(caller.ask, shape, fresh=True),
        "new": partial(caller.ask, shape, fresh=False),
        "kept": partial(caller.ask, shape, fresh=False),
    }
    for call in calls.values():
        call()
    taken: Ways = {way: [] for way in calls}
    order = list(calls)
    for _ in range(rounds):
        order = [*order[1:], order[0]]
        for way in order:
            if way == "new":
                answers_forget()
            taken[way].append(milliseconds(calls[way]))
    return Measured(shape, taken)


def bare_ask(driver: Driver, statements: list[Statement]) -> list[Any]:
    """The statements' rows."""
    return [
        driver.execute(each.sql, bind("", each.parameters), settings={**each.settings, **limits()})
        for each in statements
    ]


def statements_of(ask: Callable[[], object]) -> list[Statement]:
    """What a question asks of the store."""
    noted: list[Statement] = []
    real = Asker.ask

    def note(self: Asker, statement: Statement) -> Any:
        noted.append(statement)
        return real(self, statement)

    Asker.ask = note  # type: ignore[method-assign]
    try:
        ask()
    finally:
        Asker.ask = real  # type: ignore[method-assign]
    return noted


def milliseconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98]


def questions_told(measured: list[Measured]) -> str:
    """A table, and what is met."""
    told = [f"{sum(each.more(way) <= MORE_MS for each in measured)} of {len(measured)} {text} (median of the shapes "
            f"{median(each.more(way) for each in measured):.1f} ms)"
            for way, text in (("fresh", "with no-cache"), ("new", "where nothing was kept"))]  # fmt: skip
    kept = sum(each.p50("kept") < KEPT_MS for each in measured)
    worst = max(p99(each.ways["kept"]) for each in measured)
    return table(_HEADER, [each.cells() for each in measured]) + (
        f"\nAt most {MORE_MS} ms above the bare SQL at p50: {', '.join(told)}. Kept answers under {KEPT_MS} ms at p50: "
        f"{kept} of {len(measured)}; the slowest p99 {worst:.1f} ms.\n"
    )


def together_told(caller: Caller, *, callers: int, rounds: int) -> str:
    """Many at once, without the cache, in one process."""
    shapes = list(SHAPES)

    def work(number: int) -> list[float]:
        try:
            asked = [shapes[(number + turn) % len(shapes)] for turn in range(rounds)]
            return [milliseconds(partial(caller.ask, shape, fresh=True)) for shape in asked]
        finally:
            connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        taken = list(chain.from_iterable(pool.map(work, range(callers))))
    rate = len(taken) / (time.perf_counter() - started)
    return (
        f"{callers} callers at once, in one process, without the cache: {rate:.0f} answers/s,"
        f" p50 {median(taken):.0f} ms, p99 {p99(taken):.0f} ms.\n"
    )
