"""The writer: once in effect, whatever happens to it. Faults are made by taking its steps one at a time."""

import json
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.conf import settings

from ingestion import buffer
from ingestion.inserting import insert_batches
from ingestion.lease import Lease, LeaseLost
from ingestion.redis_store import COUNTERS, DEAD_LETTERS, LEASE, PLAN, STREAM, WINDOW, client
from ingestion.schemas import StoredEvent, encode_batch
from ingestion.storing import Outcome, check_entries
from ingestion.tombstones import Tombstones
from ingestion.window import Window, records_of
from ingestion.writer import Writer
from storage_app.clickhouse import gateway
from tests.ingestion.writing import add, events, insert, rows, taken, tally, waiting_entries

pytestmark = [pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.django_db]

Drain = Callable[[], None]


def test_it_works(drain: Drain) -> None:
    add(events(3))
    add(events(2))
    drain()
    assert rows() == 5
    assert client().get(PLAN) is None
    assert client().get(LEASE) is None
    assert client().hmget(COUNTERS, ["bytes", "events"]) == [b"0", b"0"]


def test_a_writer_that_died_after_planning(drain: Drain) -> None:
    lease = taken()
    add(events(3))
    lease.plan(waiting_entries())
    lease.release()
    add(events(2))
    drain()
    assert rows() == 5


def test_a_plan_of_before_there_were_readings(drain: Drain) -> None:
    entry_id = add(events(3))
    client().set(PLAN, f"{entry_id} 3")
    drain()
    assert rows() == 3
    assert tally() == {"accepted": 3, "stored": 3}


def test_a_writer_that_died_after_inserting(drain: Drain) -> None:
    lease = taken()
    add(events(300, weeks=150))
    add(events(3))
    lease.plan(waiting_entries())
    insert(buffer.planned())
    lease.release()
    add(events(2))
    drain()
    assert rows() == 305  # not a row twice, in 150 partitions


def test_a_frozen_writer_changes_nothing_when_it_wakes(drain: Drain) -> None:
    frozen = taken()
    add(events(3))
    frozen.plan(waiting_entries())
    entries = buffer.planned()
    client().delete(LEASE)  # as it runs out
    add(events(1))
    drain()
    insert(entries)
    with pytest.raises(LeaseLost):
        frozen.commit(entries, {}, window=Window().change(records_of([], [])))
    with pytest.raises(LeaseLost):
        frozen.plan(entries)
    assert not frozen.renew()
    assert rows() == 4


def test_two_writers_at_once() -> None:
    writers = [Writer(max_rows=100, max_wait_ms=1, lease_seconds=1) for _ in range(2)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    for _ in range(20):
        add(events(10))
    pause = threading.Event()
    for _ in range(600):
        if not buffer.waiting():
            break
        pause.wait(0.05)
    for writer in writers:
        writer.stop()
    for thread in threads:
        thread.join()
    assert rows() == 200


def test_a_second_lease_waits_for_the_first() -> None:
    first, second = taken(), Lease(10)
    assert not second.acquire()
    assert first.renew()
    first.release()
    assert second.acquire()


def test_years_of_history_in_one_batch(drain: Drain) -> None:
    add(events(1000, weeks=500))
    drain()
    assert rows() == 1000


def poison(good: int) -> tuple[bytes, int]:
    raw = json.loads(encode_batch(events(good)))
    raw.insert(1, ["00000000-0000-0000-0000-000000000000", "u", "c", "t", "", 1, "{}"])
    return json.dumps(raw).encode(), good + 1


def test_a_bad_event_goes_to_the_dead_letters_and_the_rest_is_stored(drain: Drain) -> None:
    add(events(2))
    body, count = poison(good=4)
    buffer.add(body, count=count, received_ms=1, source="test")
    add(events(2))
    drain()
    assert rows() == 8
    letters: Any = client().xrange(DEAD_LETTERS)
    [(_, letter)] = letters
    assert json.loads(letter[b"event"])[1] == "u"
    assert letter[b"reason"]


@pytest.mark.parametrize("body", [b"not json", b"[]"])
def test_a_batch_that_cannot_be_read_blocks_nothing(body: bytes, drain: Drain) -> None:
    buffer.add(body, count=2, received_ms=1, source="test")
    add(events(2))
    drain()
    assert rows() == 2
    assert client().xlen(DEAD_LETTERS) == 1


def test_an_entry_of_somebody_else_blocks_nothing(drain: Drain) -> None:
    client().xadd(STREAM, {"batch": b"garbage", "count": 1, "received_ms": 1, "source": "test"})
    add(events(2))
    drain()
    assert rows() == 2
    assert client().xlen(DEAD_LETTERS) == 1


def test_a_missing_table_is_waited_for_and_no_dead_letter(drain: Drain) -> None:
    add(events(2))
    gateway.execute("RENAME TABLE events TO events_away")
    writer = Writer(max_rows=settings.WRITER_MAX_ROWS, max_wait_ms=1, lease_seconds=5)
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        threading.Event().wait(1)
        assert buffer.waiting() == 1
    finally:
        gateway.execute("RENAME TABLE events_away TO events")
        writer.stop()
        thread.join()
    drain()
    assert rows() == 2
    assert client().xlen(DEAD_LETTERS) == 0


def test_a_commit_whose_answer_was_lost_is_done_once(drain: Drain) -> None:
    lease = taken()
    add(events(3))
    entries, window, outcome = waiting_entries(), Window(), Outcome()
    lease.plan(entries)
    insert_batches(check_entries(entries, window, Tombstones(), outcome))
    change = window.change(outcome.first_seen)
    for _ in range(2):
        lease.commit(entries, outcome.ledger, window=change)
    assert tally() == {"accepted": 3, "stored": 3}
    assert client().hmget(COUNTERS, ["bytes", "events"]) == [b"0", b"0"]
    assert client().llen(WINDOW) == 1
    add(events(2))
    lease.plan(waiting_entries())
    with pytest.raises(LeaseLost):  # the first try comes late, and finds another plan
        lease.commit(entries, outcome.ledger, window=change)
    lease.release()
    drain()
    assert tally() == {"accepted": 5, "stored": 5}


def test_a_window_that_redis_lost_is_read_again(drain: Drain) -> None:
    lease = taken()
    add(events(1))
    drain_window = Window()
    entries, outcome = waiting_entries(), Outcome()
    lease.plan(entries)
    insert_batches(check_entries(entries, drain_window, Tombstones(), outcome))
    client().rpush(WINDOW, b"of another time")
    with pytest.raises(LeaseLost):
        lease.commit(entries, outcome.ledger, window=drain_window.change(outcome.first_seen))
    client().delete(WINDOW)
    lease.release()
    drain()
    assert tally() == {"accepted": 1, "stored": 1}


def test_a_bad_event_twice_in_one_batch_is_counted_twice_dead(drain: Drain) -> None:
    bad = ["00000000-0000-0000-0000-000000000000", "u", "c", "t", "", 1, "{}"]
    buffer.add(json.dumps([bad, bad]).encode(), count=2, received_ms=1, source="test")
    drain()
    assert tally() == {"accepted": 2, "dead": 2}


def changed(stored: StoredEvent, **changes: Any) -> StoredEvent:
    return msgspec.structs.replace(stored, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": '{"other":1}'},
        {"user_id": "somebody-else"},
        {"course_id": "elsewhere"},
        {"event_type": "other"},
        {"occurred_at_ms": 1_000_000_000_001},
        {"occurred_at_ms": 1_500_000_000_000},
    ],
)
def test_other_content_under_the_same_id_is_dropped(changes: dict[str, Any], drain: Drain) -> None:
    [first] = events(1)
    add([first])
    drain()
    add([changed(first, **changes), *events(1)])
    add([first])
    drain()
    found = gateway.query(
        "SELECT user_id, properties FROM events FINAL WHERE event_id = {id:UUID}", {"id": first.event_id}
    )
    assert found == [(first.user_id, first.properties)]
    assert tally() == {"accepted": 4, "stored": 2, "duplicates": 1, "conflicts": 1}


def test_a_conflict_inside_one_batch(drain: Drain) -> None:
    [first] = events(1)
    add([first, changed(first, user_id="somebody-else"), first])
    drain()
    assert tally() == {"accepted": 3, "stored": 1, "duplicates": 1, "conflicts": 1}
    assert gateway.query("SELECT user_id FROM events FINAL") == [(first.user_id,)]


def test_a_plan_done_again_counts_its_events_once(drain: Drain) -> None:
    lease = taken()
    batch = events(3)
    add([*batch, batch[0]])
    lease.plan(waiting_entries())
    insert(buffer.planned())
    lease.release()
    drain()
    assert tally() == {"accepted": 4, "stored": 3, "duplicates": 1}


def test_the_ledger_adds_up_with_dead_letters_and_what_waits(drain: Drain) -> None:
    body, count = poison(good=4)
    buffer.add(body, count=count, received_ms=1, source="test")
    add(events(2))
    drain()
    add(events(3))
    counts = tally()
    assert counts == {"accepted": 10, "stored": 6, "dead": 1}
    waiting = int(client().hget(COUNTERS, "events") or 0)
    assert counts["accepted"] == counts["stored"] + counts["dead"] + waiting


def test_the_window_is_bounded_in_size(drain: Drain, settings: Any) -> None:
    settings.EVENT_CONFLICT_WINDOW_MAX_IDS = 20
    for _ in range(5):
        add(events(10))
        drain()
    window = Window()
    window.load()
    assert 10 <= len(window) <= 20


def test_another_writer_knows_what_the_one_before_has_seen(drain: Drain) -> None:
    batches = [events(3) for _ in range(5)]
    for batch in batches:
        add(batch)
        drain()  # each by a writer of its own
    add([changed(batch[1], user_id="somebody-else") for batch in batches])
    drain()
    assert tally() == {"accepted": 20, "stored": 15, "conflicts": 5}


def test_the_window_forgets_after_its_days(drain: Drain, settings: Any) -> None:
    [old] = events(1)
    add([old])
    drain()
    settings.EVENT_CONFLICT_WINDOW_DAYS = 0  # what is a moment old is too old now
    add(events(1))
    drain()
    settings.EVENT_CONFLICT_WINDOW_DAYS = 7
    add([changed(old, user_id="somebody-else")])
    drain()
    assert tally() == {"accepted": 3, "stored": 3}


def test_a_dead_letter_is_not_remembered(drain: Drain) -> None:
    body, count = poison(good=1)
    buffer.add(body, count=count, received_ms=1, source="test")
    drain()
    window = Window()
    window.load()
    assert len(window) == 1
