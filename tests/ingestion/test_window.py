"""The window against a plain dictionary, and what stands in Redis against what is in memory."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.redis_store import WINDOW, client
from ingestion.window import Seen, Window, records_of, records_without


def event(number: int, content: int) -> bytes:
    return msgspec.json.encode([uuid.UUID(int=number + 1), content])


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
        seen, first_seen = window.check([event(*one) for one in batch])
        assert seen.tolist() == seen_by_a_dictionary(known, batch)
        window.keep(window.change(first_seen))
        assert len(window) == len(known)


def test_asked_again_before_it_is_kept_it_says_the_same() -> None:
    window = Window()
    batch = [event(1, 1), event(1, 2), event(2, 1), event(1, 1)]
    assert window.check(batch)[0].tolist() == window.check(batch)[0].tolist()
    assert window.check(batch)[0].tolist() == [Seen.FIRST, Seen.CONFLICT, Seen.FIRST, Seen.AGAIN]


def test_a_batch_of_nothing() -> None:
    window = Window()
    seen, first_seen = window.check([])
    window.keep(window.change(first_seen))
    assert (seen.size, len(window), window.change(first_seen).blob) == (0, 0, b"")


def test_records_without_some() -> None:
    three = [event(number, 1) for number in range(3)]
    assert records_without(records_of(three), [three[1]]).tolist() == records_of([three[0], three[2]]).tolist()


@pytest.mark.redis
def test_what_redis_keeps_is_what_was_held() -> None:
    held = Window()
    for number in range(1200):  # more than a page of blobs
        change = held.change(held.check([event(number, 1)])[1])
        client().rpush(WINDOW, change.blob)
        held.keep(change)
    read = Window()
    read.load()
    assert len(read) == len(held) == 1200
    everything = [event(number, number % 2) for number in range(1300)]
    assert read.check(everything)[0].tolist() == held.check(everything)[0].tolist()


@pytest.mark.parametrize("size", [1, 7])
def test_the_room_is_kept_by_forgetting_the_oldest(size: int, settings: object) -> None:
    settings.EVENT_CONFLICT_WINDOW_MAX_IDS = 100  # type: ignore[attr-defined]  # pytest-django's fixture
    window, blobs = Window(), 0
    for first in range(0, 700, size):
        _, records = window.check([event(number, 1) for number in range(first, first + size)])
        change = window.change(records)
        blobs += 1 - change.dropped_blobs
        window.keep(change)
        assert len(window) <= 100
    assert len(window) >= 75
    assert blobs * size == len(window)
    newest = [event(number, 1) for number in range(650, 700)]
    assert set(window.check(newest)[0].tolist()) == {Seen.AGAIN}
