"""Stored readings of one device, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage_app.clickhouse import gateway

_CONDITIONS = {
    "device_id": "device_id = {device_id:UUID}",
    "start": "ts >= {start:DateTime64(3, 'UTC')}",
    "end": "ts < {end:DateTime64(3, 'UTC')}",
}
_COLUMNS = ("device_id", "timestamp", "x", "y", "z", "received_at")
# Readings at the same time are told apart by all they have, so that pages neither repeat nor miss one.
_ORDER = "ts DESC, received_at DESC, x, y, z"

Reading = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadingList:
    """The readings of a device in [start, end); asked like a queryset, by `count()` and by slice."""

    parameters: Mapping[str, Any]

    def count(self) -> int:
        """How many there are; identical ones all count."""
        sql = f"SELECT count() FROM device_readings WHERE {self._where()}"  # noqa: S608  # own fragments
        return int(gateway.query(sql, self.parameters)[0][0])

    def __getitem__(self, page: slice) -> Sequence[Reading]:
        """The readings of one page."""
        sql = (
            f"SELECT device_id, ts, x, y, z, received_at FROM device_readings WHERE {self._where()}"  # noqa: S608  # own fragments
            f" ORDER BY {_ORDER} LIMIT {{limit:UInt64}} OFFSET {{offset:UInt64}}"
        )
        bounds = {"limit": page.stop - page.start, "offset": page.start}
        return [dict(zip(_COLUMNS, row, strict=True)) for row in gateway.query(sql, {**self.parameters, **bounds})]

    def _where(self) -> str:
        return " AND ".join(_CONDITIONS[name] for name in self.parameters)


def reading_list(*, device_id: UUID, start: datetime | None = None, end: datetime | None = None) -> ReadingList:
    """The readings of a device, not yet fetched."""
    given = {"device_id": device_id, "start": start, "end": end}
    return ReadingList({name: value for name, value in given.items() if value is not None})
