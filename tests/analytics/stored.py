"""Events as the store keeps them, for tests that put them there without the way in."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from storage_app.clickhouse import gateway

INSERT = (
    "INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)"
    " VALUES"
)


class StoredEvent(NamedTuple):
    """A row of the table events."""

    event_id: uuid.UUID
    user_id: str
    course_id: str
    event_type: str
    session_id: str
    occurred_at: datetime
    received_at: datetime
    properties: str


def moment(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(
    user_id: str, event_type: str, occurred_at: str, course_id: str = "c", *, received_at: datetime | None = None
) -> StoredEvent:
    """An event, received an hour after it occurred unless said otherwise."""
    occurred = moment(occurred_at)
    received = received_at or occurred + timedelta(hours=1)
    return StoredEvent(uuid.uuid4(), user_id, course_id, event_type, "", occurred, received, "{}")


def again(first: StoredEvent, *, later: timedelta = timedelta(days=40)) -> StoredEvent:
    """The same event, sent again."""
    return first._replace(received_at=first.received_at + later)


def store(events: Iterable[StoredEvent]) -> None:
    """Put events into ClickHouse as one block."""
    rows = [tuple(each) for each in events]
    if rows:
        gateway.insert(INSERT, rows, settings={"max_partitions_per_insert_block": 0})
