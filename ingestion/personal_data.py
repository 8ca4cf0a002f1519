"""What ingestion holds on people: events, wherever they are, and devices with their readings."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.models import Device
from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from ingestion.erasure import dead_events, devices_erase, events_erase, waiting_events
from ingestion.schemas import StoredEvent
from storage_app.clickhouse import gateway

_EVENTS = """
SELECT event_id, event_type, course_id, session_id, occurred_at, received_at, properties
FROM events FINAL
WHERE user_id = {user_id:String}
ORDER BY occurred_at, event_id
"""
_READINGS = """
SELECT device_id, ts AS timestamp, received_at, x, y, z
FROM device_readings
WHERE device_id IN {devices:Array(UUID)}
ORDER BY device_id, timestamp
"""
_DEVICE_FIELDS = ("id", "name", "external_id", "description", "metadata", "created_at", "last_seen_at")


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    events_erase(person=person, asked_at=asked_at, found=found)
    devices_erase(person=person, found=found)


def _export(*, person: Person) -> list[ExportFile]:
    gateway.ping()  # a store that is down is told before the first byte
    devices = list(Device.objects.filter(owner=person.account)) if person.account else []
    return [
        ExportFile("events.ndjson", ndjson(_stored_events(person))),
        ExportFile("events-waiting.ndjson", ndjson(map(_as_sent, waiting_events(person)))),
        ExportFile("events-not-stored.ndjson", ndjson(_dead(person))),
        ExportFile("devices.ndjson", ndjson(_device(device) for device in devices)),
        ExportFile("readings.ndjson", ndjson(_rows(_READINGS, {"devices": [device.pk for device in devices]}))),
    ]


def _stored_events(person: Person) -> Iterator[dict[str, Any]]:
    for row in _rows(_EVENTS, {"user_id": person.user_id}):
        yield row | {"properties": json.loads(row["properties"])}


def _as_sent(event: StoredEvent) -> dict[str, Any]:
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "user_id"}
    return fields | {"properties": json.loads(event.properties)}


def _dead(person: Person) -> Iterator[dict[str, Any]]:
    for letter in dead_events(person):
        yield {"received_at": letter.received_at, "reason": letter.reason, "event": letter.text}


def _device(device: Device) -> dict[str, Any]:
    return {name: getattr(device, name) for name in _DEVICE_FIELDS}


def _rows(sql: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with gateway.stream(sql, parameters) as rows:
        names = [column.name for column in rows.columns]
        for row in rows:
            yield dict(zip(names, row, strict=True))


register("events and devices", erase=_erase, export=_export)
