"""Erased people: their events of before the erasure are not stored again, however late they are sent (docs/adr/0016).

The list is in ClickHouse, without which nothing is stored anyway. A writer asks whether it has grown once a plan.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from accounts.personal_data import subject_hash
from ingestion.schemas import StoredEvent
from storage_app.clickhouse import gateway

USER_ID_AT = 40
"""Where the user's id, a JSON string, begins in an event's text: after ["<36 characters of UUID>","""

_COUNT = "SELECT count() FROM erased_people"
_READ = "SELECT subject, toUnixTimestamp64Milli(max(before)) FROM erased_people GROUP BY subject"
_ADD = "INSERT INTO erased_people (subject, before) VALUES"
_REMEMBERED = 100_000
_END_OF_ID = b'","'
_decode = msgspec.json.Decoder(StoredEvent).decode


class Tombstones:
    """What one process knows of who was erased. Empty until `refresh`."""

    def __init__(self) -> None:
        self._rows = 0
        self._before_ms: dict[str, int] = {}
        self._others: set[bytes] = set()  # who was met lately and is not erased, as their events' text has them

    def refresh(self) -> None:
        """Read the list again if it has grown.

        Raises:
            StoreError
        """
        [(rows,)] = gateway.query(_COUNT)
        if rows != self._rows:
            self._before_ms = dict(gateway.query(_READ))
            self._others.clear()
            self._rows = rows

    def kept(self, events: Sequence[bytes]) -> Sequence[bytes]:
        """The events, each a StoredEvent as JSON, that are no erased person's of before then."""
        if not self._before_ms:
            return events
        others = self._others
        erased = {
            number
            for number, event in enumerate(events)
            if event[USER_ID_AT : event.find(_END_OF_ID, USER_ID_AT + 1)] not in others and self._is_erased(event)
        }
        return [event for number, event in enumerate(events) if number not in erased] if erased else events

    def _is_erased(self, event: bytes) -> bool:
        user = event[USER_ID_AT : event.find(_END_OF_ID, USER_ID_AT + 1)]
        # Within a JSON string a quote stands behind a backslash: without one, the first quote ends the id, and it is
        # written as it is.
        is_plain = b"\\" not in user
        stored = None if is_plain else _read(event)
        user_id = stored.user_id if stored else user[1:].decode(errors="replace")
        before_ms = self._before_ms.get(subject_hash(user_id), 0)
        if before_ms:
            stored = stored or _read(event)
            return stored is not None and stored.occurred_at_ms < before_ms
        if is_plain:
            self._remember(user)
        return False

    def _remember(self, user: bytes) -> None:
        if len(self._others) >= _REMEMBERED:
            self._others.clear()
        self._others.add(user)


def _read(event: bytes) -> StoredEvent | None:
    try:
        return _decode(event)
    except msgspec.DecodeError:
        return None  # ClickHouse will not read it either: it becomes a dead letter


def tombstone_add(*, user_id: str, before: datetime) -> None:
    """Events of this person that occurred before then are not stored from now on.

    Raises:
        StoreError
    """
    gateway.insert(_ADD, [(subject_hash(user_id), before)])


def tombstone_find(*, user_id: str) -> datetime | None:
    """Up to when a person is erased; None: they are not.

    Raises:
        StoreError
    """
    sql = "SELECT max(before), count() FROM erased_people WHERE subject = {subject:String}"
    [(before, count)] = gateway.query(sql, {"subject": subject_hash(user_id)})
    return before.astimezone(UTC) if count else None
