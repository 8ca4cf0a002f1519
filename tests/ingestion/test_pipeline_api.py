"""Status, ledger, dead letters: the pipeline says how it is."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from ingestion import buffer
from ingestion.redis_store import COUNTERS, DEAD_LETTERS, STREAM, client
from ingestion.services import events_compact, ledger_save
from storage_app.clickhouse import gateway
from tests.ingestion.events import event

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]
Drain = Callable[[], None]
NIL = "00000000-0000-0000-0000-000000000000"


def send(api: APIClient, *events: dict[str, Any], query: str = "") -> None:
    api.post(f"/api/v1/events{query}", {"events": events}, format="json")


def bury(api: APIClient, drain: Drain) -> None:
    """One good event and one dead letter."""
    bad = [str(uuid.uuid4()), "u", "c", "t", "", 1, "{}"], [NIL, "u", "c", "t", "", 1, "{}"]
    buffer.add(json.dumps(bad).encode(), count=2, received_ms=time.time_ns() // 1_000_000, source="test")
    drain()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "status"),
        ("get", "ledger"),
        ("get", "dead-letters"),
        ("post", "dead-letters/replay"),
    ],
)
def test_for_admins_only(method: str, path: str, as_user: AsUser, admin: User, owner: User, stranger: User) -> None:
    url = f"/api/v1/ingestion/{path}"
    assert getattr(as_user(admin), method)(url).status_code == 200
    assert getattr(as_user(owner), method)(url).status_code == 403
    assert getattr(as_user(stranger), method)(url).status_code == 403
    assert getattr(APIClient(), method)(url).status_code == 401


def test_status(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    again = event()
    send(api, again, event(), again)
    waiting = api.get("/api/v1/ingestion/status").json()
    assert (waiting["buffered_batches"], waiting["buffered_events"]) == (1, 3)
    assert waiting["buffered_bytes"] > 0
    assert waiting["totals"] == {"accepted": 3}
    drain()
    send(api, event(user_id=""), event(), query="?on_error=skip")
    drained = api.get("/api/v1/ingestion/status").json()
    assert drained["totals"] == {"accepted": 4, "stored": 2, "duplicates": 1}
    assert drained["refused"] == {"invalid": 1}
    assert drained["stored_per_second"] > 0
    assert drained["is_stuck"] is False


def test_stuck_when_events_wait_and_nothing_moves(as_user: AsUser, admin: User) -> None:
    api = as_user(admin)
    old_ms = time.time_ns() // 1_000_000 - 61_000
    client().xadd(STREAM, {"batch": b"", "count": 1, "received_ms": old_ms, "source": "test"}, id=f"{old_ms}-0")
    assert api.get("/api/v1/ingestion/status").json()["is_stuck"] is True
    assert api.get("/health/ready").json()["pipeline"] == "stuck"
    assert api.get("/health/ready").status_code == 503
    client().hset(COUNTERS, "progress_ms", time.time_ns() // 1_000_000)
    assert api.get("/health/ready").json()["pipeline"] == "moving"


def test_prometheus(as_user: AsUser, admin: User) -> None:
    api = as_user(admin)
    send(api, event(), event())
    text = APIClient().get("/metrics").content.decode()
    assert "tidewatch_buffer_up 1.0" in text
    assert "tidewatch_buffered_events 2.0" in text
    assert 'tidewatch_events_total{outcome="accepted"} 2.0' in text


def test_the_ledger_adds_up(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    again = event()
    send(api, again, event())
    bury(api, drain)
    send(api, again, again | {"course_id": "elsewhere"}, event())
    drain()
    send(api, event())
    send(api, event(user_id=""))
    rows = {row["origin"]: row for row in api.get("/api/v1/ingestion/ledger").json()["results"]}
    counts = {name: sum(row[name] for row in rows.values()) for name in rows["admin"] if name not in {"hour", "origin"}}
    assert counts == {
        "accepted": 8,
        "stored": 4,
        "duplicates": 1,
        "conflicts": 1,
        "dead": 1,
        "erased": 0,
        "waiting": 1,
        "refused": 1,
    }
    assert ledger_save() == ledger_save() == len(rows)


def test_dead_letters_are_listed_and_put_back(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    bury(api, drain)
    bury(api, drain)
    listed = api.get("/api/v1/ingestion/dead-letters", {"limit": 1}).json()
    assert listed["count"] == 2
    [letter] = listed["results"]
    assert NIL in letter["event"]
    assert letter["reason"]
    one = api.post("/api/v1/ingestion/dead-letters/replay", {"ids": [letter["id"]]}, format="json")
    assert one.json() == {"replayed": 1, "left": 1}
    assert buffer.waiting() == 1
    rest = api.post("/api/v1/ingestion/dead-letters/replay")
    assert rest.json() == {"replayed": 1, "left": 0}
    drain()
    assert client().xlen(DEAD_LETTERS) == 2  # nothing was mended in between


def test_a_mended_dead_letter_is_stored(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    event_id = str(uuid.uuid4())
    good = json.dumps([event_id, "u", "c", "t", "", 1, "{}"]).encode().replace(b", ", b",")
    client().xadd(DEAD_LETTERS, {"event": good, "reason": "was too new", "received_ms": 1, "source": "test"})
    assert api.post("/api/v1/ingestion/dead-letters/replay").json()["replayed"] == 1
    drain()
    assert api.get(f"/api/v1/events/{event_id}").json()["status"] == "stored"


@pytest.mark.parametrize("ids", ["all", [1.5], ["nonsense"], ["1-1; DROP"], [["1-1"]]])
def test_bad_ids(ids: Any, as_user: AsUser, admin: User) -> None:
    answer = as_user(admin).post("/api/v1/ingestion/dead-letters/replay", {"ids": ids}, format="json")
    assert answer.status_code == 400


def test_closed_weeks_are_merged(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    for day in (3, 4, 5):
        send(api, event(occurred_at=f"2025-03-0{day}T10:00:00Z"))
        drain()
    parts = "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active"
    assert events_compact() == 1
    assert gateway.query(parts) == [(1,)]
    assert events_compact() == 0
