"""What an event looks like, coming in and going on. Pure: no Django, no store."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Union
from uuid import UUID

import msgspec
from msgspec import Meta

from ingestion.decoding import (
    MALFORMED,
    Batch,
    RowRefused,
    check_all,
    decode_each,
    decode_well_formed,
    latest_ms,
    malformed,
    milliseconds,
)

PROPERTIES_MAX_BYTES = 32 * 1024
PROPERTIES_MAX_DEPTH = 8

# Characters are checked in `_stored`: patterns in the types made decoding three times as dear.
_Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
_EventType = Annotated[str, Meta(min_length=1, max_length=64)]
# No control characters: PostgreSQL keeps these as text and takes no NUL.
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_EVENT_TYPE = re.compile(r"[a-z0-9_.:-]+")


def _json_value(depth: int) -> Any:
    """The type of a JSON value nested at most `depth` deep, so that the decoder itself refuses deeper ones."""
    scalar = Union[None, bool, int, float, str]  # noqa: UP007  # built at run time
    if depth == 0:
        return scalar
    inner = _json_value(depth - 1)
    return Union[scalar, list[inner], dict[str, inner]]  # type: ignore[valid-type]  # noqa: UP007


_PropertyValue = _json_value(PROPERTIES_MAX_DEPTH - 1)


class Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An event as a client sends it."""

    event_id: UUID
    event_type: _EventType
    occurred_at: datetime
    user_id: int | _Identifier | None = None
    course_id: int | _Identifier | None = None
    session_id: int | _Identifier | None = None
    properties: dict[str, _PropertyValue] | None = None  # type: ignore[valid-type]  # built at run time


class StoredEvent(msgspec.Struct, array_like=True, gc=False):
    """An event as it goes into the buffer: the fields in the order of the writer's tuple."""

    event_id: UUID
    user_id: str
    course_id: str
    event_type: str
    session_id: str
    occurred_at_ms: int
    properties: str


class Sender(msgspec.Struct, frozen=True):
    """Who sends: `only_user_id` is the one person whose events the caller may send, None for anybody's."""

    only_user_id: str | None


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    events: list[Event]


class _RawEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_raw_envelope = msgspec.json.Decoder(_RawEnvelope).decode
_event_decoder = msgspec.json.Decoder(Event)
_encode = msgspec.json.Encoder().encode
# One text for one content, whatever order a client's library writes keys in.
_encode_canonical = msgspec.json.Encoder(order="sorted").encode


def decode_json(body: bytes, *, sender: Sender, now: datetime, max_count: int) -> Batch[StoredEvent]:
    """The batch of a JSON body {"events": [...]}.

    Raises:
        MalformedBody: no JSON, or not in UTF-8.
        TooManyRows: more than `max_count`.
    """
    check = _check(sender, now)
    try:
        events = _decode_envelope(body).events
    except msgspec.ValidationError:
        texts = decode_well_formed(_decode_raw_envelope, body).events
        return decode_each(texts, _event_decoder.decode, check, prefix="events", max_count=max_count)
    except MALFORMED as error:
        raise malformed(error) from None
    return check_all(events, check, prefix="events", max_count=max_count)


def decode_ndjson(body: bytes, *, sender: Sender, now: datetime, max_count: int) -> Batch[StoredEvent]:
    """The batch of an NDJSON body, one event a line; empty lines are passed over.

    Raises:
        TooManyRows: more than `max_count`.
    """
    check = _check(sender, now)
    try:
        events = _event_decoder.decode_lines(body)
    except MALFORMED:
        lines = [line for line in body.splitlines() if line.strip()]
        return decode_each(lines, _event_decoder.decode, check, prefix="events", max_count=max_count)
    return check_all(events, check, prefix="events", max_count=max_count)


def encode_batch(events: Sequence[StoredEvent]) -> bytes:
    """The JSON array of tuples that the buffer keeps and the writer hands to ClickHouse."""
    return _encode(events)


def encode_event(event: StoredEvent) -> bytes:
    """One tuple of such an array."""
    return _encode(event)


def event_json_schema() -> dict[str, Any]:
    """The JSON schema of a request body, for the OpenAPI document."""
    identifier = {"oneOf": [{"type": "integer"}, {"type": "string", "minLength": 1, "maxLength": 128}]}
    event = {
        "type": "object",
        "additionalProperties": False,
        "required": ["event_id", "event_type", "occurred_at"],
        "properties": {
            "event_id": {"type": "string", "format": "uuid"},
            "user_id": identifier,
            "event_type": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
            "occurred_at": {"type": "string", "format": "date-time"},
            "course_id": identifier | {"nullable": True},
            "session_id": identifier | {"nullable": True},
            "properties": {"type": "object", "additionalProperties": True, "nullable": True},
        },
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["events"],
        "properties": {"events": {"type": "array", "items": event}},
    }


def _check(sender: Sender, now: datetime) -> Callable[[Event], StoredEvent]:
    latest = latest_ms(now)
    return lambda event: _stored(event, sender, latest)


def _stored(event: Event, sender: Sender, latest: int) -> StoredEvent:
    if not event.event_id.int:
        # It is also what ClickHouse makes of an id it cannot read; the writer takes it for that.
        raise RowRefused("invalid", "Ensure this is not the nil UUID.", "event_id")
    properties = _encode_canonical(event.properties).decode() if event.properties else "{}"
    # A character has at most 4 bytes: only a long text needs to be counted.
    if len(properties) > PROPERTIES_MAX_BYTES // 4 and len(properties.encode()) > PROPERTIES_MAX_BYTES:
        raise RowRefused("too_large", f"Ensure this takes at most {PROPERTIES_MAX_BYTES} bytes.", "properties")
    return StoredEvent(
        event.event_id,
        _user_id(event.user_id, sender),
        _text(event.course_id, "course_id"),
        _event_type(event.event_type),
        _text(event.session_id, "session_id"),
        milliseconds(event.occurred_at, "occurred_at", latest),
        properties,
    )


def _user_id(sent: int | str | None, sender: Sender) -> str:
    if sender.only_user_id is None:
        if sent is None:
            raise RowRefused("required", "This field is required.", "user_id")
        return _text(sent, "user_id")
    if sent is not None and str(sent) != sender.only_user_id:
        raise RowRefused("not_own", "You may send only your own events.", "user_id")
    return sender.only_user_id


def _text(value: int | str | None, field: str) -> str:
    if type(value) is str and value.isprintable():  # as nearly all are
        return value
    if value is None:
        return ""
    if isinstance(value, int):
        value = str(value)
        if len(value) > 128:
            raise RowRefused("max_length", "Ensure this has at most 128 characters.", field)
    elif _CONTROL_CHARACTER.search(value):
        raise RowRefused("invalid", "Ensure this has no control characters.", field)
    return value


@lru_cache(maxsize=10_000)
def _event_type(sent: str) -> str:
    event_type = sent.lower()
    if not _EVENT_TYPE.fullmatch(event_type):
        raise RowRefused("invalid", "Ensure this has only a-z, 0-9 and _.:- in it.", "event_type")
    return event_type
