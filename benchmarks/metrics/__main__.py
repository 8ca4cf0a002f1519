"""Measures the six metrics; `python -m devstack exec -- python -m benchmarks.metrics --events 10000000`."""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  # the apps must be there first

from benchmarks.metrics import measured  # noqa: E402
from benchmarks.metrics.events import PERIOD, events_make  # noqa: E402

Timed = tuple[float, int]


def timed(work: Callable[[], int]) -> Timed:
    """Seconds, and what the work gave."""
    started = time.perf_counter()
    given = work()
    return time.perf_counter() - started, given


def timed_write() -> tuple[int, float]:
    """Storing alone: every row of every metric, that the event store has calculated before."""
    written, total = 0, 0.0
    for names in measured.GROUPS:
        courses = measured.calculated(names)
        measured.forget_digests()
        seconds, rows = timed(lambda names=names, courses=courses: measured.store(names, courses))  # type: ignore[misc]
        written, total = written + rows, total + seconds
    return written, total


def main() -> None:
    """Print one table of figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--people", type=int, default=0, help="default: one for 100 events")
    given = arguments.parse_args()
    people = given.people or max(given.events // 100, 1)
    call_command("migrate", verbosity=0)
    call_command("migrate_clickhouse", verbosity=0)
    say(f"{given.events:,} events of {people:,} people from {PERIOD[0]:%Y-%m-%d} to {PERIOD[1]:%Y-%m-%d}")
    events_make(count=given.events, people=people)
    report(given.events)


def report(events: int) -> None:
    """Every figure of the run; rows and seconds."""
    rounds = {"nothing stored": {}, "nothing changed": {}, "everything changed": {}}  # type: dict[str, dict[str, Timed]]
    bare = {name: timed(lambda name=name: measured.bare_query(name)) for name in measured.NAMES}  # type: ignore[misc]
    for label, found in rounds.items():
        if label == "everything changed":
            measured.forget_digests()
        for names in measured.GROUPS:
            found[", ".join(names)] = timed(lambda names=names: measured.calculation(names))  # type: ignore[misc]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{'':30}{'rows':>12}{'bare s':>10}" + "".join(f"{label:>20}" for label in rounds))
    for names in measured.GROUPS:
        query = sum(bare[name][0] for name in names)
        label, rows = ", ".join(names), rounds["nothing stored"][", ".join(names)][1]
        say(f"{label:30}{rows:12,}{query:10.2f}" + "".join(f"{found[label][0]:20.2f}" for found in rounds.values()))
    query = sum(seconds for seconds, _ in bare.values())
    rows = sum(count for _, count in rounds["nothing stored"].values())
    totals = {label: sum(seconds for seconds, _ in found.values()) for label, found in rounds.items()}
    say(f"{'together':30}{rows:12,}{query:10.2f}" + "".join(f"{total:20.2f}" for total in totals.values()))
    say("times the bare queries: " + ", ".join(f"{label} {total / query:.2f}" for label, total in totals.items()))
    written, seconds = timed_write()
    say(f"written: {written:,} rows in {seconds:.2f} s, {written / seconds:,.0f} rows/s")
    sample = measured.sample(fraction=10)
    pandas_seconds, _ = timed(lambda: measured.pandas_reference(sample))
    for label, total in totals.items():
        ratio = (pandas_seconds / len(sample)) / (total / events)
        say(f"pandas on {len(sample):,} events: {pandas_seconds:.1f} s, {ratio:.1f} times as long an event ({label})")
    say(f"memory of this process before pandas: {memory_mb:,.0f} MB")


def say(line: str) -> None:
    """To standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


main()
