"""What an event looks like, coming in and going on. Pure: no Django, no store.

A batch is decoded in one go; only when that fails is each event looked at alone, so that every bad one can be named.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Union
from uuid import UUID

import msgspec
from msgspec import Meta

PROPERTIES_MAX_BYTES = 32 * 1024
PROPERTIES_MAX_DEPTH = 8
MAX_FUTURE = timedelta(hours=24)
NAMED_ERRORS = 100
"""How many refused events an answer names."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# What ClickHouse's DateTime64(3) holds.
_EARLIEST_MS = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LATEST_MS = (datetime(2299, 12, 31, tzinfo=UTC) - _EPOCH) // _MILLISECOND

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


class Refusal(msgspec.Struct, frozen=True):
    """Why one event was not taken. `attr` is its path: events.3.occurred_at"""

    code: str
    detail: str
    attr: str


class MalformedBody(Exception):
    """The body is not JSON at all."""


class TooManyEvents(Exception):
    """More events in one request than are taken."""


class Batch(msgspec.Struct):
    """What a body holds: the good events in their order, and a refusal for each bad one."""

    events: list[StoredEvent]
    refusals: list[Refusal]


class Sender(msgspec.Struct, frozen=True):
    """Who sends: `only_user_id` is the one person whose events the caller may send, None for anybody's."""

    only_user_id: str | None


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    events: list[Event]


class _RawEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


class _EventRefused(Exception):
    def __init__(self, code: str, detail: str, field: str) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_raw_envelope = msgspec.json.Decoder(_RawEnvelope).decode
_event_decoder = msgspec.json.Decoder(Event)
_encode = msgspec.json.Encoder().encode
# One text for one content, whatever order a client's library writes keys in.
_encode_canonical = msgspec.json.Encoder(order="sorted").encode
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode_json(body: bytes, *, sender: Sender, now: datetime, max_count: int) -> Batch:
    """The batch of a JSON body {"events": [...]}.

    Raises:
        MalformedBody: no JSON, or not in UTF-8.
        TooManyEvents: more than `max_count`.
    """
    try:
        events = _decode_envelope(body).events
    except msgspec.ValidationError:
        return _decode_each(_raw_events(body), sender=sender, now=now, max_count=max_count)
    except _MALFORMED as error:
        raise MalformedBody(_reason(error)) from None
    return _check_all(events, sender=sender, now=now, max_count=max_count)


def decode_ndjson(body: bytes, *, sender: Sender, now: datetime, max_count: int) -> Batch:
    """The batch of an NDJSON body, one event a line; empty lines are passed over.

    Raises:
        TooManyEvents: more than `max_count`.
    """
    try:
        events = _event_decoder.decode_lines(body)
    except _MALFORMED:
        lines = [line for line in body.splitlines() if line.strip()]
        return _decode_each(lines, sender=sender, now=now, max_count=max_count)
    return _check_all(events, sender=sender, now=now, max_count=max_count)


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


def _raw_events(body: bytes) -> list[msgspec.Raw]:
    """Each event's own text.

    Raises:
        MalformedBody: no JSON.
        msgspec.ValidationError: not an object with a list of events; nothing to look at alone.
    """
    try:
        return _decode_raw_envelope(body).events
    except msgspec.ValidationError:
        # The decoder stopped where a type does not fit: what follows may not even be JSON.
        _check_syntax(body)
        raise
    except _MALFORMED as error:
        raise MalformedBody(_reason(error)) from None


def _check_syntax(body: bytes) -> None:
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return  # JSON, with a number too large to hold
    except _MALFORMED as error:
        raise MalformedBody(_reason(error)) from None


def _check_all(events: Sequence[Event], *, sender: Sender, now: datetime, max_count: int) -> Batch:
    if len(events) > max_count:
        raise TooManyEvents
    batch = Batch([], [])
    latest_ms = _latest_ms(now)
    for index, event in enumerate(events):
        try:
            batch.events.append(_stored(event, sender, latest_ms))
        except _EventRefused as refused:
            batch.refusals.append(Refusal(refused.code, refused.detail, f"events.{index}.{refused.field}"))
    return batch


def _decode_each(texts: Sequence[bytes | msgspec.Raw], *, sender: Sender, now: datetime, max_count: int) -> Batch:
    if len(texts) > max_count:
        raise TooManyEvents
    batch = Batch([], [])
    latest_ms = _latest_ms(now)
    for index, text in enumerate(texts):
        try:
            batch.events.append(_stored(_event_decoder.decode(text), sender, latest_ms))
        except _EventRefused as refused:
            batch.refusals.append(Refusal(refused.code, refused.detail, f"events.{index}.{refused.field}"))
        except msgspec.ValidationError as error:
            batch.refusals.append(_refusal_of(error, f"events.{index}"))
        except _MALFORMED as error:
            batch.refusals.append(Refusal("malformed_json", _reason(error), f"events.{index}"))
    return batch


def _latest_ms(now: datetime) -> int:
    return min((now + MAX_FUTURE - _EPOCH) // _MILLISECOND, _LATEST_MS)


def _stored(event: Event, sender: Sender, latest_ms: int) -> StoredEvent:
    if not event.event_id.int:
        # It is also what ClickHouse makes of an id it cannot read; the writer takes it for that.
        raise _EventRefused("invalid", "Ensure this is not the nil UUID.", "event_id")
    properties = _encode_canonical(event.properties).decode() if event.properties else "{}"
    # A character has at most 4 bytes: only a long text needs to be counted.
    if len(properties) > PROPERTIES_MAX_BYTES // 4 and len(properties.encode()) > PROPERTIES_MAX_BYTES:
        raise _EventRefused("too_large", f"Ensure this takes at most {PROPERTIES_MAX_BYTES} bytes.", "properties")
    return StoredEvent(
        event.event_id,
        _user_id(event.user_id, sender),
        _text(event.course_id, "course_id"),
        _event_type(event.event_type),
        _text(event.session_id, "session_id"),
        _milliseconds(event.occurred_at, latest_ms),
        properties,
    )


def _user_id(sent: int | str | None, sender: Sender) -> str:
    if sender.only_user_id is None:
        if sent is None:
            raise _EventRefused("required", "This field is required.", "user_id")
        return _text(sent, "user_id")
    if sent is not None and str(sent) != sender.only_user_id:
        raise _EventRefused("not_own", "You may send only your own events.", "user_id")
    return sender.only_user_id


def _text(value: int | str | None, field: str) -> str:
    if type(value) is str and value.isprintable():  # as nearly all are
        return value
    if value is None:
        return ""
    if isinstance(value, int):
        value = str(value)
        if len(value) > 128:
            raise _EventRefused("max_length", "Ensure this has at most 128 characters.", field)
    elif _CONTROL_CHARACTER.search(value):
        raise _EventRefused("invalid", "Ensure this has no control characters.", field)
    return value


@lru_cache(maxsize=10_000)
def _event_type(sent: str) -> str:
    event_type = sent.lower()
    if not _EVENT_TYPE.fullmatch(event_type):
        raise _EventRefused("invalid", "Ensure this has only a-z, 0-9 and _.:- in it.", "event_type")
    return event_type


def _milliseconds(moment: datetime, latest_ms: int) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # A difference does not overflow, as years 1 and 9999 would under an offset.
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    if milliseconds > latest_ms:
        raise _EventRefused("in_the_future", "Ensure this is at most 24 hours ahead of the server.", "occurred_at")
    if milliseconds < _EARLIEST_MS:
        raise _EventRefused("out_of_range", "Ensure this is not before the year 1900.", "occurred_at")
    return milliseconds


_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`\Z")
_FIELD_IN_MESSAGE = re.compile(r"field `(?P<field>[^`]+)`")


def _refusal_of(error: msgspec.ValidationError, prefix: str) -> Refusal:
    """msgspec's message, with its path as ours: `$.user_id` becomes events.3.user_id"""
    message = str(error)
    path = ""
    if match := _PATH.search(message):
        message, path = message[: match.start()], match["path"]
    parts = [part for part in re.split(r"[.\[\]]+", path) if part and part != "..."]
    if match := _FIELD_IN_MESSAGE.search(message):
        parts.append(match["field"])
    code = "invalid"
    if "missing required" in message:
        code = "required"
    elif "unknown field" in message:
        code = "unknown_field"
    return Refusal(code, f"{message}.", ".".join([prefix, *parts]))


def envelope_refusal(error: msgspec.ValidationError) -> Refusal:
    """The refusal of a body that is JSON, but not an object with a list of events."""
    refusal = _refusal_of(error, "")
    return Refusal(refusal.code, refusal.detail, refusal.attr.removeprefix(".") or "events")


def first_errors(refusals: Iterable[Refusal]) -> list[dict[str, str]]:
    """The first refusals, as the answer names them."""
    named = [msgspec.to_builtins(refusal) for refusal in refusals]
    return named[:NAMED_ERRORS]


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return "JSON must be encoded in UTF-8."
    return f"{error}."
