"""Every metric agrees with the pandas reference on 210,000 events, in every scope and zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from tests.analytics import reference
from tests.analytics.calculated import ResultRow, result_rows
from tests.analytics.generated import generated_events
from tests.analytics.reference import Key, Numbers, When
from tests.analytics.stored import moment, store

pytestmark = pytest.mark.clickhouse


def local_week(first_day: str, zone: str) -> When:
    """Seven local days, however long they are."""
    start = datetime.fromisoformat(first_day).replace(tzinfo=ZoneInfo(zone))
    end = start + timedelta(days=7)  # by the clock on the wall
    return When(start.astimezone(UTC), end.astimezone(UTC), zone)


PERIODS = {
    "UTC": local_week("2025-03-10", "UTC"),
    "Berlin, a day of 23 hours": local_week("2025-03-24", "Europe/Berlin"),
    "New York, a day of 23 hours": local_week("2025-03-03", "America/New_York"),
    "Kolkata": local_week("2025-03-10", "Asia/Kolkata"),
    "one millisecond": When(moment("2025-03-12"), moment("2025-03-12") + timedelta(milliseconds=1)),
}
EDGES = tuple(bound for when in PERIODS.values() for bound in (when.start, when.end))


def completion(events: pd.DataFrame, when: When) -> Numbers:
    return {**reference.completion(events, when.start, when.end)}


def time_on_task(events: pd.DataFrame, when: When) -> Numbers:
    return {key: (seconds, n) for key, (seconds, _, n) in reference.times(events, when).items()}


def focus_ratio(events: pd.DataFrame, when: When) -> Numbers:
    return {key: (focused, seconds) for key, (seconds, focused, _) in reference.times(events, when).items()}


REFERENCES: dict[str, Callable[[pd.DataFrame, When], Numbers]] = {
    "retention": reference.retention,
    "engagement": reference.engagement,
    "completion": completion,
    "time_on_task": time_on_task,
    "activity_index": reference.activity_index,
    "focus_ratio": focus_ratio,
}


def key(row: ResultRow) -> Key:
    return row.course_id, row.user_id


def check(frame: pd.DataFrame, when: When) -> None:
    period = Period(when.start, when.end, when.zone)
    assert REFERENCES.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        expected = REFERENCES[name](frame, when)
        rows = result_rows(metric, period)
        found = {key(row): tuple(row.parts.values()) for row in rows}
        assert len(found) == len(rows)
        assert found.keys() == expected.keys(), name
        wrong = {each: (found[each], expected[each]) for each in found if found[each] != pytest.approx(expected[each])}
        assert not wrong, name
        of_a = {each: parts for each, parts in found.items() if each[0] == "a"}
        assert {key(row): tuple(row.parts.values()) for row in result_rows(metric, period, "a")} == of_a, name


def test_many_events() -> None:
    events = generated_events(1, 210_000, 5_000, edges=EDGES)
    for part in range(3):
        store(events[part::3])
    frame = reference.unique_events(pd.DataFrame(events))
    assert len(frame) == 210_000
    for when in PERIODS.values():
        check(frame, when)


@pytest.mark.parametrize("seed", range(2, 8))
def test_few_people_with_many_events_each(seed: int) -> None:
    events = generated_events(seed, 3_000, 3, edges=EDGES)
    store(events)
    check(reference.unique_events(pd.DataFrame(events)), PERIODS["UTC"])
