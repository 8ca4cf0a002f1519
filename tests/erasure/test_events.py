"""A person's events go from wherever they are, and a resend does not bring them back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.test import APIClient

from accounts.models import Erasure, User
from accounts.origin import SYSTEM
from accounts.services.erasure_requests import erasure_request
from ingestion import buffer
from ingestion.dead_letters import dead_letters, dead_letters_replay
from ingestion.inserting import insert_batches
from ingestion.lease import Lease
from ingestion.models import LedgerHour
from ingestion.redis_store import DEAD_LETTERS, client
from ingestion.schemas import encode_event
from ingestion.storing import Outcome, check_entries
from ingestion.tombstones import Tombstones
from ingestion.window import Window, records_of
from tests.erasure.conftest import Erase, rows, run, stored
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


def test_events_that_wait_are_dropped_by_the_writer(owner: User, as_user: AsUser, drain: Drain) -> None:
    send(as_user, owner, event(), event(user_id="learner-2"))
    asked = erasure_request(user_id="learner-1", includes_account=False, origin=SYSTEM)

    waits = run(asked.pk)
    assert (waits.status, waits.counts["waiting"]) == ("running", 1)
    assert "writer" in waits.error
    drain()
    assert (rows(user_id="learner-1"), rows(user_id="learner-2")) == (0, 1)

    Erasure.objects.update(run_after=timezone.now())
    done = run(asked.pk)
    assert (done.status, done.error, done.counts["waiting"]) == ("succeeded", "", 1)


def test_an_insert_under_way_is_waited_for(owner: User, as_user: AsUser) -> None:
    """The writer has checked the batch before it could know."""
    send(as_user, owner, event())
    lease = Lease(30)
    assert lease.acquire()
    entries = buffer.read("0", count=10, wait_ms=1)
    lease.plan(entries)
    batches = check_entries(entries, Window(), Tombstones(), Outcome())
    asked = erasure_request(user_id="learner-1", includes_account=False, origin=SYSTEM)

    assert run(asked.pk).status == "running"
    insert_batches(batches)
    lease.commit(entries, {}, window=Window().change(records_of([], [])))
    lease.release()
    assert rows() == 1

    Erasure.objects.update(run_after=timezone.now())
    assert run(asked.pk).counts["events"] == 1
    assert rows() == 0


def test_the_ledger_adds_up(owner: User, admin: User, as_user: AsUser, drain: Drain, erase: Erase) -> None:
    erase("learner-1")
    send(as_user, owner, event(), event(user_id="learner-2"))
    drain()
    [hour] = as_user(admin).get("/api/v1/ingestion/ledger").json()["results"]
    assert {name: hour[name] for name in ("accepted", "stored", "erased", "waiting")} == {
        "accepted": 2,
        "stored": 1,
        "erased": 1,
        "waiting": 0,
    }


def test_dead_letters_go(owner: User, drain: Drain, erase: Erase) -> None:
    letters: list[tuple[bytes, str]] = [
        (encode_event(stored("learner-1")), "of theirs"),
        (encode_event(stored("learner-2")), "of somebody else's"),
        (encode_event(stored('learner-1","')), "of somebody whose id begins like theirs"),
        (b'not JSON, but with "learner-1", in it', "a batch that could not be read"),
        (buffer.compress(b'[["x", "learner-1", 7]'), "another"),
        (buffer.compress(b'[["x", "learner-12", 7]'), "without them"),
    ]
    for letter, reason in letters:
        client().xadd(DEAD_LETTERS, {"event": letter, "reason": reason, "received_ms": 1, "source": "test"})

    assert erase("learner-1").counts["dead_letters"] == 3

    assert [letter.reason for letter in dead_letters()] == [
        "without them",
        "of somebody whose id begins like theirs",
        "of somebody else's",
    ]


def test_a_dead_letter_that_is_replayed_too_late(drain: Drain, erase: Erase) -> None:
    erase("learner-1")
    letter = encode_event(stored("learner-1"))
    client().xadd(DEAD_LETTERS, {"event": letter, "reason": "", "received_ms": 1, "source": "test"})
    assert dead_letters_replay() == 1
    drain()
    assert rows() == 0


def test_a_clock_that_runs_ahead(owner: User, as_user: AsUser, drain: Drain, erase: Erase) -> None:
    ahead = event(occurred_at=(datetime.now(UTC) + timedelta(hours=20)).isoformat())
    send(as_user, owner, ahead)
    drain()
    erase("learner-1")
    send(as_user, owner, ahead)
    drain()
    assert rows() == 0


def test_without_redis_they_are_not_stored_either(
    owner: User, as_user: AsUser, erase: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase("learner-1")

    def away(*_: object, **__: object) -> None:
        raise RedisError  # a server that goes away in the middle of a test would take the others' with it

    monkeypatch.setattr(buffer, "add", away)
    send(as_user, owner, event(), event(user_id="learner-2"))

    assert (rows(user_id="learner-1"), rows(user_id="learner-2")) == (0, 1)
    [hour] = LedgerHour.objects.all()
    assert (hour.accepted, hour.stored, hour.erased, hour.waiting) == (2, 1, 1, 0)


def test_a_second_erasure_takes_what_came_since(owner: User, as_user: AsUser, drain: Drain, erase: Erase) -> None:
    erase("learner-1")
    send(as_user, owner, event(occurred_at=(datetime.now(UTC) + timedelta(minutes=1)).isoformat()))
    drain()
    assert rows() == 1
    assert erase("learner-1").counts["events"] == 1
    assert rows() == 0
