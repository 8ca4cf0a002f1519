"""The writer with readings, which nothing merges: each as often as it was accepted, whatever happens to it."""

import uuid
from collections.abc import Callable

import msgspec
import pytest

from ingestion import buffer
from ingestion.dead_letters import dead_letters, dead_letters_replay
from ingestion.reading_schemas import StoredReading
from ingestion.reading_services import readings_accept
from ingestion.redis_store import COUNTERS, DEAD_LETTERS, client
from ingestion.window import Window
from storage_app.clickhouse import gateway
from tests.ingestion.writing import add, events, insert, rows, taken, tally, waiting_entries

pytestmark = [pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.django_db]

Drain = Callable[[], None]
DEVICE = uuid.uuid4()


def add_readings(*values: float, reading_id: str = "", device_id: uuid.UUID = DEVICE) -> None:
    readings = [StoredReading(device_id, 1_741_600_800_000, value, 0.0, 0.0, reading_id) for value in values]
    readings_accept(readings=readings, owner_id="1", source="readings/test", received_ms=1_741_600_800_000)


def stored_readings() -> list[float]:
    """x of each reading."""
    return [row[0] for row in gateway.query("SELECT x FROM device_readings ORDER BY x")]


def test_readings_and_events_each_once_in_their_table(drain: Drain) -> None:
    for number in range(5):
        add(events(2))
        add_readings(number, number)
    drain()
    assert rows() == 10
    assert stored_readings() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert tally() == {"accepted": 20, "stored": 20}
    assert client().hmget(COUNTERS, ["bytes", "events", "readings"]) == [b"0", b"0", b"0"]


@pytest.mark.parametrize("done", ["planned", "inserted"])
def test_a_writer_that_died_between_the_kinds(done: str, drain: Drain) -> None:
    """Events lie before and behind; the plan is of readings alone, and done again it doubles none."""
    lease = taken()
    add(events(3))
    add_readings(1, 1, 2)
    add_readings(3, reading_id=str(uuid.uuid4()))
    add(events(2))
    lease.plan([entry for entry in waiting_entries() if entry.kind == "readings"])
    planned = buffer.planned()
    assert [entry.count for entry in planned] == [3, 1]
    if done == "inserted":
        insert(planned)
    lease.release()
    add_readings(1)
    drain()
    assert stored_readings() == [1, 1, 1, 2, 3]
    assert rows() == 5
    assert tally() == {"accepted": 10, "stored": 10}


def test_a_bad_reading_becomes_a_dead_letter_and_no_other_is_doubled(drain: Drain) -> None:
    add(events(1))
    add_readings(1, 1)
    add_readings(2, device_id=uuid.UUID(int=0), reading_id=str(uuid.uuid4()))
    add_readings(3, 3)
    drain()
    assert stored_readings() == [1, 1, 3, 3]
    assert rows() == 1
    [letter] = dead_letters()
    assert (letter.kind, letter.is_event) == ("readings", True)
    assert tally() == {"accepted": 6, "stored": 5, "dead": 1}
    window = Window()
    window.load()
    assert len(window) == 1  # the event: readings had no ids, and the dead are not remembered


def test_a_reading_put_back_is_stored_once_and_then_remembered(drain: Drain) -> None:
    reading_id = str(uuid.uuid4())
    row = msgspec.json.encode([DEVICE, 1_741_600_800_000, 1.0, 0.0, 0.0, reading_id])
    letter = {"event": row, "reason": "test", "received_ms": 1, "source": "readings/test", "kind": "readings"}
    client().xadd(DEAD_LETTERS, letter)  # type: ignore[arg-type]  # bytes and numbers are taken
    assert dead_letters_replay() == 1
    drain()
    assert stored_readings() == [1]
    add_readings(1, reading_id=reading_id)
    drain()
    assert stored_readings() == [1]
