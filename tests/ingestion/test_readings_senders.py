"""Whose readings are taken: of one's own active devices, by oneself, by one's key, by the device's key."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, User
from ingestion import buffer
from ingestion.devices.known import known_devices
from tests.ingestion.readings import DEVICES, STATS, Drain, count, device, reading, send

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]
KEYS = "/api/v1/api-keys"


def key_of(client: APIClient, **fields: Any) -> APIClient:
    """A client that shows a new key."""
    answer = client.post(KEYS, {"name": "sensor", "scopes": ["ingest"]} | fields, format="json")
    assert answer.status_code == 201, answer.content
    bearing = APIClient()
    bearing.credentials(HTTP_AUTHORIZATION=f"Api-Key {answer.json()['key']}")
    return bearing


def refusals(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    assert buffer.waiting() == 0
    return [(error["attr"], error["code"]) for error in answer.json()["errors"]]


def test_a_device_that_is_unknown_or_anothers(as_user: AsUser, owner: User, stranger: User, admin: User) -> None:
    mine, foreign = device(as_user(owner)), device(as_user(stranger))
    batch = [reading(mine), reading(foreign), reading(str(uuid.uuid4())), reading(foreign)]
    answer = send(as_user(owner), *batch)
    assert refusals(answer) == [(f"readings.{index}.device_id", "unknown_device") for index in (1, 2, 3)]
    assert len({error["detail"] for error in answer.json()["errors"]}) == 1  # nobody is told which exist
    for sender in (owner, admin):
        one = as_user(sender).post(STATS, reading(foreign), format="json")
        assert refusals(one) == [("device_id", "unknown_device")]


def test_of_many_foreign_ones_a_hundred_are_named(as_user: AsUser, owner: User, stranger: User) -> None:
    errors = refusals(send(as_user(owner), *[reading(device(as_user(stranger)))] * 150))
    assert len(errors) == 101
    assert errors[100] == ("readings", "more")


def test_a_deactivated_device_is_refused_at_once(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client)
    assert send(client, reading(device_id)).status_code == 202
    client.patch(f"{DEVICES}/{device_id}", {"is_active": False}, format="json")
    assert send(client, reading(device_id)).json()["errors"][0]["code"] == "inactive_device"
    client.patch(f"{DEVICES}/{device_id}", {"is_active": True}, format="json")
    assert send(client, reading(device_id)).status_code == 202


@pytest.mark.parametrize("end", ["deactivated", "deleted"])
def test_a_process_that_remembers_the_device_refuses_it_too(end: str, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id, other = device(client), device(client)
    remembered = known_devices.find_all({uuid.UUID(device_id)})
    if end == "deleted":
        client.delete(f"{DEVICES}/{device_id}")
    else:
        client.patch(f"{DEVICES}/{device_id}", {"is_active": False}, format="json")
    known_devices._keep(remembered, 10.0**9)  # as in a process that looked just before
    answer = send(client, reading(other), reading(device_id))
    assert refusals(answer)[0][0] == "readings.1.device_id"


def test_a_new_device_is_known_at_once(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = str(uuid.uuid4())
    assert send(client, reading(device_id)).status_code == 422
    Device.objects.create(id=device_id, owner=owner)
    assert send(client, reading(device_id)).status_code == 202


def test_the_devices_of_a_batch_cost_one_query(
    as_user: AsUser, owner: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client = as_user(owner)
    devices = [str(row.pk) for row in Device.objects.bulk_create(Device(owner=owner) for _ in range(50))]
    send(client)  # the account is known by now
    batch = [reading(device_id) for device_id in devices * 3]
    with django_assert_num_queries(1):
        assert send(client, *batch).status_code == 202
    with django_assert_num_queries(0):
        assert send(client, *batch).status_code == 202


def test_a_key_sends_for_its_owners_devices(as_user: AsUser, owner: User, colleague: User, drain: Drain) -> None:
    device_id = device(as_user(owner))
    assert send(key_of(as_user(owner)), reading(device_id)).status_code == 202
    assert send(key_of(as_user(colleague)), reading(device_id)).status_code == 422
    reads = key_of(as_user(owner), scopes=["read"])
    assert send(reads, reading(device_id)).status_code == 403
    drain()
    assert count(reads, device_id) == 1
    assert reads.get(DEVICES).json()["count"] == 1


def test_a_devices_key_sends_its_readings_and_nothing_else(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id, other = device(client), device(client)
    key = key_of(client, device_id=device_id)
    assert send(key, reading(device_id)).status_code == 202
    assert key.post(STATS, reading(device_id), format="json").status_code == 201
    assert send(key, reading(device_id), reading(other)).json()["errors"][0]["attr"] == "readings.1.device_id"
    event = {"event_id": str(uuid.uuid4()), "user_id": "u", "event_type": "t", "occurred_at": "2025-03-01T00:00:00Z"}
    assert key.post("/api/v1/events", {"events": [event]}, format="json").status_code == 403
    for path in (DEVICES, f"{DEVICES}/{device_id}", f"{STATS}/{device_id}", "/api/v1/events"):
        assert key.get(path).status_code == 403


def test_a_devices_key_goes_with_the_device(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client)
    key = key_of(client, device_id=device_id)
    client.delete(f"{DEVICES}/{device_id}")
    assert send(key, reading(device_id)).status_code == 401


def test_an_admin_makes_a_key_for_a_students_device(as_user: AsUser, admin: User, stranger: User) -> None:
    device_id = device(as_user(stranger))
    assert send(key_of(as_user(admin), device_id=device_id), reading(device_id)).status_code == 202


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"device_id": "no uuid"}, "device_id"),
        ({"device_id": str(uuid.UUID(int=5))}, "device_id"),
        ({"device_id": [1]}, "device_id"),
        ({"device_id": "\x00"}, "device_id"),
        ({"scopes": ["read"]}, "scopes.0"),
        ({"scopes": ["ingest", "read"]}, "scopes.0"),
    ],
)
def test_what_is_no_devices_key(changes: dict[str, Any], attr: str, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    wanted = {"name": "k", "scopes": ["ingest"], "device_id": device(client)} | changes
    answer = client.post(KEYS, wanted, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"].partition(".")[0] == attr.partition(".")[0]


def test_no_key_for_anothers_device(as_user: AsUser, owner: User, stranger: User) -> None:
    wanted = {"name": "k", "scopes": ["ingest"], "device_id": device(as_user(stranger))}
    assert as_user(owner).post(KEYS, wanted, format="json").status_code == 400
