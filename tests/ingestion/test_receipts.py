"""GET /events/{event_id}: an accepted event is found at once, wherever it is."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from ingestion import buffer
from tests.ingestion.events import event

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]


def send(client: APIClient, *events: dict[str, Any]) -> None:
    assert client.post("/api/v1/events", {"events": events}, format="json").status_code == 202


def receipt(client: APIClient, event_id: str) -> Any:
    return client.get(f"/api/v1/events/{event_id}")


def test_buffered_then_stored(as_user: AsUser, owner: User, drain: Callable[[], None]) -> None:
    client = as_user(owner)
    sent = event(properties={"score": 13.0, "big": 2**63})
    send(client, event(), sent, event())
    buffered = receipt(client, sent["event_id"]).json()
    assert (buffered["status"], buffered["event_id"], buffered["reason"]) == ("buffered", sent["event_id"], None)
    drain()
    stored = receipt(client, sent["event_id"]).json()
    assert stored == buffered | {"status": "stored"}
    assert stored["event"]["properties"] == sent["properties"]


def test_a_dead_letter_and_why(as_user: AsUser, owner: User, drain: Callable[[], None]) -> None:
    event_id = str(uuid.uuid4())
    # A UUID that the check would have refused stands for whatever ClickHouse may one day not read.
    bad = [event_id, "u", "c", "t", "", 1, "{}"], ["00000000-0000-0000-0000-000000000000", "u", "c", "t", "", 1, "{}"]
    buffer.add(json.dumps(bad).encode(), count=2, received_ms=1, source="test")
    drain()
    client = as_user(owner)
    assert receipt(client, event_id).json()["status"] == "stored"
    dead = receipt(client, "00000000-0000-0000-0000-000000000000").json()
    assert dead["status"] == "dead_letter"
    assert dead["reason"]


def test_never_accepted(as_user: AsUser, owner: User) -> None:
    assert receipt(as_user(owner), str(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize("event_id", ["nonsense", "1", "00000000-0000-0000-0000-00000000000g"])
def test_no_id_at_all(event_id: str, as_user: AsUser, owner: User) -> None:
    assert receipt(as_user(owner), event_id).status_code == 404


def test_students_see_their_own_only(as_user: AsUser, stranger: User, owner: User) -> None:
    own, foreign = event(user_id=stranger.pk), event(user_id=owner.pk)
    send(as_user(owner), own, foreign)
    assert receipt(as_user(stranger), own["event_id"]).status_code == 200
    assert receipt(as_user(stranger), foreign["event_id"]).status_code == 404
    assert receipt(APIClient(), own["event_id"]).status_code == 401
