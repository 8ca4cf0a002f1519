"""Many events with every difficulty in them: resends, late ones, ties, gaps at the threshold, DST weeks."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from tests.analytics.stored import StoredEvent

MILLISECOND = timedelta(milliseconds=1)
HALF_AN_HOUR = timedelta(minutes=30)
# New York changes its clocks on 9 March 2025, Berlin on 30 March, Kolkata never.
FIRST = datetime(2025, 3, 3, tzinfo=UTC)
DAYS = 35
COURSES = ("a", "b", "c", "d", "")
TYPES = {
    "page_viewed": 20, "resource_downloaded": 4, "video_played": 8, "video_progress": 10, "problem_attempted": 10,
    "assignment_submitted": 3, "forum_posted": 3, "session_ended": 4, "page_blurred": 8, "page_focused": 6,
    "heartbeat": 14, "bookmarked": 3, "enrolled": 2, "unenrolled": 1.5, "course_completed": 0.5,
}  # fmt: skip
GAPS = (
    timedelta(0), MILLISECOND, timedelta(seconds=20), timedelta(minutes=4), HALF_AN_HOUR - MILLISECOND, HALF_AN_HOUR,
    HALF_AN_HOUR + MILLISECOND, timedelta(hours=3), timedelta(days=2),
)  # fmt: skip
GAP_WEIGHTS = (12, 4, 30, 20, 4, 4, 4, 6, 3)


def generated_events(seed: int, count: int, people: int, *, edges: tuple[datetime, ...] = ()) -> list[StoredEvent]:
    """`count` events and a twentieth of them again; some lie exactly at `edges` and a millisecond beside."""
    dice = random.Random(seed)
    events: list[StoredEvent] = []
    while len(events) < count:
        events += _person(dice, f"p{len(events) % people}-{dice.randrange(people)}", edges)
    events = events[:count]
    resent = [_sent_again(dice, each) for each in dice.sample(events, count // 20)]
    everything = events + resent
    dice.shuffle(everything)
    return everything


def _person(dice: random.Random, user_id: str, edges: tuple[datetime, ...]) -> list[StoredEvent]:
    courses = dice.sample(COURSES, dice.randrange(1, 4))
    at = FIRST + dice.random() * timedelta(days=DAYS)
    moments = []
    for _ in range(dice.randrange(5, 160)):
        at += dice.choices(GAPS, GAP_WEIGHTS)[0]
        moments.append(at)
    moments += [edge + dice.choice((-1, 0, 1)) * MILLISECOND for edge in edges if dice.random() < 0.2]
    kinds = dice.choices(tuple(TYPES), tuple(TYPES.values()), k=len(moments))
    return [_event(dice, user_id, dice.choice(courses), *each) for each in zip(kinds, moments, strict=True)]


def _event(dice: random.Random, user_id: str, course_id: str, kind: str, at: datetime) -> StoredEvent:
    occurred_at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    late = timedelta(days=60) if dice.random() < 0.05 else timedelta(seconds=dice.randrange(1, 600))
    event_id = uuid.UUID(int=dice.getrandbits(128), version=4)
    return StoredEvent(event_id, user_id, course_id, kind, "", occurred_at, occurred_at + late, "{}")


def _sent_again(dice: random.Random, event: StoredEvent) -> StoredEvent:
    return event._replace(received_at=event.received_at + timedelta(days=dice.randrange(1, 70)))
