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
_decode = msgspec.json.Decoder(StoredEvent).decode


class Tombstones:
    """What one process knows of who was erased. Empty until `refresh`."""

    def __init__(self) -> None:
        self._rows = 0
        self._before_ms: dict[str, int] = {}
        self._of_user: dict[bytes, int] = {}

    def refresh(self) -> None:
        """Read the list again if it has grown.

        Raises:
            StoreError
        """
        [(rows,)] = gateway.query(_COUNT)
        if rows != self._rows:
            self._before_ms = dict(gateway.query(_READ))
            self._of_user.clear()
            self._rows = rows

    def kept(self, events: Sequence[bytes]) -> Sequence[bytes]:
        """The events, each a StoredEvent as JSON, that are no erased person's of before then."""
        if not self._before_ms:
            return events
        return [event for event in events if not self._is_erased(event)]

    def _is_erased(self, event: bytes) -> bool:
        # Within a JSON string a quote stands behind a backslash: without one, the first quote ends the id.
        user = event[USER_ID_AT : event.find(b'","', USER_ID_AT + 1)]
        before_ms = self._of_user.get(user)
        if before_ms == 0:
            return False
        stored = _read(event)
        if stored is None:
            return False
        if before_ms is None:
            before_ms = self._before_ms.get(subject_hash(stored.user_id), 0)
            if b"\\" not in user:
                self._remember(user, before_ms)
        return stored.occurred_at_ms < before_ms

    def _remember(self, user: bytes, before_ms: int) -> None:
        if len(self._of_user) >= _REMEMBERED:
            self._of_user.clear()
        self._of_user[user] = before_ms


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
