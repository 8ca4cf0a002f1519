"""Erases one person's events, wherever they are on their way, and their devices with their readings.

First the tombstone: from then on the writer drops what it meets of theirs. What it met before is in the buffer until it
is stored, so that once those batches are gone everything is in one of two places, the table or the dead letters.
docs/adr/0016.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import lz4.frame
import msgspec

from accounts.models import Device
from accounts.personal_data import Found, NotYet, Person
from ingestion import buffer
from ingestion.buffer import Entry, Kind
from ingestion.dead_letters import KeptLetter, dead_letters
from ingestion.redis_store import DEAD_LETTERS, STREAM, client
from ingestion.schemas import StoredEvent
from ingestion.tombstones import USER_ID_AT, tombstone_add, tombstone_find
from storage_app.clickhouse import gateway
from storage_app.clickhouse.device_hours import device_hours_delete

WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_TIMEOUT_SECONDS = 600
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECEIVED = "user_id = {user_id:String} AND toUnixTimestamp64Milli(received_at) < {asked_ms:Int64}"
_ERASED = f"({_RECEIVED} OR user_id = {{user_id:String}} AND toUnixTimestamp64Milli(occurred_at) < {{before_ms:Int64}})"
# Rewrites the parts that hold such rows: the rows are gone from the disk, not only from answers.
_DELETE_EVENTS = f"ALTER TABLE events DELETE WHERE {_ERASED}"
_DELETE_READINGS = "ALTER TABLE device_readings DELETE WHERE device_id IN {devices:Array(UUID)}"
_AT_ONCE = {"mutations_sync": 1}
_decode = msgspec.json.Decoder(StoredEvent).decode


def events_erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    """Erase a person's events: all received before the erasure was asked for, and all that occurred before.

    Raises:
        NotYet: some wait to be stored.
        StoreError, redis.RedisError
    """
    if _milliseconds(tombstone_find(user_id=person.user_id) or _EPOCH) < _milliseconds(asked_at):
        tombstone_add(user_id=person.user_id, before=asked_at)
    _wait_until_stored(person, found)
    letters = list(_letters_of(person))
    before = _before(person, asked_at, letters)
    parameters = {"user_id": person.user_id, "asked_ms": _milliseconds(asked_at), "before_ms": _milliseconds(before)}
    [(stored,)] = gateway.query(f"SELECT uniqExact(event_id) FROM events WHERE {_ERASED}", parameters)  # noqa: S608  # own fragments
    found(events=stored, dead_letters=len(letters))
    if stored:
        gateway.execute(_DELETE_EVENTS, parameters, settings=_AT_ONCE, timeout_seconds=_TIMEOUT_SECONDS)
    if letters:
        client().xdel(DEAD_LETTERS, *[letter.id for letter in letters])


def devices_erase(*, person: Person, found: Found) -> None:
    """Erase the devices of a person's account, with their readings and what was summed of them."""
    devices = Device.objects.filter(owner=person.account) if person.account else Device.objects.none()
    parameters = {"devices": [device.pk for device in devices]}
    if not devices:
        return
    devices.update(is_active=False)  # so that no more readings come
    sql = "SELECT count() FROM device_readings WHERE device_id IN {devices:Array(UUID)}"
    [(readings,)] = gateway.query(sql, parameters)
    found(devices=len(devices), readings=readings)
    gateway.execute(_DELETE_READINGS, parameters, settings=_AT_ONCE, timeout_seconds=_TIMEOUT_SECONDS)
    device_hours_delete(device_ids=parameters["devices"])
    devices.delete()


def waiting_entries(person: Person) -> Iterator[Entry]:
    """The batches in the buffer that hold events of a person, newest first."""
    return (entry for entry in buffer.entries_newest_first() if any(_events_of(person, entry)))


def waiting_events(person: Person) -> Iterator[StoredEvent]:
    """A person's events in the buffer."""
    for entry in buffer.entries_newest_first():
        yield from map(_decode, _events_of(person, entry))


def dead_events(person: Person) -> Iterator[KeptLetter]:
    """A person's dead letters; no batches that could not be read, which hold other people's events too."""
    return (letter for letter in _letters_of(person) if letter.is_event)


def _wait_until_stored(person: Person, found: Found) -> None:
    """They are stored in their order, so that the newest batch is the last to go."""
    waiting = list(waiting_entries(person))
    found(waiting=sum(len(list(_events_of(person, entry))) for entry in waiting))
    deadline = monotonic() + WAIT_SECONDS
    while waiting and client().xrange(STREAM, waiting[0].id, waiting[0].id):
        if monotonic() >= deadline:
            raise NotYet("Events wait in the buffer until the writer comes to them.")
        sleep(_PAUSE_SECONDS)


def _before(person: Person, asked_at: datetime, letters: list[KeptLetter]) -> datetime:
    """Up to when their events are erased for good: a client's clock may run ahead, and what it sent may come again."""
    sql = f"SELECT max(toUnixTimestamp64Milli(occurred_at)) FROM events WHERE {_RECEIVED}"  # noqa: S608  # own fragments
    [(newest,)] = gateway.query(sql, {"user_id": person.user_id, "asked_ms": _milliseconds(asked_at)})
    dead = [_decode(letter.event).occurred_at_ms for letter in letters if letter.is_event]
    before = max(asked_at, _EPOCH + (max([int(newest), *dead]) + 1) * _MILLISECOND)
    if before > asked_at:
        tombstone_add(user_id=person.user_id, before=before)
    return before


def _events_of(person: Person, entry: Entry) -> Iterator[bytes]:
    mark = _mark(person)
    events = entry.rows() if entry.kind is Kind.EVENTS else b""
    if mark in events:
        for raw in msgspec.json.decode(events, type=list[msgspec.Raw]):
            if bytes(raw).startswith(mark, USER_ID_AT):
                yield bytes(raw)


def _letters_of(person: Person) -> Iterator[KeptLetter]:
    """Also batches that could not be read, if they hold the person's id anywhere."""
    mark = _mark(person)
    for letter in dead_letters():
        if letter.event.startswith(mark, USER_ID_AT) if letter.is_event else mark in _text(letter):
            yield letter


def _text(batch: KeptLetter) -> bytes:
    """Of a batch whose events could not be told apart. One that does not even unpack holds nothing to be found."""
    try:
        text: bytes = lz4.frame.decompress(batch.event)
    except RuntimeError:
        return batch.event
    return text


def _mark(person: Person) -> bytes:
    """Their id as an event's text has it."""
    return msgspec.json.encode(person.user_id) + b","


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND
