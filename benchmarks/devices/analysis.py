"""Analyses of devices: at once against the bare query, by a worker, of a fleet from its hours against its readings.

    python -m devstack exec -- python -m benchmarks.devices.analysis [--readings 10000000] [--devices 500]

Writes docs/benchmarks.md between its `device-analysis` markers.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now.
from django.core.management import call_command  # noqa: E402

from accounts.models import User  # noqa: E402
from analytics.devices.models import DeviceAnalysisTask  # noqa: E402
from analytics.devices.selectors import Span, devices_analyse, fleet_figures  # noqa: E402
from analytics.devices.statements import AXES  # noqa: E402
from analytics.kept_task import UNFINISHED, TaskStatus  # noqa: E402
from benchmarks.devices.product import Caller, worker  # noqa: E402
from benchmarks.devices.readings import DAYS, fleet_make, readings_make  # noqa: E402
from benchmarks.interleaved import Question, Timing, measure  # noqa: E402
from benchmarks.report import machine, section_write, table  # noqa: E402
from storage_app.clickhouse import gateway  # noqa: E402

# The plainest queries that give the figures, with the server's own median, and without.
BARE = f"""
SELECT device_id, {", ".join(f"min({a}), max({a}), count(), sum({a}), quantileExactInclusive(0.5)({a})" for a in AXES)}
FROM device_readings WHERE device_id IN {{devices:Array(UUID)}} GROUP BY device_id
"""  # noqa: S608  # of fixed pieces
BARE_SUMS = f"""
SELECT device_id, {", ".join(f"min({a}), max({a}), count(), sum({a})" for a in AXES)}
FROM device_readings WHERE device_id IN {{devices:Array(UUID)}} GROUP BY device_id
"""  # noqa: S608  # of fixed pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """From a request until its result is stored, beside the bare query's time."""

    name: str
    total_seconds: float
    bare_seconds: float

    @property
    def more_seconds(self) -> float:
        """What the way through the queue costs."""
        return self.total_seconds - self.bare_seconds


def main() -> None:
    """Migrate, generate, measure, print the section and write it into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=10_000_000)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-page", action="store_true", help="print only")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("migrate_clickhouse", verbosity=0)
    text = run(readings=options.readings, devices=options.devices, rounds=options.rounds)
    sys.stdout.write(text)
    if not options.no_page:
        section_write("device-analysis", text)


def run(*, readings: int, devices: int, rounds: int) -> str:
    """The section: everything measured once, in Markdown."""
    owner, fleet = fleet_fill(readings=readings, devices=devices)
    caller = Caller(owner)
    now = at_once(caller, fleet, rounds=rounds)
    large, one, *_ = fleet
    with worker():
        later = [
            _by_worker("one of the devices", caller, f"/analysis/{one}/async", [one], rounds),
            _by_worker("the large device", caller, f"/analysis/{large}/async", [large], rounds),
            _by_worker("the whole fleet", caller, "/analysis/async", fleet, rounds),
        ]
    return _section(readings, devices, rounds, now, later)


def fleet_fill(*, readings: int, devices: int) -> tuple[User, list[UUID]]:
    """An owner, and their devices; the first has a tenth as many readings as all the others together."""
    owner, fleet = fleet_make(devices=devices + 1)
    readings_make(device_ids=fleet[1:], count=readings)
    readings_make(device_ids=fleet[:1], count=readings // 10)
    return owner, fleet


def at_once(caller: Caller, fleet: list[UUID], *, rounds: int) -> list[Timing]:
    """What needs no worker."""
    questions = (
        _one_device("one of the devices", caller, fleet[1]),
        _one_device("the large device", caller, fleet[0]),
        _fleet_with_medians(fleet),
        _fleet_from_hours(fleet),
    )
    return [measure(question, rounds=rounds) for question in questions]


def _one_device(name: str, caller: Caller, device_id: UUID) -> Question:
    def ours() -> list[Any]:
        answer = caller.get(f"/analysis/{device_id}")
        return [answer[axis][figure] for axis in AXES for figure in ("min", "max", "count")]

    def clean() -> list[Any]:
        [row] = gateway.query(BARE, {"devices": [device_id]})
        return [row[1 + place * 5 + figure] for place in range(3) for figure in range(3)]

    return Question(name=f"`GET /stats/analysis`, {name}", ours=ours, clean=clean, at_most=1.3)


def _fleet_with_medians(fleet: list[UUID]) -> Question:
    return Question(
        name="the whole fleet with medians",
        ours=lambda: _counts(devices_analyse(device_ids=fleet, span=Span())),
        clean=lambda: {row[0]: row[3] for row in gateway.query(BARE, {"devices": fleet})},
        at_most=1.3,
    )


def _fleet_from_hours(fleet: list[UUID]) -> Question:
    return Question(
        name="the whole fleet from its hours, without medians",
        ours=lambda: _counts(fleet_figures(device_ids=fleet, span=Span())),
        clean=lambda: {row[0]: row[3] for row in gateway.query(BARE_SUMS, {"devices": fleet})},
    )


def _counts(figures: dict[UUID, dict[str, Any]]) -> dict[UUID, int]:
    return {device_id: of_axis["x"]["count"] for device_id, of_axis in figures.items()}


def _by_worker(name: str, caller: Caller, path: str, device_ids: list[UUID], rounds: int) -> Waiting:
    pairs = [
        (_seconds(lambda: _done(caller, path)), _seconds(lambda: gateway.query(BARE, {"devices": device_ids})))
        for _ in range(rounds)
    ]
    total, bare = (median(side) for side in zip(*pairs, strict=True))
    return Waiting(name=name, total_seconds=total, bare_seconds=bare)


def _done(caller: Caller, path: str) -> None:
    task_id = caller.post(path)["task_id"]
    while (task := DeviceAnalysisTask.objects.get(pk=task_id)).status in UNFINISHED:
        time.sleep(0.005)
    if task.status != TaskStatus.SUCCEEDED:
        raise RuntimeError(f"{path}: {task.error}")


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _section(readings: int, devices: int, rounds: int, at_once: list[Timing], by_worker: list[Waiting]) -> str:
    header = (
        f"{readings:,} readings of {devices} devices over {DAYS} days, and {readings // 10:,} more of a large device. "
        f"Medians of {rounds}, in turns. {machine()}\n\n"
    )
    first = table(
        ["asked", "ours", "bare query", "ratio", "aim", "same answer"],
        [
            [
                timing.name,
                f"{timing.ours_seconds * 1000:,.1f} ms",
                f"{timing.clean_seconds * 1000:,.1f} ms",
                f"{timing.ratio:.3f}",
                _aim(timing.ratio, timing.at_most, f"≤ {timing.at_most}"),
                "yes" if timing.exact else "NO",
            ]
            for timing in at_once
        ],
    )
    second = table(
        ["by a worker, from the request to the stored result", "ours", "bare query", "more", "aim"],
        [
            [
                waiting.name,
                f"{waiting.total_seconds * 1000:,.0f} ms",
                f"{waiting.bare_seconds * 1000:,.0f} ms",
                f"{waiting.more_seconds * 1000:,.0f} ms",
                _aim(waiting.more_seconds, 1, "≤ 1 s"),
            ]
            for waiting in by_worker
        ],
    )
    return f"{header}{first}\n{second}"


def _aim(found: float, at_most: float | None, words: str) -> str:
    return "" if at_most is None else f"{words}: {'met' if found <= at_most else 'missed'}"


if __name__ == "__main__":
    main()
