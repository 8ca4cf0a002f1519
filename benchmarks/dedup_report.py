"""The section of docs/benchmarks.md about copies."""

from benchmarks.dedup_run import Outcome
from benchmarks.dedup_tables import COURSES, PEOPLE
from benchmarks.event_pages import Walk
from benchmarks.interleaved import Timing
from benchmarks.report import machine, table

_MORE_MS_AT_MOST = 100


def section(outcome: Outcome) -> str:
    """Tables of what was found."""
    return (
        f"{outcome.rows:,} events of {outcome.weeks} weeks, {COURSES} courses and {PEOPLE:,} people; 1 % of them are"
        f" sent again, half of those weeks later. Medians of {outcome.rounds}, in turns;"
        f" {outcome.parts}. {machine()}.\n\n"
        + table(["asked", "events FINAL", "clean table", "ratio", "aim", "same answer"], _timings(outcome.timings))
        + "\nPages of 50 through `GET /events`, at thirteen depths down to the last:\n\n"
        + table(["list", "events", "first page", "worst page", "more", "aim"], _walks(outcome.walks))
    )


def _timings(timings: list[Timing]) -> list[list[str]]:
    return [
        [
            each.name,
            _ms(each.ours_seconds),
            _ms(each.clean_seconds),
            f"{each.ratio:.2f}",
            _aim(each.ratio, each.at_most),
            "yes" if each.exact else "**no**",
        ]
        for each in timings
    ]


def _walks(walks: list[Walk]) -> list[list[str]]:
    return [
        [
            walk.name,
            f"{walk.events:,}",
            _ms(walk.first_seconds),
            _ms(walk.worst_seconds),
            _ms(walk.more_seconds),
            _aim(walk.more_seconds * 1000, _MORE_MS_AT_MOST, " ms"),
        ]
        for walk in walks
    ]


def _aim(found: float, at_most: float | None, unit: str = "") -> str:
    if at_most is None:
        return ""
    return f"≤ {at_most}{unit}: {'met' if found <= at_most else '**missed**'}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"
