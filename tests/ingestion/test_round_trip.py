"""Generated batches: what comes out is what went in."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
IDENTIFIERS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=128) | st.integers(
    min_value=-(10**30), max_value=10**30
)
SCALARS = st.none() | st.booleans() | TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
EVENTS = st.fixed_dictionaries(
    {
        "event_id": st.uuids().map(str),
        "user_id": IDENTIFIERS,
        "event_type": st.from_regex(r"\A[a-z0-9_.:-]{1,64}\Z"),
        "occurred_at": MOMENTS.map(datetime.isoformat),
        "course_id": st.none() | IDENTIFIERS,
        "session_id": st.none() | IDENTIFIERS,
        "properties": st.dictionaries(TEXT, VALUES, max_size=3),
    }
)


def as_text(value: Any) -> str | None:
    return None if value is None else str(value)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(events=st.lists(EVENTS, min_size=1, max_size=5))
def test_round_trip(
    events: list[Any],
    as_user: Callable[[User], APIClient],
    owner: User,
    drain: Callable[[], None],
) -> None:
    client = as_user(owner)
    for sent in events:
        sent["event_id"] = str(uuid.uuid4())  # hypothesis likes to repeat itself; these are not copies
    answer = client.post("/api/v1/events", {"events": events}, format="json")
    assert answer.status_code == 202, answer.content
    drain()
    for sent in events:
        receipt = client.get(f"/api/v1/events/{sent['event_id']}").json()
        found = receipt["event"]
        assert receipt["status"] == "stored"
        assert datetime.fromisoformat(found.pop("occurred_at")) == datetime.fromisoformat(sent["occurred_at"])
        del found["received_at"]
        assert found == {
            "event_id": sent["event_id"],
            "user_id": as_text(sent["user_id"]),
            "event_type": sent["event_type"],
            "course_id": as_text(sent["course_id"]),
            "session_id": as_text(sent["session_id"]),
            "properties": sent["properties"],
        }
