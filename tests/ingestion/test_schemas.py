"""What is an event, and how a bad one is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.decoding import Batch, MalformedBody, TooManyRows
from ingestion.schemas import Sender, StoredEvent, decode_json, decode_ndjson, encode_batch
from tests.ingestion.events import event

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
ANYBODY = Sender(only_user_id=None)


def decode(*events: Any, sender: Sender = ANYBODY) -> Batch[StoredEvent]:
    return decode_json(json.dumps({"events": events}).encode(), sender=sender, now=NOW, max_count=10_000)


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = {"deeper": value}
    assert isinstance(value, dict)
    return value


def test_it_works() -> None:
    sent = event(user_id=7, event_type="Page_Viewed")
    batch = decode(sent)
    assert batch.refusals == []
    [stored] = batch.rows
    assert str(stored.event_id) == sent["event_id"]
    assert (stored.user_id, stored.course_id, stored.session_id) == ("7", "course-1", "session-1")
    assert stored.event_type == "page_viewed"
    assert stored.occurred_at_ms == 1741600800123
    assert json.loads(stored.properties) == {"item_id": "intro"}


@pytest.mark.parametrize(
    "changes",
    [
        {"course_id": ..., "session_id": ..., "properties": ...},
        {"course_id": None, "session_id": None, "properties": None},
        {"course_id": 12, "session_id": 9},
        {"user_id": "é" * 128},
        {"occurred_at": "2025-03-10T10:00:00"},
        {"occurred_at": "2025-03-11T11:59:59+00:00"},
        {"occurred_at": "1900-01-01T00:00:00Z"},
        {"properties": {}},
        {"properties": nested(8)},
        {"properties": {"zero": "\x00", "big": 2**63, "bigger": 2**70, "float": 13.0, "none": None}},
        {"properties": {"text": "x" * (32 * 1024 - len('{"text":""}'))}},
        {"event_id": "6ACB4951-E252-5DA0-B3DA-D38D0474A189"},
    ],
)
def test_good_events(changes: dict[str, Any]) -> None:
    assert decode(event(**changes)).refusals == []


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"event_id": ...}, "event_id", "required"),
        ({"event_id": "no"}, "event_id", "invalid"),
        ({"event_id": 5}, "event_id", "invalid"),
        ({"event_id": "00000000-0000-0000-0000-000000000000"}, "event_id", "invalid"),
        ({"user_id": ...}, "user_id", "required"),
        ({"user_id": None}, "user_id", "required"),
        ({"user_id": ""}, "user_id", "invalid"),
        ({"user_id": "x" * 129}, "user_id", "invalid"),
        ({"user_id": "a\nb"}, "user_id", "invalid"),
        ({"user_id": "a\x00"}, "user_id", "invalid"),
        ({"user_id": 1.5}, "user_id", "invalid"),
        ({"user_id": True}, "user_id", "invalid"),
        ({"user_id": 10**200}, "user_id", "max_length"),
        ({"user_id": ["a"]}, "user_id", "invalid"),
        ({"course_id": ""}, "course_id", "invalid"),
        ({"course_id": {}}, "course_id", "invalid"),
        ({"session_id": "\x1b[0m"}, "session_id", "invalid"),
        ({"event_type": ...}, "event_type", "required"),
        ({"event_type": ""}, "event_type", "invalid"),
        ({"event_type": "two words"}, "event_type", "invalid"),
        ({"event_type": "x" * 65}, "event_type", "invalid"),
        ({"event_type": "page_viewed\n"}, "event_type", "invalid"),
        ({"event_type": "ПРОСМОТР"}, "event_type", "invalid"),
        ({"occurred_at": ...}, "occurred_at", "required"),
        ({"occurred_at": "yesterday"}, "occurred_at", "invalid"),
        ({"occurred_at": 1741600800}, "occurred_at", "invalid"),
        ({"occurred_at": "2025-03-11T12:00:00.001Z"}, "occurred_at", "in_the_future"),
        ({"occurred_at": "9999-12-31T23:59:59-05:00"}, "occurred_at", "in_the_future"),
        ({"occurred_at": "0001-01-01T00:00:00+05:00"}, "occurred_at", "out_of_range"),
        ({"occurred_at": "1899-12-31T23:59:59Z"}, "occurred_at", "out_of_range"),
        ({"properties": []}, "properties", "invalid"),
        ({"properties": nested(9)}, "properties", "invalid"),
        ({"properties": {"text": "x" * (32 * 1024)}}, "properties", "too_large"),
        ({"properties": {"text": "é" * (16 * 1024)}}, "properties", "too_large"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_refusals(changes: dict[str, Any], field: str, code: str) -> None:
    batch = decode(event(), event(**changes), event())
    assert len(batch.rows) == 2
    [refusal] = batch.refusals
    assert refusal.code == code
    assert refusal.attr.startswith(f"events.1.{field}")
    assert refusal.detail


@pytest.mark.parametrize("number", ["1e400", "1" * 5000])
def test_a_number_too_large_to_hold_is_refused(number: str) -> None:
    text = json.dumps({"events": [event(), event(properties={"n": 7.25})]}).replace("7.25", number)
    batch = decode_json(text.encode(), sender=ANYBODY, now=NOW, max_count=10)
    assert [refusal.attr for refusal in batch.refusals] == ["events.1.properties"]


def test_every_bad_event_is_named() -> None:
    batch = decode(*(event(user_id="" if index % 2 else "x") for index in range(20)))
    assert [refusal.attr for refusal in batch.refusals] == [f"events.{index}.user_id" for index in range(1, 20, 2)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"events": [NaN]}',
        b'{"events": [{"event_id": "\xff\xfe"}',
        b"[" * 200_000,
        b'{"events": ' + b"[" * 200_000,
        b'{"events": [{"properties": {"a": "\\ud800"}}]}',
    ],
)
def test_malformed_bodies(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_json(body, sender=ANYBODY, now=NOW, max_count=10)


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b"{}", b'{"events": 5}', b'{"events": null}'])
def test_no_list_of_events(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_json(body, sender=ANYBODY, now=NOW, max_count=10)


@pytest.mark.parametrize("bad", [{}, {"user_id": ""}])
def test_too_many(bad: dict[str, Any]) -> None:
    body = json.dumps({"events": [event(**bad)] * 11}).encode()
    with pytest.raises(TooManyRows):
        decode_json(body, sender=ANYBODY, now=NOW, max_count=10)


def test_a_student_sends_only_their_own() -> None:
    student = Sender(only_user_id="42")
    batch = decode(event(user_id=...), event(user_id=42), event(user_id="42"), event(user_id=43), sender=student)
    assert [stored.user_id for stored in batch.rows] == ["42"] * 3
    assert [(refusal.attr, refusal.code) for refusal in batch.refusals] == [("events.3.user_id", "not_own")]


def test_ndjson_names_the_bad_lines() -> None:
    lines = [json.dumps(event()), "", "{broken", json.dumps(event(user_id="")), json.dumps(event())]
    batch = decode_ndjson("\n".join(lines).encode(), sender=ANYBODY, now=NOW, max_count=10)
    assert len(batch.rows) == 2
    assert [refusal.attr for refusal in batch.refusals] == ["events.1", "events.2.user_id"]


JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
JSON_VALUES = st.recursive(
    JSON_SCALARS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TEXT, JSON_VALUES, max_size=4))
def test_properties_go_on_unaltered(properties: dict[str, Any]) -> None:
    batch = decode(event(properties=properties))
    if batch.refusals:  # only what is nested too deeply
        assert batch.refusals[0].attr.startswith("events.0.properties")
        return
    [[*_, text]] = json.loads(encode_batch(batch.rows))
    assert json.dumps(json.loads(text), sort_keys=True) == json.dumps(properties, sort_keys=True)
