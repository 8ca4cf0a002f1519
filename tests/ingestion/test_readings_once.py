"""Readings count as often as they were sent and no oftener: resends, copies, limits, Redis away."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, User
from ingestion import buffer, redis_store
from ingestion.redis_store import READINGS_RATE, client, script
from tests.accounts.together import together
from tests.ingestion.readings import DEVICES, STATS, Drain, count, device, reading, send

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]


def status(api: APIClient) -> dict[str, Any]:
    body: dict[str, Any] = api.get("/api/v1/ingestion/status").json()
    return body


def test_a_request_sent_again_counts_once(as_user: AsUser, owner: User, drain: Drain) -> None:
    api = as_user(owner)
    device_id = device(api)
    for number in range(3):
        answer = send(api, reading(device_id), reading(device_id), HTTP_IDEMPOTENCY_KEY="a key")
        assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
        assert answer.headers.get("Idempotency-Replayed") == ("true" if number else None)
        drain()
    assert count(api, device_id) == 2


def test_a_single_one_sent_again_gets_the_same_answer(as_user: AsUser, owner: User, drain: Drain) -> None:
    api = as_user(owner)
    sent = reading(device(api), timestamp=...)
    first, again = (api.post(STATS, sent, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    drain()
    assert count(api, sent["device_id"]) == 1


def test_a_key_stands_for_one_body(as_user: AsUser, owner: User) -> None:
    api = as_user(owner)
    device_id = device(api)
    send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="k")
    answer = send(api, reading(device_id, x=2), HTTP_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "idempotency_key_reused"
    assert buffer.waiting() == 1


def test_keys_are_their_senders_own(as_user: AsUser, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        answer = send(as_user(user), reading(device(as_user(user))), HTTP_IDEMPOTENCY_KEY="k")
        assert "Idempotency-Replayed" not in answer.headers
    assert buffer.waiting() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\x00b", "a\nb"])
def test_no_key(key: str, as_user: AsUser, owner: User) -> None:
    api = as_user(owner)
    answer = send(api, reading(device(api)), HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "Idempotency-Key"
    assert buffer.waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once(as_user: AsUser, owner: User, drain: Drain) -> None:
    device_id = device(as_user(owner))
    sent = reading(device_id)

    def once() -> int:
        return int(send(as_user(owner), sent, HTTP_IDEMPOTENCY_KEY="k").status_code)

    assert together(*[once] * 8) == [202] * 8
    drain()
    assert count(as_user(owner), device_id) == 1


def test_a_reading_with_an_id_counts_once(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    device_id, other = device(api), device(api)
    named = reading(device_id, reading_id=str(uuid.uuid4()))
    send(api, named, reading(device_id), named)
    drain()
    send(api, named, named | {"x": 99.0}, named | {"device_id": other})
    drain()
    assert (count(api, device_id), count(api, other)) == (2, 1)
    assert status(api)["readings_totals"] == {"accepted": 6, "stored": 3, "duplicates": 2, "conflicts": 1}
    [hour] = api.get("/api/v1/ingestion/ledger").json()["results"]
    assert (hour["origin"], hour["accepted"], hour["waiting"]) == ("readings/admin", 6, 0)


def test_ids_of_readings_and_of_events_are_apart(as_user: AsUser, owner: User, drain: Drain) -> None:
    api = as_user(owner)
    device_id = device(api)
    event = {"event_id": device_id, "user_id": "u", "event_type": "t", "occurred_at": "2025-03-01T00:00:00Z"}
    send(api, reading(device_id, reading_id=device_id))
    assert api.get(f"/api/v1/events/{device_id}").status_code == 404
    api.post("/api/v1/events", {"events": [event]}, format="json")
    drain()
    assert (count(api, device_id), api.get("/api/v1/events").json()["count"]) == (1, 1)


def test_what_waits_is_shown(as_user: AsUser, admin: User, drain: Drain) -> None:
    api = as_user(admin)
    device_id = device(api)
    send(api, reading(device_id), reading(device_id))
    send(api, reading(device_id, x="no"))
    waiting = status(api)
    assert (waiting["buffered_events"], waiting["buffered_readings"], waiting["buffered_batches"]) == (0, 2, 1)
    assert waiting["readings_refused"] == {"invalid": 1}
    drain()
    assert (status(api)["buffered_readings"], status(api)["buffered_bytes"]) == (0, 0)
    assert 'tidewatch_readings_total{outcome="stored"} 2.0' in APIClient().get("/metrics").content.decode()


def test_a_full_buffer_takes_nothing(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.BUFFER_MAX_ENTRIES = 1
    settings.READINGS_PER_OWNER_PER_MINUTE = 2
    api = as_user(owner)
    device_id = device(api)
    assert [send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY=key).status_code for key in "ab"] == [202, 503]
    settings.BUFFER_MAX_ENTRIES = 2
    again = send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="b")
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (202, None)


@pytest.mark.parametrize("whose", ["device", "owner"])
def test_more_readings_than_a_minute_takes(whose: str, as_user: AsUser, owner: User, settings: Any) -> None:
    setattr(settings, f"READINGS_PER_{whose.upper()}_PER_MINUTE", 3)
    api = as_user(owner)
    one, other = device(api), device(api)
    assert send(api, reading(one), reading(one)).status_code == 202
    refused = send(api, reading(other), reading(one), reading(one))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["errors"][0]["code"] == "throttled"
    assert buffer.waiting() == 1
    assert send(api, reading(one)).status_code == 202
    assert send(api, reading(other)).status_code == (202 if whose == "device" else 429)
    for key in client().scan_iter(f"{READINGS_RATE}*"):
        assert 0 < client().pttl(key) <= 60_000
        client().delete(key)  # as the minute passes
    assert send(api, reading(one)).status_code == 202


def test_more_at_once_than_a_minute_takes(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.READINGS_PER_DEVICE_PER_MINUTE = 3
    api = as_user(owner)
    refused = send(api, *[reading(device(api))] * 4)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "3 readings" in refused.json()["errors"][0]["detail"]


def test_a_resend_is_not_counted_against_the_limit(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.READINGS_PER_DEVICE_PER_MINUTE = 1
    api = as_user(owner)
    device_id = device(api)
    assert [send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="k").status_code for _ in range(3)] == [202] * 3


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_when_many_send_at_once(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.READINGS_PER_DEVICE_PER_MINUTE = 3
    device_id = device(as_user(owner))
    statuses = together(*[lambda: send(as_user(owner), reading(device_id)).status_code] * 8)
    assert sorted(statuses) == [202] * 3 + [429] * 5


@pytest.fixture
def redis_away(settings: Any) -> Iterator[Callable[[], None]]:
    """`redis_away()`: from then on nothing listens where Redis should be."""
    address = settings.REDIS_URL

    def use(url: str) -> None:
        settings.REDIS_URL = url
        for cached in (client, script, redis_store._once):
            cached.cache_clear()

    yield lambda: use("redis://127.0.0.1:1/0")
    use(address)


def test_without_redis_readings_are_stored_at_once(
    redis_away: Callable[[], None], as_user: AsUser, owner: User
) -> None:
    api = as_user(owner)
    device_id = device(api)
    redis_away()
    assert send(api, reading(device_id), reading(device_id)).status_code == 202
    assert count(api, device_id) == 2
    assert Device.objects.get().last_seen_at is not None
    assert api.get(DEVICES).json()["results"][0]["state"] == "active"


@pytest.mark.parametrize("way", ["key", "id"])
def test_without_redis_nothing_is_taken_that_may_have_come_before(
    way: str, redis_away: Callable[[], None], as_user: AsUser, owner: User
) -> None:
    api = as_user(owner)
    device_id = device(api)
    redis_away()
    if way == "key":
        answer = send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="k")
    else:
        answer = send(api, reading(device_id, reading_id=str(uuid.uuid4())))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert count(api, device_id) == 0


def test_without_redis_no_device_is_closed(redis_away: Callable[[], None], as_user: AsUser, owner: User) -> None:
    api = as_user(owner)
    device_id = device(api)
    redis_away()
    assert api.delete(f"{DEVICES}/{device_id}").status_code == 503
    assert api.patch(f"{DEVICES}/{device_id}", {"is_active": False}, format="json").status_code == 503
    assert api.get(f"{DEVICES}/{device_id}").json()["is_active"] is True


def test_redis_that_does_not_answer(
    as_user: AsUser, owner: User, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it has kept the readings is not known: the caller hears so, and a resend under the key counts once."""
    api = as_user(owner)
    device_id = device(api)
    monkeypatch.setattr(redis_store, "_TIMEOUT_SECONDS", 0.2)
    redis_store._once.cache_clear()
    client().client_pause(600, all=False)
    answer = send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="k")
    redis_store._once.cache_clear()
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "outcome_unknown")
    threading.Event().wait(0.6)
    assert send(api, reading(device_id), HTTP_IDEMPOTENCY_KEY="k").status_code == 202
    drain()
    assert count(api, device_id) == 1
