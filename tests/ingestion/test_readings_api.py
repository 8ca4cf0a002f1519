"""POST and GET /api/v1/stats, through the writer and back."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from ingestion import buffer
from tests.ingestion.readings import STATS, Drain, count, device, reading, send, stored

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]


def test_it_works(as_user: AsUser, stranger: User, drain: Drain) -> None:
    client = as_user(stranger)
    device_id = device(client)
    one = client.post(STATS, reading(device_id), format="json")
    assert one.status_code == 201, one.content
    first = one.json()
    assert first == reading(device_id, timestamp="2025-03-10T10:00:00.123000Z") | {"received_at": first["received_at"]}
    many = send(client, reading(device_id, x=3, timestamp="2025-03-10T11:00:00+01:00"), reading(device_id))
    assert (many.status_code, many.json()) == (202, {"accepted": 2})
    drain()
    found = stored(client, device_id)
    assert [row["x"] for row in found] == [1.5, 1.5, 3.0]
    assert first in found


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_clients_of_the_replaced_service(prefix: str, as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    made = client.post(f"{prefix}/devices", {"name": "old"}, format="json")
    device_id = made.json()["id"]
    answer = client.post(f"{prefix}/stats", {"device_id": device_id, "x": 1, "y": 2, "z": 3}, format="json")
    assert (made.status_code, answer.status_code) == (201, 201)
    drain()
    assert client.get(f"{prefix}/stats/{device_id}").json()["results"][0]["z"] == 3.0
    assert client.get(f"{prefix}/devices/{device_id}").json()["name"] == "old"


def test_identical_readings_all_count(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client)
    for _ in range(3):
        send(client, *[reading(device_id)] * 4)
        drain()
    assert count(client, device_id) == 12


def test_numbers_come_back_as_they_were_sent(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client)
    values = [0.1, -0.0, 1e-308, 1.7976931348623157e308, 5e-324, 2**53 + 2, -0.69464, 1 / 3]
    send(client, *(reading(device_id, x=value, timestamp=f"2025-03-10T10:00:0{n}Z") for n, value in enumerate(values)))
    drain()
    assert [repr(row["x"]) for row in reversed(stored(client, device_id))] == [repr(float(value)) for value in values]


def test_without_a_time_it_is_of_now(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = client.post(STATS, reading(device(client), timestamp=...), format="json").json()
    assert answer["timestamp"] == answer["received_at"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(answer["timestamp"])) < timedelta(minutes=1)


TOMORROW = (datetime.now(UTC) + timedelta(hours=25)).isoformat()
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"x": "1.5"}, "x"),
    "a boolean": ({"y": True}, "y"),
    "null": ({"z": None}, "z"),
    "a list": ({"z": [1]}, "z"),
    "missing": ({"y": ...}, "y"),
    "too large": ({"x": 10**400}, "x"),
    "no uuid": ({"device_id": "walk-01"}, "device_id"),
    "a number as device": ({"device_id": 1}, "device_id"),
    "the nil uuid": ({"device_id": "00000000-0000-0000-0000-000000000000"}, "device_id"),
    "no time": ({"timestamp": "yesterday"}, "timestamp"),
    "a number as time": ({"timestamp": 1_700_000_000}, "timestamp"),
    "tomorrow and more": ({"timestamp": TOMORROW}, "timestamp"),
    "the year 9999": ({"timestamp": "9999-12-31T23:59:59-12:00"}, "timestamp"),
    "the year 1": ({"timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp"),
    "the year 1899": ({"timestamp": "1899-12-31T23:59:59Z"}, "timestamp"),
    "no uuid as id": ({"reading_id": "\x00"}, "reading_id"),
    "an unknown field": ({"w": 1.0}, "w"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_readings_are_refused_by_name(what: str, as_user: AsUser, owner: User) -> None:
    changes, field = BAD[what]
    client = as_user(owner)
    device_id = device(client)
    one = client.post(STATS, reading(device_id, **changes), format="json")
    many = send(client, reading(device_id), reading(device_id, **changes), reading(device_id))
    assert (one.status_code, many.status_code) == (422, 422)
    assert [error["attr"] for error in one.json()["errors"]] == [field]
    assert [error["attr"] for error in many.json()["errors"]] == [f"readings.1.{field}"]
    assert buffer.waiting() == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "01", "1_0"])
@pytest.mark.parametrize("form", ['{"readings": [%s]}', "%s"])
def test_no_finite_number(number: str, form: str, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    text = form % json.dumps(reading(device(client), x=1.25)).replace("1.25", number)
    answer = client.generic("POST", STATS, text, content_type="application/json")
    assert answer.status_code in {400, 422}, answer.content
    assert buffer.waiting() == 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 400),
        (b"\xff", {}, 400),
        (b'{"x": ' + b"[" * 100_000, {}, 400),
        (b'{"readings": [' + b"[" * 100_000, {}, 400),
        (b"[]", {}, 422),
        (b"null", {}, 422),
        (b"{}", {}, 422),
        (b'{"readings": {}}', {}, 422),
        (b'{"readings": null}', {}, 422),
        (b'{"readings": [], "more": 1}', {}, 422),
        (b'{"readings": []}', {"content_type": "text/csv"}, 415),
        (b'{"readings": []}', {"HTTP_CONTENT_ENCODING": "br"}, 415),
        (b'{"readings": []}', {"HTTP_CONTENT_ENCODING": "gzip"}, 400),
        (gzip.compress(b" " * 11_000_000, mtime=0), {"HTTP_CONTENT_ENCODING": "gzip"}, 413),
    ],
)
def test_bad_bodies(body: bytes, headers: dict[str, str], status: int, as_user: AsUser, owner: User) -> None:
    answer = as_user(owner).generic("POST", STATS, body, **({"content_type": "application/json"} | headers))  # type: ignore[arg-type]
    assert answer.status_code == status, answer.content
    assert answer.json()["errors"][0]["code"]


def test_as_many_as_are_taken(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    sent = [reading(device(client))] * 10_001
    assert send(client, *sent).status_code == 413
    assert buffer.waiting() == 0
    assert send(client, *sent[1:]).json() == {"accepted": 10_000}
    assert send(client).json() == {"accepted": 0}


def test_the_first_hundred_are_named(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    errors = send(client, *[reading(device(client), x="no")] * 150).json()["errors"]
    assert [error["attr"] for error in errors[:100]] == [f"readings.{index}.x" for index in range(100)]
    assert errors[100]["detail"] == "50 more readings are refused."


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [4.0, 3.0, 2.0, 1.0]),
        ({"start": "2025-03-02"}, [4.0, 3.0, 2.0]),
        ({"end": "2025-03-02T00:00:00Z"}, [1.0]),
        ({"start": "2025-03-02T01:00:00+01:00", "end": "2025-03-04"}, [3.0, 2.0]),
        ({"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T00:00:00Z"}, [4.0, 3.0, 2.0, 1.0]),
        ({"start": "2025-03-04", "end": "2025-03-02"}, []),
        ({"limit": 1, "offset": 1}, [3.0]),
        ({"offset": 100_000}, []),
    ],
)
def test_periods_and_pages(
    parameters: dict[str, Any], expected: list[float], as_user: AsUser, owner: User, drain: Drain
) -> None:
    client = as_user(owner)
    device_id, other = device(client), device(client)
    days = [reading(device_id, x=day, timestamp=f"2025-03-0{day}T00:00:00Z") for day in (3, 1, 4, 2)]
    send(client, *days, reading(other, x=9))
    drain()
    assert [row["x"] for row in stored(client, device_id, **parameters)] == expected


@pytest.mark.parametrize(
    ("parameters", "attr"),
    [
        ({"limit": 1001}, "limit"),
        ({"offset": 100_001}, "offset"),
        ({"offset": -1}, "offset"),
        ({"start": "soon"}, "start"),
        ({"end": "\x00"}, "end"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], attr: str, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = client.get(f"{STATS}/{device(client)}", parameters)
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]


def test_readings_at_one_moment_are_each_on_one_page(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client)
    send(client, *(reading(device_id, x=n) for n in range(20)))
    drain()
    pages = [stored(client, device_id, limit=3, offset=offset) for offset in range(0, 20, 3)]
    assert sorted(row["x"] for page in pages for row in page) == [float(n) for n in range(20)]


def test_only_who_sees_the_device_reads(
    as_user: AsUser, owner: User, colleague: User, stranger: User, admin: User
) -> None:
    device_id = device(as_user(stranger))
    url = f"{STATS}/{device_id}"
    assert as_user(owner).get(url).status_code == 404
    assert as_user(colleague).get(url).status_code == 404
    assert as_user(stranger).get(url).status_code == 200
    assert as_user(admin).get(url).status_code == 200
    assert APIClient().get(url).status_code == 401
    assert as_user(owner).get(f"{STATS}/no-uuid").status_code == 404
    assert as_user(owner).get(STATS).status_code == 405
