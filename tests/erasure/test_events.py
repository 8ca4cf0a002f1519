"""A person's events go from wherever they are, and a resend does not bring them back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.erasure.conftest import Erase, rows, run
from tests.ingestion.events import event

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

URL = "/api/v1/events"
AsUser = Callable[[User], APIClient]
Drain = Callable[[], None]


def send(as_user: AsUser, user: User, *events: dict[str, Any]) -> None:
    assert as_user(user).post(URL, {"events": events}).status_code == 202


def test_from_the_request_to_the_receipt(admin: User, owner: User, as_user: AsUser, drain: Drain) -> None:
    send(as_user, owner, event(), event(occurred_at="2024-01-01T00:00:00Z"), event(user_id="learner-2"))
    drain()
    asked = as_user(admin).delete(f"{URL}?user_id=learner-1")
    assert asked.status_code == 202
    receipt = asked.json()
    assert receipt["status"] == "pending"
    assert receipt["result_url"] == f"/api/v1/erasures/{receipt['id']}"

    run(receipt["id"])

    done = APIClient().get(receipt["result_url"]).json()
    assert done["status"] == "succeeded"
    assert done["counts"] == {"files": 0, "waiting": 0, "events": 2, "dead_letters": 0, "results": 0}
    assert done["finished_at"]
    assert "learner-1" not in str(done)
    assert (rows(user_id="learner-1"), rows(user_id="learner-2")) == (0, 1)


def test_every_copy_goes(owner: User, as_user: AsUser, drain: Drain, erase: Erase) -> None:
    sent = event()
    for _ in range(3):
        send(as_user, owner, sent)
        drain()
    assert rows(user_id="learner-1") >= 2

    assert erase("learner-1").counts["events"] == 1

    assert rows(user_id="learner-1") == 0


def test_a_resend_does_not_bring_it_back(owner: User, as_user: AsUser, drain: Drain, erase: Erase) -> None:
    before = [event(user_id=user_id) for user_id in ("learner-1", "learner-2")]
    send(as_user, owner, *before)
    drain()
    erase("learner-1")
    send(as_user, owner, *before, event(occurred_at="2020-01-01T00:00:00Z"))
    drain()
    assert (rows(user_id="learner-1"), rows(user_id="learner-2")) == (0, 2)
    hours = as_user(owner).get(URL, {"user_id": "learner-1"})
    assert hours.json()["count"] == 0


def test_what_somebody_does_later_under_the_same_id_is_theirs(
    owner: User, as_user: AsUser, drain: Drain, erase: Erase
) -> None:
    send(as_user, owner, event())
    drain()
    erase("learner-1")
    later = event(occurred_at=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    send(as_user, owner, later)
    drain()
    [kept] = as_user(owner).get(URL, {"user_id": "learner-1"}).json()["results"]
    assert kept["event_id"] == later["event_id"]
