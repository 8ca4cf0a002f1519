"""Who is taken for an erased person, whatever their id looks like."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.schemas import encode_event
from ingestion.tombstones import Tombstones, tombstone_add, tombstone_find
from storage_app.clickhouse import gateway
from tests.erasure.conftest import stored

pytestmark = pytest.mark.clickhouse

BEFORE_MS = 1_700_000_000_000
BEFORE = datetime.fromtimestamp(BEFORE_MS / 1000, UTC)
ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from('",\\'), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(erased=st.lists(ids, min_size=1, max_size=5), others=st.lists(ids, max_size=5))
def test_exactly_the_erased_and_only_before(erased: list[str], others: list[str]) -> None:
    gateway.execute("TRUNCATE TABLE erased_people")
    for user_id in erased:
        tombstone_add(user_id=user_id, before=BEFORE)
    events = [
        stored(user_id, occurred_at_ms=BEFORE_MS + step) for user_id in (*erased, *others) * 2 for step in (-1, 0, 1)
    ]
    tombstones = Tombstones()
    tombstones.refresh()

    kept = tombstones.kept([encode_event(event) for event in events])

    assert kept == [
        encode_event(event) for event in events if event.user_id not in erased or event.occurred_at_ms >= BEFORE_MS
    ]


@pytest.mark.parametrize("event", [b"", b"[]", b'["' + b"0" * 36 + b'","learner-1"', b'["' + b"0" * 36 + b'",7,"c"]'])
def test_what_is_no_event_is_left_to_the_store(event: bytes) -> None:
    tombstone_add(user_id="learner-1", before=BEFORE)
    tombstones = Tombstones()
    tombstones.refresh()
    assert tombstones.kept([event]) == [event]


def test_a_writer_learns_of_it() -> None:
    tombstones = Tombstones()
    tombstones.refresh()
    [event] = [encode_event(stored("learner-1"))]
    assert tombstones.kept([event]) == [event]
    assert tombstone_find(user_id="learner-1") is None
    tombstone_add(user_id="learner-1", before=BEFORE)
    tombstones.refresh()
    assert tombstones.kept([event]) == []
    assert tombstone_find(user_id="learner-1") == BEFORE


def test_the_latest_erasure_counts() -> None:
    tombstone_add(user_id="learner-1", before=BEFORE)
    tombstone_add(user_id="learner-1", before=datetime.fromtimestamp(1, UTC))
    tombstones = Tombstones()
    tombstones.refresh()
    assert tombstones.kept([encode_event(stored("learner-1"))]) == []
