"""Generated readings, made inside ClickHouse: what is measured is not how fast they come in."""

import uuid

from accounts.models import Device, Role, User
from storage_app.clickhouse import gateway

FIRST_DAY = "2025-01-01"
DAYS = 14
ROWS_AN_INSERT = 1_000_000

# Every device measures evenly over the whole time; a device is number % devices, so that each insert has all of them.
_INSERT = """
INSERT INTO device_readings
SELECT
    {devices:Array(UUID)}[number % {device_count:UInt64} + 1],
    toDateTime64({first_day:String}, 3, 'UTC')
        + toIntervalMillisecond(intDiv(number, {device_count:UInt64}) * {step_ms:UInt64}),
    now64(3, 'UTC'),
    randNormal(0, 3), randNormal(9.81, 2), randNormal(0, 5)
FROM numbers({first:UInt64}, {count:UInt64})
"""


def fleet_make(*, devices: int) -> tuple[User, list[uuid.UUID]]:
    """An owner with this many devices."""
    name = f"fleet-{uuid.uuid4().hex[:8]}"
    owner = User.objects.create_user(email=f"{name}@example.org", username=name, role=Role.STUDENT)
    made = Device.objects.bulk_create(Device(owner=owner, name=f"device {place}") for place in range(devices))
    return owner, [device.pk for device in made]


def readings_make(*, device_ids: list[uuid.UUID], count: int) -> None:
    """Readings of all of them over two weeks, and both tables merged."""
    step_ms = DAYS * 86_400_000 * len(device_ids) // count
    for first in range(0, count, ROWS_AN_INSERT):
        parameters = {
            "devices": device_ids,
            "device_count": len(device_ids),
            "first_day": FIRST_DAY,
            "step_ms": step_ms,
            "first": first,
            "count": min(ROWS_AN_INSERT, count - first),
        }
        gateway.execute(_INSERT, parameters, timeout_seconds=600)
    gateway.execute("OPTIMIZE TABLE device_readings FINAL", timeout_seconds=1800)
    gateway.execute("OPTIMIZE TABLE device_hours FINAL", timeout_seconds=1800)
