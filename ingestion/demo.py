"""Generated events for the demonstration: three courses, eight weeks, people of different diligence."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ingestion.schemas import StoredEvent

COURSES = ("demo-python", "demo-statistics", "demo-oceanography")
WEEKS = 8
PEOPLE_PER_COURSE = 40
_NAMESPACE = uuid.UUID("5f0c5d0e-6a43-4f0e-9c39-0d6f2b6b7d11")
_ACTIONS = ("page_viewed", "video_played", "resource_downloaded", "problem_attempted", "forum_posted")
_WEIGHTS = (10, 5, 2, 4, 1)


def demo_events(*, today: datetime, student_user_id: str) -> Iterator[StoredEvent]:
    """The same events for the same day; `student_user_id` is one of each course's people."""
    start = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(weeks=WEEKS)
    for course_id in COURSES:
        for number in range(PEOPLE_PER_COURSE):
            user_id = student_user_id if number == 0 else f"demo-{number}"
            yield from _person(course_id, user_id, start)


def _person(course_id: str, user_id: str, start: datetime) -> Iterator[StoredEvent]:
    dice = random.Random(f"{course_id}/{user_id}")  # noqa: S311  # a demonstration, not a secret
    diligence = dice.random()
    yield _event(course_id, user_id, "enrolled", start + timedelta(minutes=dice.randrange(1440)), "{}")
    for day in range(1, WEEKS * 7):
        if dice.random() > diligence:
            continue
        moment = start + timedelta(days=day, hours=8 + dice.random() * 12)
        for _ in range(dice.randrange(1, 12)):
            action = dice.choices(_ACTIONS, _WEIGHTS)[0]
            yield _event(course_id, user_id, action, moment, f'{{"item_id":"item-{dice.randrange(30)}"}}')
            moment += timedelta(seconds=dice.randrange(20, 1200))
        if day % 7 == 5:
            yield _event(course_id, user_id, "assignment_submitted", moment, "{}")
    if dice.random() < diligence:
        finished = start + timedelta(weeks=WEEKS) - timedelta(minutes=dice.randrange(1, 2880))
        yield _event(course_id, user_id, "course_completed", finished, "{}")


def _event(course_id: str, user_id: str, event_type: str, moment: datetime, properties: str) -> StoredEvent:
    occurred_at_ms = round(moment.timestamp() * 1000)
    event_id = uuid.uuid5(_NAMESPACE, f"{course_id}/{user_id}/{event_type}/{occurred_at_ms}")
    return StoredEvent(event_id, user_id, course_id, event_type, "", occurred_at_ms, properties)
