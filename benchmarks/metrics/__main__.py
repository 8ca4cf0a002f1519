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


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds, and what the work gave."""
    started = time.perf_counter()
    given = work()
    return time.perf_counter() - started, given


def main() -> None:
    """Print one table of figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=1_000_000)
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
    bare = {name: timed(lambda name=name: measured.bare_query(name)) for name in measured.NAMES}  # type: ignore[misc]
    first = {name: timed(lambda name=name: measured.calculation(name)) for name in measured.NAMES}  # type: ignore[misc]
    again = {name: timed(lambda name=name: measured.calculation(name)) for name in measured.NAMES}  # type: ignore[misc]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{'':15}{'rows':>12}{'query s':>10}{'stored s':>10}{'again s':>10}")
    for name in measured.NAMES:
        say(f"{name:15}{first[name][1]:12,}{bare[name][0]:10.2f}{first[name][0]:10.2f}{again[name][0]:10.2f}")
    query, total, second = (sum(seconds for seconds, _ in each.values()) for each in (bare, first, again))
    rows = sum(count for _, count in first.values())
    say(f"{'together':15}{rows:12,}{query:10.2f}{total:10.2f}{second:10.2f}")
    for label, seconds in (("first", total), ("again", second)):
        say(f"{label}: {seconds / query:.2f} times the bare queries, {rows / (seconds - query):,.0f} rows/s written")
    sample = measured.sample(fraction=10)
    pandas_seconds, _ = timed(lambda: measured.pandas_reference(sample))
    ratio = (pandas_seconds / len(sample)) / (total / events)
    say(f"pandas on {len(sample):,} events: {pandas_seconds:.1f} s, {ratio:.1f} times as long an event")
    say(f"memory of this process before pandas: {memory_mb:,.0f} MB")


def say(line: str) -> None:
    """To standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


main()
