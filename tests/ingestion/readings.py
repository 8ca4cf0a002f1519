"""Devices and readings as their owners make and send them."""

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

DEVICES, STATS = "/api/v1/devices", "/api/v1/stats"
Drain = Callable[[], None]


def device(client: APIClient, **fields: Any) -> str:
    """The id of a new device."""
    answer = client.post(DEVICES, fields, format="json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def reading(device_id: str, /, **changes: Any) -> dict[str, Any]:
    """A good reading, with changes; a field changed to `...` is left out."""
    whole = {"device_id": device_id, "x": 1.5, "y": -2.25, "z": 9.81, "timestamp": "2025-03-10T10:00:00.123Z"} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def send(client: APIClient, *readings: dict[str, Any], **headers: Any) -> Any:
    """The answer to a batch."""
    return client.post(STATS, {"readings": readings}, format="json", **headers)


def stored(client: APIClient, device_id: str, **parameters: Any) -> list[dict[str, Any]]:
    """The readings of a page."""
    answer = client.get(f"{STATS}/{device_id}", parameters)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def count(client: APIClient, device_id: str) -> int:
    """How many readings a device has."""
    return int(client.get(f"{STATS}/{device_id}").json()["count"])
