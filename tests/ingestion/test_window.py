"""The window against a plain dictionary, and what stands in Redis against what is in memory."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.redis_store import WINDOW, client
from ingestion.window import Records, Seen, Window, records_of, records_without


def event(number: int, content: int) -> bytes:
    return msgspec.json.encode([uuid.UUID(int=number + 1), content])


def check(window: Window, rows: list[bytes]) -> tuple[list[int], Records]:
    seen, first_seen = window.check([row[2:38] for row in rows], rows)
    return seen.tolist(), first_seen


def seen_by_a_dictionary(known: dict[int, int], batch: list[tuple[int, int]]) -> list[Seen]:
    answers = []
    for number, content in batch:
        is_new = number not in known
        same = known.setdefault(number, content) == content
        answers.append(Seen.FIRST if is_new else Seen.AGAIN if same else Seen.CONFLICT)
    return answers


Batches = st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), max_size=20), max_size=12)


@given(Batches)
def test_it_says_what_a_dictionary_says(batches: list[list[tuple[int, int]]]) -> None:
    window = Window()
    known: dict[int, int] = {}
    for batch in batches:
        seen, first_seen = check(window, [event(*one) for one in batch])
        assert seen == seen_by_a_dictionary(known, batch)
        window.keep(window.change(first_seen))
        assert len(window) == len(known)


def test_asked_again_before_it_is_kept_it_says_the_same() -> None:
    window = Window()
    batch = [event(1, 1), event(1, 2), event(2, 1), event(1, 1)]
    assert check(window, batch)[0] == check(window, batch)[0]
    assert check(window, batch)[0] == [Seen.FIRST, Seen.CONFLICT, Seen.FIRST, Seen.AGAIN]


def test_a_batch_of_nothing() -> None:
    window = Window()
    seen, first_seen = check(window, [])
    window.keep(window.change(first_seen))
    assert (len(seen), len(window), window.change(first_seen).blob) == (0, 0, b"")


def test_records_without_some() -> None:
    ids = [b"a", b"b", b"c"]
    assert records_without(records_of(ids, ids), [b"b"]).tolist() == records_of([b"a", b"c"], [b"a", b"c"]).tolist()


def test_a_row_without_an_id_is_always_new() -> None:
    window = Window()
    seen, first_seen = window.check([b"", b"id", b"", b"id"], [b"same", b"x", b"same", b"x"])
    assert seen.tolist() == [Seen.FIRST, Seen.FIRST, Seen.FIRST, Seen.AGAIN]
    assert first_seen.shape == (2, 1)


@pytest.mark.redis
def test_what_redis_keeps_is_what_was_held() -> None:
    held = Window()
    for number in range(1200):  # more than a page of blobs
        change = held.change(check(held, [event(number, 1)])[1])
        client().rpush(WINDOW, change.blob)
        held.keep(change)
    read = Window()
    read.load()
    assert len(read) == len(held) == 1200
    everything = [event(number, number % 2) for number in range(1300)]
    assert check(read, everything)[0] == check(held, everything)[0]
    assert read.change(records_of([], [])).held_blobs == held.change(records_of([], [])).held_blobs == 1200


@pytest.mark.parametrize("size", [1, 7])
def test_the_room_is_kept_by_forgetting_the_oldest(size: int, settings: object) -> None:
    settings.EVENT_CONFLICT_WINDOW_MAX_IDS = 100  # type: ignore[attr-defined]  # pytest-django's fixture
    window, blobs = Window(), 0
    for first in range(0, 700, size):
        _, records = check(window, [event(number, 1) for number in range(first, first + size)])
        change = window.change(records)
        blobs += 1 - change.dropped_blobs
        window.keep(change)
        assert len(window) <= 100
    assert len(window) >= 75
    assert blobs * size == len(window)
    newest = [event(number, 1) for number in range(650, 700)]
    assert set(check(window, newest)[0]) == {Seen.AGAIN}
