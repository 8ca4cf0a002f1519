"""What became of one event: waiting in the buffer, stored, or a dead letter."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from ingestion import buffer
from ingestion.buffer import Kind
from ingestion.dead_letters import dead_letters
from ingestion.schemas import StoredEvent
from ingestion.selectors.events import Event, event_find

Status = Literal["buffered", "stored", "dead_letter"]
_decode = msgspec.json.Decoder(StoredEvent).decode


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted event and where it is; `reason` says why a dead letter is one."""

    status: Status
    event: Event
    reason: str | None = None


def receipt_find(*, event_id: UUID) -> Receipt | None:
    """Where an accepted event is; None for one that was never accepted."""
    # In the order an event goes, and stored once more: it may have moved on between the looks.
    return _stored(event_id) or _buffered(event_id) or _dead(event_id) or _stored(event_id)


def _stored(event_id: UUID) -> Receipt | None:
    event = event_find(event_id=event_id)
    return Receipt("stored", event) if event else None


def _buffered(event_id: UUID) -> Receipt | None:
    mark = f'["{event_id}"'.encode()
    for entry in buffer.entries_newest_first():
        if entry.kind is not Kind.EVENTS:
            continue
        events = entry.rows()
        start = events.find(mark)
        if start >= 0:
            for raw in msgspec.json.decode(events, type=list[msgspec.Raw]):
                if bytes(raw).startswith(mark):
                    return Receipt("buffered", _as_event(bytes(raw), entry.received_ms))
    return None


def _dead(event_id: UUID) -> Receipt | None:
    mark = f'["{event_id}"'.encode()
    for letter in dead_letters():
        if letter.kind is Kind.EVENTS and letter.event.startswith(mark):
            return Receipt("dead_letter", _as_event(letter.event, letter.received_ms), letter.reason)
    return None


def _as_event(raw: bytes, received_ms: int) -> Event:
    stored = _decode(raw)
    event: dict[str, Any] = {
        "event_id": stored.event_id,
        "user_id": stored.user_id,
        "course_id": stored.course_id or None,
        "event_type": stored.event_type,
        "session_id": stored.session_id or None,
        "occurred_at": datetime.fromtimestamp(stored.occurred_at_ms / 1000, UTC),
        "received_at": datetime.fromtimestamp(received_ms / 1000, UTC),
        "properties": msgspec.json.decode(stored.properties),
    }
    return event
