"""Events from before the column `stored_at` count as stored when they were received."""

from datetime import UTC, datetime, timedelta

import pytest

from storage_app.clickhouse import gateway, migrator
from tests.analytics.stored import INSERT, event, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


def stored_at(user_id: str) -> datetime:
    found: datetime = gateway.query("SELECT stored_at FROM events WHERE user_id = {user:String}", {"user": user_id})[0][
        0
    ]
    return found


def test_it_works() -> None:
    gateway.execute("ALTER TABLE events DROP INDEX stored_at_minmax, DROP COLUMN stored_at")
    gateway.insert(INSERT, [tuple(event("old", "enrolled", "2025-03-01", received_at=moment("2025-03-02")))])
    steps = [step for step in migrator._read_steps(migrator.DIRECTORY) if step.name == "0005_events_stored_at.sql"]
    for step in steps:
        gateway.execute(step.sql)
    gateway.insert(INSERT, [tuple(event("new", "enrolled", "2025-03-01", received_at=moment("2025-03-02")))])

    assert stored_at("old") == moment("2025-03-02")
    assert abs(stored_at("new") - datetime.now(UTC)) < timedelta(hours=1)
