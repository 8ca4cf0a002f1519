"""Completion: exact numbers for small stories, and agreement with pandas on many events."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from analytics.metrics.completion import COMPLETION
from analytics.metrics.metric import Scope
from analytics.metrics.period import Period
from tests.analytics import reference
from tests.analytics.calculated import ratios, result_rows
from tests.analytics.stored import StoredEvent, again, event, moment, store

pytestmark = pytest.mark.clickhouse

START, END = moment("2025-03-10"), moment("2025-03-17")
BEFORE, LAST_BEFORE, FIRST = "2025-03-01", "2025-03-09T23:59:59.999", "2025-03-10T00:00:00.000"
INSIDE, LAST, AFTER = "2025-03-12T12:00:00", "2025-03-16T23:59:59.999", "2025-03-17T00:00:00.000"

Story = list[tuple[str, ...]]
CASES: dict[str, tuple[Story, dict[reference.Key, reference.Ratio]]] = {
    "nobody": ([], {}),
    "enrolled and not completed": (
        [("1", "enrolled", BEFORE)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "completed inside the period": (
        [("1", "enrolled", BEFORE), ("1", "course_completed", INSIDE)],
        {("c", "1"): (1, 1), ("c", None): (1, 1), (None, "1"): (1, 1), (None, None): (1, 1)},
    ),
    "completed long before the period": (
        [("1", "course_completed", BEFORE)],
        {("c", "1"): (1, 1), ("c", None): (1, 1), (None, "1"): (1, 1), (None, None): (1, 1)},
    ),
    "completed in the last millisecond": (
        [("1", "course_completed", LAST)],
        {("c", "1"): (1, 1), ("c", None): (1, 1), (None, "1"): (1, 1), (None, None): (1, 1)},
    ),
    "completed at the end, which is out": (
        [("1", "enrolled", BEFORE), ("1", "course_completed", AFTER)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "first seen at the end: in no cohort": ([("1", "page_viewed", AFTER)], {}),
    "completed twice counts once": (
        [("1", "course_completed", BEFORE), ("1", "course_completed", INSIDE)],
        {("c", "1"): (1, 1), ("c", None): (1, 1), (None, "1"): (1, 1), (None, None): (1, 1)},
    ),
    "never enrolled, but seen": (
        [("1", "page_viewed", INSIDE)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left before the start": ([("1", "enrolled", BEFORE), ("1", "unenrolled", LAST_BEFORE)], {}),
    "left without ever enrolling": ([("1", "unenrolled", BEFORE)], {}),
    "left at the start, which is inside": (
        [("1", "enrolled", BEFORE), ("1", "unenrolled", FIRST)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left and active since: still out": (
        [("1", "unenrolled", BEFORE), ("1", "page_viewed", INSIDE), ("1", "course_completed", INSIDE)],
        {},
    ),
    "left and enrolled again before the start": (
        [("1", "unenrolled", BEFORE), ("1", "enrolled", LAST_BEFORE)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left and enrolled again at the start": (
        [("1", "unenrolled", LAST_BEFORE), ("1", "enrolled", FIRST)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left and enrolled again at the end: too late": ([("1", "unenrolled", BEFORE), ("1", "enrolled", AFTER)], {}),
    "enrolled and left at one instant: the enrolment is the later": (
        [("1", "enrolled", BEFORE), ("1", "unenrolled", BEFORE)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left, came back, left again inside": (
        [("1", "unenrolled", BEFORE), ("1", "enrolled", FIRST), ("1", "unenrolled", INSIDE)],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "left one course, stayed in another": (
        [("1", "enrolled", BEFORE), ("1", "unenrolled", LAST_BEFORE), ("1", "course_completed", INSIDE, "k")],
        {("k", "1"): (1, 1), ("k", None): (1, 1), (None, "1"): (1, 1), (None, None): (1, 1)},
    ),
    "two courses, one completed": (
        [("1", "course_completed", INSIDE, "c"), ("1", "enrolled", BEFORE, "k")],
        {("c", "1"): (1, 1), ("k", "1"): (0, 1), ("c", None): (1, 1), ("k", None): (0, 1),
         (None, "1"): (1, 2), (None, None): (1, 2)},
    ),
    "two people": (
        [("1", "course_completed", INSIDE), ("2", "enrolled", BEFORE)],
        {("c", "1"): (1, 1), ("c", "2"): (0, 1), ("c", None): (1, 2), (None, "1"): (1, 1), (None, "2"): (0, 1),
         (None, None): (1, 2)},
    ),
    "events of no course belong to no cohort": (
        [("1", "course_completed", INSIDE, ""), ("1", "enrolled", BEFORE, "c"), ("2", "page_viewed", INSIDE, "")],
        {("c", "1"): (0, 1), ("c", None): (0, 1), (None, "1"): (0, 1), (None, None): (0, 1)},
    ),
    "before the year 1970": (
        [("1", "enrolled", "1931-05-01"), ("1", "unenrolled", "1931-05-01T00:00:00.001")],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "expected"), CASES.values(), ids=list(CASES))
def test_a_story(story: Story, expected: dict[reference.Key, reference.Ratio]) -> None:
    store(event(*told) for told in story)
    assert ratios(COMPLETION, START, END) == expected


@pytest.mark.parametrize(("story", "expected"), CASES.values(), ids=list(CASES))
def test_one_course_alone_gives_its_rows_and_no_others(
    story: Story, expected: dict[reference.Key, reference.Ratio]
) -> None:
    store(event(*told) for told in story)
    of_course = {key: pair for key, pair in expected.items() if key[0] == "c"}
    assert ratios(COMPLETION, START, END, "c") == of_course


def test_an_event_sent_again_counts_once() -> None:
    events = [event("1", "enrolled", BEFORE), event("1", "course_completed", INSIDE), event("2", "enrolled", BEFORE)]
    store(events)
    once = ratios(COMPLETION, START, END)
    store(again(each) for each in events)
    assert ratios(COMPLETION, START, END) == once
    assert once["c", None] == (1, 2)


def test_values_are_exact() -> None:
    store([*(event(str(n), "enrolled", BEFORE) for n in range(3)), event("0", "course_completed", INSIDE)])
    values = {(row.scope, row.user_id): row.value for row in result_rows(COMPLETION, Period(START, END))}
    assert values[Scope.COURSE, None] == 1 / 3
    assert values[Scope.COURSE_USER, "0"] == 1
    assert values[Scope.COURSE_USER, "1"] == 0


def test_ids_of_any_text() -> None:
    course, user = "Küche/ 'x\" \\ {a:String}", "ou-1\N{SNOWMAN}"
    store([event(user, "course_completed", INSIDE, course), event("2", "enrolled", BEFORE, "other")])
    assert ratios(COMPLETION, START, END, course) == {(course, user): (1, 1), (course, None): (1, 1)}


TYPES = ["enrolled", "unenrolled", "course_completed", "page_viewed", "problem_attempted"]
MILLISECOND = timedelta(milliseconds=1)


def generated_events(seed: int, count: int) -> list[StoredEvent]:
    """Events that crowd at the bounds and into single milliseconds, one in eight of them sent again."""
    rng = random.Random(seed)
    edges = [bound + step * MILLISECOND for bound in (START, END) for step in (-2, -1, 0, 1)]
    moments = edges + [START + timedelta(hours=rng.randrange(-2000, 400)) for _ in range(12)]
    events = [
        event(
            str(rng.randrange(60)),
            rng.choice(TYPES),
            rng.choice(moments).replace(tzinfo=None).isoformat(),
            rng.choice(["a", "b", "c", "d", ""]),
        )
        for _ in range(count)
    ]
    resent = [again(each, later=timedelta(days=rng.randrange(90))) for each in rng.sample(events, count // 8)]
    everything = events + resent
    rng.shuffle(everything)
    return everything


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_pandas(seed: int) -> None:
    # Few events a person leave many who are out; many leave few.
    events = generated_events(seed, count=300 * 2**seed)
    for part in range(3):
        store(events[part::3])
    frame = pd.DataFrame(events)
    expected = reference.completion(frame, START, END)
    assert ratios(COMPLETION, START, END) == expected
    of_b = {key: pair for key, pair in expected.items() if key[0] == "b"}
    assert ratios(COMPLETION, START, END, "b") == of_b
    for start, end in ((START, START + MILLISECOND), (START - MILLISECOND, START), (END, END + MILLISECOND)):
        assert ratios(COMPLETION, start, end) == reference.completion(frame, start, end)


@pytest.mark.shared_data
def test_it_agrees_with_pandas_on_a_real_university(shared_data: Path) -> None:
    with gzip.open(shared_data / "data" / "learning_oulad_events.ndjson.gz", "rt") as lines:
        frame = pd.DataFrame(map(json.loads, lines))
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True, format="ISO8601")
    frame["received_at"] = datetime(2025, 1, 1, tzinfo=UTC)
    frame["session_id"] = ""
    frame["properties"] = "{}"
    store(StoredEvent(*row) for row in frame[list(StoredEvent._fields)].itertuples(index=False))
    start, end = moment("2012-01-01"), moment("2016-01-01")
    found = ratios(COMPLETION, start, end)
    assert found[None, None] == (15_385, 32_588)
    assert found == reference.completion(frame, start, end)
