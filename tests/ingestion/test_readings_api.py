"""POST and GET /api/v1/stats, through the writer and back."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.ingestion.readings import STATS, Drain, count, device, reading, send, stored

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]


def test_it_works(as_user: AsUser, stranger: User, drain: Drain) -> None:
    client = as_user(stranger)
    device_id = device(client, name="wrist", external_id="w-1", metadata={"hand": "left"})
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
