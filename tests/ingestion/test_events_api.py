"""POST and GET /api/v1/events, through the writer and back."""

import gzip
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from ingestion import buffer
from ingestion.models import LedgerHour
from ingestion.redis_store import client, script
from storage_app.clickhouse import gateway
from tests.ingestion.events import event

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

URL = "/api/v1/events"
AsUser = Callable[[User], APIClient]
Drain = Callable[[], None]


def post(client: APIClient, *events: dict[str, Any], query: str = "", **request: Any) -> Any:
    return client.post(f"{URL}{query}", {"events": events}, format="json", **request)


def post_bytes(client: Any, body: bytes, **headers: str) -> Any:
    return client.generic("POST", URL, body, **({"content_type": "application/json"} | headers))


def stored(client: APIClient, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, parameters)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_it_works(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    sent = event(properties={"score": 13.0, "big": 2**63, "nothing": None, "empty": {}, "snow": "☃"})
    answer = post(client, sent)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    drain()
    [found] = stored(client)
    received_at = datetime.fromisoformat(found.pop("received_at"))
    assert timedelta(0) <= datetime.now(UTC) - received_at < timedelta(minutes=1)
    assert datetime.fromisoformat(found.pop("occurred_at")) == datetime.fromisoformat(sent.pop("occurred_at"))
    assert found == sent
    assert json.dumps(found["properties"], sort_keys=True) == json.dumps(sent["properties"], sort_keys=True)


def test_an_event_sent_again_counts_once(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    sent = event()
    for _ in range(3):
        post(client, sent, sent)
        drain()
    answer = client.get(URL).json()
    assert answer["count"] == len(answer["results"]) == 1


def test_what_is_left_out_comes_back_as_null(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    post(client, event(course_id=..., session_id=..., properties=...))
    drain()
    [found] = stored(client)
    assert (found["course_id"], found["session_id"], found["properties"]) == (None, None, {})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["c", "b", "a"]),
        ({"user_id": "u1"}, ["c", "a"]),
        ({"course_id": "k"}, ["b"]),
        ({"event_type": "forum_posted"}, ["b"]),
        ({"session_id": "s2"}, ["c"]),
        ({"start": "2025-03-02T00:00:00Z"}, ["c", "b"]),
        ({"end": "2025-03-02T00:00:00Z"}, ["a"]),
        ({"start": "2025-03-02T01:00:00+01:00", "end": "2025-03-03T00:00:00"}, ["b"]),
        ({"start": "2025-03-02", "end": "2025-03-03"}, ["b"]),
        ({"user_id": "nobody"}, []),
        ({"user_id": "u1' OR 1=1 --"}, []),
        ({"limit": 1}, ["c"]),
        ({"limit": 2, "offset": 1}, ["b", "a"]),
        ({"offset": 50}, []),
    ],
)
def test_filters_and_pages(
    parameters: dict[str, Any], expected: list[str], as_user: AsUser, owner: User, drain: Drain
) -> None:
    client = as_user(owner)
    post(
        client,
        event(user_id="u1", course_id="c", session_id="s1", occurred_at="2025-03-01T00:00:00Z", properties={"n": "a"}),
        event(user_id="u2", course_id="k", event_type="forum_posted", occurred_at="2025-03-02T00:00:00Z")
        | {"properties": {"n": "b"}},
        event(user_id="u1", course_id="c", session_id="s2", occurred_at="2025-03-03T00:00:00Z", properties={"n": "c"}),
    )
    drain()
    assert [found["properties"]["n"] for found in stored(client, **parameters)] == expected


def test_pages_name_their_neighbours(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    post(client, *(event() for _ in range(5)))
    drain()
    answer = client.get(URL, {"limit": 2, "offset": 2}).json()
    assert answer["count"] == 5
    assert "offset=4" in answer["next"]
    assert answer["previous"].endswith("limit=2")


@pytest.mark.parametrize(
    ("parameters", "attr"),
    [
        ({"limit": 1001}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"start": "yesterday"}, "start"),
        ({"end": "0000-00-00"}, "end"),
        ({"user_id": "x" * 129}, "user_id"),
        ({"user_id": "a\x00b"}, "user_id"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], attr: str, as_user: AsUser, owner: User) -> None:
    answer = as_user(owner).get(URL, parameters)
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1800-01-01T00:00:00"])
def test_moments_outside_what_is_stored_find_nothing_or_everything(
    moment: str, as_user: AsUser, owner: User, drain: Drain
) -> None:
    client = as_user(owner)
    post(client, event())
    drain()
    after = moment.startswith("9999")
    assert len(stored(client, start=moment)) == (0 if after else 1)
    assert len(stored(client, end=moment)) == (1 if after else 0)


def test_students_do_not_read_the_stream(as_user: AsUser, stranger: User) -> None:
    assert as_user(stranger).get(URL).status_code == 403


def test_nobody_without_credentials() -> None:
    for answer in (APIClient().get(URL), post(APIClient(), event())):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "client_error"
        assert answer.json()["errors"][0]["code"] == "not_authenticated"


def test_a_student_sends_only_their_own(as_user: AsUser, stranger: User, owner: User, drain: Drain) -> None:
    client = as_user(stranger)
    assert post(client, event(user_id=...)).status_code == 202
    assert post(client, event(user_id=stranger.pk)).status_code == 202
    refused = post(client, event(user_id=stranger.pk), event(user_id=owner.pk))
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["attr"] == "events.1.user_id"
    drain()
    assert [found["user_id"] for found in stored(as_user(owner))] == [str(stranger.pk)] * 2


def test_one_bad_event_refuses_the_batch(as_user: AsUser, owner: User) -> None:
    answer = post(as_user(owner), event(), event(user_id=""), event(occurred_at="no"))
    assert answer.status_code == 422
    body = answer.json()
    assert body["type"] == "validation_error"
    assert [error["attr"] for error in body["errors"]] == ["events.1.user_id", "events.2.occurred_at"]
    assert buffer.waiting() == 0


def test_the_first_hundred_bad_events_are_named(as_user: AsUser, owner: User) -> None:
    errors = post(as_user(owner), *(event(user_id="") for _ in range(150))).json()["errors"]
    assert [error["attr"] for error in errors[:100]] == [f"events.{index}.user_id" for index in range(100)]
    assert errors[100]["detail"] == "50 more events are refused."


def test_the_good_events_can_be_taken(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    answer = post(client, event(), event(user_id=""), event(), query="?on_error=skip")
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (2, 1)
    assert body["errors"][0]["attr"] == "events.1.user_id"
    drain()
    assert len(stored(client)) == 2


def test_an_empty_batch(as_user: AsUser, owner: User) -> None:
    assert post(as_user(owner)).json() == {"accepted": 0}


def test_ndjson_and_gzip(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    lines = "\n".join(json.dumps(event()) for _ in range(3)).encode()
    plain = post_bytes(client, lines, content_type="application/x-ndjson")
    packed = post_bytes(
        client, gzip.compress(lines), content_type="application/x-ndjson; charset=utf-8", HTTP_CONTENT_ENCODING="gzip"
    )
    assert (plain.status_code, packed.status_code) == (202, 202)
    drain()
    assert client.get(URL).json()["count"] == 3


@pytest.mark.parametrize(
    ("body", "request_headers", "status", "code"),
    [
        (b"{", {}, 400, "parse_error"),
        (b"\xff\xfe", {}, 400, "parse_error"),
        (b"[" * 100_000, {}, 400, "parse_error"),
        (b"[]", {}, 422, "invalid"),
        (b'{"events": "all"}', {}, 422, "invalid"),
        (b'{"events": [], "more": 1}', {}, 422, "unknown_field"),
        (b"{}", {"content_type": "text/csv"}, 415, "unsupported_media_type"),
        (b"{}", {"content_type": ""}, 415, "unsupported_media_type"),
        (b"{}", {"HTTP_CONTENT_ENCODING": "br"}, 415, "unsupported_encoding"),
        (b"{}", {"HTTP_CONTENT_ENCODING": "gzip"}, 400, "unreadable"),
        (gzip.compress(b'{"events": []}', mtime=0)[:-4], {"HTTP_CONTENT_ENCODING": "gzip"}, 400, "unreadable"),
        (gzip.compress(b" " * 11_000_000, mtime=0), {"HTTP_CONTENT_ENCODING": "gzip"}, 413, "too_large"),
        (b" " * 11_000_000, {}, 413, "too_large"),
    ],
)
def test_bad_bodies(
    body: bytes, request_headers: dict[str, str], status: int, code: str, as_user: AsUser, owner: User
) -> None:
    answer = post_bytes(as_user(owner), body, **request_headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code
    assert buffer.waiting() == 0


def test_more_events_than_are_taken(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.EVENTS_MAX_COUNT = 3
    assert post(as_user(owner), *(event() for _ in range(4))).status_code == 413
    assert post(as_user(owner), *(event() for _ in range(3))).status_code == 202


def test_an_unknown_way_with_errors(as_user: AsUser, owner: User) -> None:
    answer = post(as_user(owner), event(), query="?on_error=ignore")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "on_error")


def test_a_full_buffer_takes_nothing(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.BUFFER_MAX_ENTRIES = 2
    client = as_user(owner)
    assert [post(client, event()).status_code for _ in range(4)] == [202, 202, 503, 503]
    answer = post(client, event())
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["errors"][0]["code"] == "buffer_full"
    assert buffer.waiting() == 2


def test_the_buffer_is_bounded_in_bytes(as_user: AsUser, owner: User, settings: Any, drain: Drain) -> None:
    settings.BUFFER_MAX_BYTES = 1000
    client = as_user(owner)
    big = [event(properties={"noise": uuid.uuid4().hex}) for _ in range(15)]
    assert [post(client, event()).status_code, post(client, *big).status_code] == [202, 503]
    drain()
    assert post(client, event()).status_code == 202


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """Nothing listens where Redis should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.cache_clear()
    script.cache_clear()
    yield
    client.cache_clear()
    script.cache_clear()


def test_without_redis_events_are_stored_at_once(redis_away: None, as_user: AsUser, owner: User) -> None:
    api = as_user(owner)
    sent = event()
    assert [post(api, sent).status_code, post(api, sent, event()).status_code] == [202, 202]
    assert len(stored(api)) == 2
    [hour] = LedgerHour.objects.all()
    assert (hour.origin, hour.accepted, hour.stored, hour.waiting) == ("teacher (direct)", 3, 3, 0)


def test_without_redis_and_clickhouse_nothing_is_taken(
    redis_away: None, as_user: AsUser, owner: User, settings: Any
) -> None:
    settings.CLICKHOUSE = settings.CLICKHOUSE | {"port": 1}
    answer = post(as_user(owner), event())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_other_methods(as_user: AsUser, owner: User) -> None:
    assert as_user(owner).put(URL, {}).status_code == 405


@pytest.mark.parametrize("field", ["event_type", "session_id"])
def test_a_copy_that_does_not_stand_is_not_found_by_what_only_it_says(field: str, as_user: AsUser, owner: User) -> None:
    """Beyond the window of conflicts; a filter that came before the copies are merged would find it."""
    event_id = uuid.uuid4()
    for received_at, value in (("2025-03-10 10:00:01", "first"), ("2025-06-10 10:00:01", "second")):
        gateway.execute(
            f"INSERT INTO events (event_id, user_id, course_id, {field}, occurred_at, received_at, properties)"  # noqa: S608  # a name of this test
            " VALUES ({event_id:UUID}, 'u1', 'c', {value:String}, '2025-03-10 10:00:00', {received_at:String}, '{}')",
            {"event_id": event_id, "value": value, "received_at": received_at},
        )
    for parameters in ({}, {"cursor": ""}):
        assert stored(as_user(owner), user_id="u1", course_id="c", **{field: "second"}, **parameters) == []
        assert len(stored(as_user(owner), user_id="u1", course_id="c", **{field: "first"}, **parameters)) == 1
