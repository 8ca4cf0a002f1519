"""Devices: making, finding, changing and deleting them."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Device, User
from ingestion import buffer
from ingestion.devices.deletion import device_erasures_run
from ingestion.devices.seen import devices_seen_save
from ingestion.models import DeviceErasure
from storage_app.clickhouse import gateway
from tests.accounts.together import together
from tests.ingestion.readings import DEVICES, STATS, Drain, count, device, reading, send

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]
WHOLE = {
    "name": "Wrist ☃",
    "external_id": "w-1",
    "description": "left hand",
    "metadata": {"firmware": "1.2", "axes": [1, 2.5, None], "big": 2**70, "empty": {}},
    "expected_interval_seconds": 60,
}


def rows() -> int:
    return int(gateway.query("SELECT count() FROM device_readings")[0][0])


def test_it_works(as_user: AsUser, stranger: User) -> None:
    client = as_user(stranger)
    made = client.post(DEVICES, WHOLE, format="json")
    assert made.status_code == 201, made.content
    body = made.json()
    assert body.items() >= WHOLE.items()
    assert body.items() >= {"owner": "stranger", "is_active": True, "state": "never", "last_seen_at": None}.items()
    url = f"{DEVICES}/{body['id']}"
    assert client.get(url).json() == body
    assert client.get(DEVICES).json()["results"] == [body]
    changed = client.patch(url, {"name": "", "metadata": {}, "expected_interval_seconds": None}, format="json").json()
    assert (changed["name"], changed["metadata"], changed["expected_interval_seconds"]) == ("", {}, None)
    assert changed["external_id"] == "w-1"
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_all_of_it_may_be_left_out(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    assert client.post(DEVICES).status_code == 201
    assert client.post(DEVICES, {}, format="json").status_code == 201


def test_null_is_nothing_said(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    nulls = dict.fromkeys(WHOLE)
    answers = [client.post(DEVICES, nulls, format="json"), client.post(DEVICES, WHOLE, format="json")]
    answers.append(client.patch(f"{DEVICES}/{answers[1].json()['id']}", nulls, format="json"))
    for answer in (answers[0], answers[2]):
        assert answer.json().items() >= {"name": "", "external_id": "", "description": "", "metadata": {}}.items()
        assert answer.json()["expected_interval_seconds"] is None


def test_a_change_that_is_refused_does_not_close_the_device(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device(client, external_id="e")
    device_id = device(client)
    refused = client.patch(f"{DEVICES}/{device_id}", {"external_id": "e", "is_active": False}, format="json")
    assert refused.status_code == 400
    assert send(client, reading(device_id)).status_code == 202


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a long name": ({"name": "n" * 201}, "name"),
    "no text": ({"name": ["n"]}, "name"),
    "a NUL": ({"name": "a\x00"}, "name"),
    "half a character": ({"description": "\ud800"}, "description"),
    "a long text": ({"description": "d" * 2001}, "description"),
    "a long id": ({"external_id": "e" * 201}, "external_id"),
    "no object": ({"metadata": [1]}, "metadata"),
    "metadata as text": ({"metadata": "{}"}, "metadata"),
    "large metadata": ({"metadata": {"a": "b" * 17_000}}, "metadata"),
    "NUL inside": ({"metadata": {"a": ["\x00"]}}, "metadata"),
    "NUL in a name inside": ({"metadata": {"a": {"\x00": 1}}}, "metadata"),
    "half a character inside": ({"metadata": {"a": "\ud800"}}, "metadata"),
    "interval of 0": ({"expected_interval_seconds": 0}, "expected_interval_seconds"),
    "interval too large": ({"expected_interval_seconds": 2**40}, "expected_interval_seconds"),
    "interval of a half": ({"expected_interval_seconds": 1.5}, "expected_interval_seconds"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_values(what: str, as_user: AsUser, owner: User) -> None:
    fields, attr = BAD[what]
    client = as_user(owner)
    kept = device(client)
    for method, url in (("POST", DEVICES), ("PATCH", f"{DEVICES}/{kept}")):
        answer = client.generic(method, url, json.dumps(fields), content_type="application/json")
        assert answer.status_code == 400, answer.content
        assert answer.json()["errors"][0]["attr"].partition(".")[0] == attr
    assert Device.objects.count() == 1


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_no_finite_number(number: str, as_user: AsUser, owner: User) -> None:
    body = f'{{"metadata": {{"a": [{number}]}}}}'
    assert as_user(owner).generic("POST", DEVICES, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("depth", [50, 200, 300, 400, 500, 900, 2000])
def test_deep_metadata_is_kept_or_refused(depth: int, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    body = '{"metadata": ' + '{"a":' * depth + "1" + "}" * depth + "}"
    made = client.generic("POST", DEVICES, body, content_type="application/json")
    assert made.status_code == (201 if depth == 50 else 400), made.content
    assert client.get(DEVICES).json()["count"] == (made.status_code == 201)


def test_metadata_with_a_written_out_escape_is_kept(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client, metadata={"pattern": "\\u0000"})
    assert client.get(f"{DEVICES}/{device_id}").json()["metadata"] == {"pattern": "\\u0000"}


def test_an_external_id_is_one_device_of_an_owner(as_user: AsUser, owner: User, colleague: User) -> None:
    client = as_user(owner)
    device(client, external_id="e")
    device(as_user(colleague), external_id="e")
    other = device(client, external_id="")
    device(client, external_id="")
    for answer in (
        client.post(DEVICES, {"external_id": "e"}, format="json"),
        client.patch(f"{DEVICES}/{other}", {"external_id": "e"}, format="json"),
    ):
        assert answer.status_code == 400
        assert (answer.json()["errors"][0]["attr"], answer.json()["errors"][0]["code"]) == ("external_id", "unique")


@pytest.mark.django_db(transaction=True)
def test_one_external_id_many_times_at_once(as_user: AsUser, owner: User) -> None:
    make = lambda: as_user(owner).post(DEVICES, {"external_id": "e"}, format="json").status_code  # noqa: E731
    assert sorted(together(*[make] * 5)) == [201] + [400] * 4


def test_nobody_has_too_many(as_user: AsUser, owner: User, settings: Any) -> None:
    settings.DEVICES_PER_OWNER = 2
    client = as_user(owner)
    assert [client.post(DEVICES).status_code for _ in range(3)] == [201, 201, 400]


def test_everybody_sees_their_own_and_an_admin_all(
    as_user: AsUser, owner: User, colleague: User, stranger: User, admin: User
) -> None:
    device_id = device(as_user(owner))
    device(as_user(stranger))
    url = f"{DEVICES}/{device_id}"
    for other in (colleague, stranger):
        client = as_user(other)
        assert [getattr(client, method)(url).status_code for method in ("get", "patch", "delete")] == [404] * 3
        assert client.get(f"{url}/silences").status_code == 404
    assert as_user(owner).get(DEVICES).json()["count"] == 1
    assert as_user(admin).get(DEVICES).json()["count"] == 2
    assert as_user(admin).patch(url, {"name": "by the admin"}, format="json").json()["owner"] == "owner"
    assert as_user(admin).delete(url).status_code == 204


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"never", "active", "silent", "unwatched"}),
        ({"state": "never"}, {"never"}),
        ({"state": "active"}, {"active", "unwatched"}),
        ({"state": "silent"}, {"silent"}),
        ({"search": "LENT"}, {"silent"}),
        ({"search": "hall"}, {"never", "active"}),
        ({"search": "e-2"}, {"unwatched"}),
        ({"search": "%"}, set()),
        ({"state": "active", "search": "hall"}, {"active"}),
        ({"limit": 1, "offset": 9}, set()),
    ],
)
def test_states_and_search(parameters: dict[str, Any], expected: set[str], as_user: AsUser, owner: User) -> None:
    now = timezone.now()
    hour_ago, watched = now - timedelta(hours=1), {"expected_interval_seconds": 600}
    Device.objects.create(owner=owner, name="never", description="in the hall", **watched)
    Device.objects.create(owner=owner, name="active", description="in the hall", last_seen_at=now, **watched)
    Device.objects.create(owner=owner, name="silent", last_seen_at=hour_ago, **watched)
    Device.objects.create(owner=owner, name="unwatched", external_id="e-2", last_seen_at=hour_ago)
    answer = as_user(owner).get(DEVICES, parameters)
    assert {found["name"] for found in answer.json()["results"]} == expected


@pytest.mark.parametrize("parameters", [{"state": "dead"}, {"limit": 0}, {"search": "\x00"}, {"search": "s" * 201}])
def test_bad_parameters(parameters: dict[str, Any], as_user: AsUser, owner: User) -> None:
    assert as_user(owner).get(DEVICES, parameters).status_code == 400


def test_when_it_was_last_heard_of(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id, quiet = device(client), device(client)
    before = timezone.now() - timedelta(milliseconds=1)  # kept in milliseconds
    send(client, reading(device_id, timestamp="2020-01-01T00:00:00Z"))
    seen = Device.objects.get(pk=client.get(f"{DEVICES}/{device_id}").json()["id"]).last_seen_at
    assert seen is not None
    assert before <= seen <= timezone.now()
    assert client.get(f"{DEVICES}/{quiet}").json()["state"] == "never"
    assert devices_seen_save() == 0
    send(client, reading(device_id))
    assert devices_seen_save() == 1
    later = Device.objects.get(pk=device_id).last_seen_at
    assert later
    assert later >= seen


def test_changing_it_does_not_bring_back_when_it_was_seen(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client)
    send(client, reading(device_id))
    devices_seen_save()
    assert client.patch(f"{DEVICES}/{device_id}", {"name": "n"}, format="json").json()["last_seen_at"] is not None


def test_its_readings_go_with_it(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id, other = device(client), device(client)
    send(client, *[reading(device_id)] * 3, reading(other))
    drain()
    send(client, reading(device_id))  # waits still
    assert client.delete(f"{DEVICES}/{device_id}").status_code == 204
    assert client.get(f"{STATS}/{device_id}").status_code == 404
    assert send(client, reading(device_id)).status_code == 422
    assert device_erasures_run() == 1
    assert rows() == 1
    drain()
    assert rows() == 2
    much_later = timezone.now() + timedelta(minutes=5)
    assert device_erasures_run(now=much_later) == 1
    assert rows() == 1
    assert DeviceErasure.objects.get().finished_at == much_later
    assert device_erasures_run(now=much_later) == 0
    assert count(client, other) == 1
    hours = gateway.query("SELECT device_id, sum(readings) FROM device_hours GROUP BY device_id")
    assert [(str(device_id), readings) for device_id, readings in hours] == [(other, 1)]


def test_an_erasure_waits_for_what_is_in_the_buffer(as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client)
    send(client, reading(device_id))
    client.delete(f"{DEVICES}/{device_id}")
    much_later = timezone.now() + timedelta(minutes=5)
    device_erasures_run(now=much_later)
    assert (buffer.waiting(), DeviceErasure.objects.get().finished_at) == (1, None)
    drain()
    device_erasures_run(now=much_later)
    assert (rows(), DeviceErasure.objects.get().finished_at) == (0, much_later)


def test_a_device_that_goes_with_its_owner(as_user: AsUser, stranger: User, drain: Drain) -> None:
    client = as_user(stranger)
    device_id = device(client)
    send(client, reading(device_id))
    drain()
    stranger.delete()
    assert str(DeviceErasure.objects.get().device_id) == device_id
    device_erasures_run()
    assert rows() == 0


def test_a_deleted_devices_keys_are_gone(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client)
    client.post("/api/v1/api-keys", {"name": "k", "scopes": ["ingest"], "device_id": device_id}, format="json")
    client.post("/api/v1/api-keys", {"name": "other", "scopes": ["ingest"]}, format="json")
    client.delete(f"{DEVICES}/{device_id}")
    assert [key.name for key in ApiKey.objects.all()] == ["other"]


def test_without_anything(as_user: AsUser, owner: User) -> None:
    for path in (f"{DEVICES}/{uuid.uuid4()}", f"{DEVICES}/{uuid.uuid4()}/silences", f"{STATS}/{uuid.uuid4()}"):
        assert as_user(owner).get(path).status_code == 404
