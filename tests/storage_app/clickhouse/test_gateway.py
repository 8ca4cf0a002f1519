"""Questions, streams, inserts, cancelling."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import structlog

from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryCancelled, QueryInvalid, QueryRefused, StoreError

pytestmark = pytest.mark.clickhouse

ENDLESS = "SELECT number, sleepEachRow(0.01) FROM system.numbers SETTINGS max_block_size = 1"
EVENT = ("u1", "page_viewed", datetime(2024, 1, 1, tzinfo=UTC))
INSERT = "INSERT INTO events (user_id, event_type, occurred_at) VALUES"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def event_count() -> int:
    return int(gateway.query("SELECT count() FROM events")[0][0])


def test_it_works() -> None:
    assert gateway.query("SELECT number, toString(number) FROM numbers(3)") == [(0, "0"), (1, "1"), (2, "2")]


def test_columns_come_with_names_and_types() -> None:
    result = gateway.query_columns("SELECT 1 AS one, 'x' AS letter WHERE {none:Bool}", {"none": False})
    assert result.rows == []
    assert [(column.name, column.type) for column in result.columns] == [("one", "UInt8"), ("letter", "String")]


INSTANT = datetime(2024, 3, 31, 1, 30, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "toDateTime64('2024-03-31 01:30:00.123', 3, 'UTC')",
        "toDateTime64('2024-03-31 01:30:00.123', 3)",
        "toDateTime64('2024-03-31 03:30:00.123', 3, 'Europe/Berlin')",
        "toNullable(toDateTime64('2024-03-31 07:00:00.123', 3, 'Asia/Kolkata'))",
    ],
)
def test_times_come_back_aware_and_utc(expression: str) -> None:
    result = gateway.query(f"SELECT {expression}, [{expression}], map('t', {expression}), ({expression}, 1)")
    assert result == [(INSTANT, [INSTANT], {"t": INSTANT}, (INSTANT, 1))]
    times = [result[0][0], result[0][1][0], result[0][2]["t"], result[0][3][0]]
    assert [time.utcoffset() for time in times] == [timedelta(0)] * 4


def test_the_session_is_in_utc_whatever_the_servers_zone() -> None:
    assert gateway.query("SELECT getSetting('session_timezone'), timezone()") == [("UTC", "UTC")]


def test_a_stream_hands_out_every_row_once() -> None:
    with gateway.stream("SELECT number AS n FROM numbers({count:UInt64})", {"count": 200_000}) as rows:
        assert [column.name for column in rows.columns] == ["n"]
        assert sum(number for (number,) in rows) == 200_000 * 199_999 // 2


def test_a_stream_gives_utc() -> None:
    with gateway.stream("SELECT toDateTime64('2024-03-31 03:30:00.123', 3, 'Europe/Berlin')") as rows:
        assert list(rows) == [(INSTANT,)]


def test_leaving_a_stream_stops_its_query(is_running: Callable[[str], bool]) -> None:
    query_id = uuid4().hex
    with gateway.stream(ENDLESS, query_id=query_id) as rows:
        assert [next(rows)[0], next(rows)[0]] == [0, 1]
        assert is_running(query_id)
    wait_until(lambda: not is_running(query_id))
    assert gateway.query("SELECT 1") == [(1,)]


def test_what_the_reader_of_a_stream_raises_is_left_alone() -> None:
    gone = ConnectionError("the client went away")
    with pytest.raises(ConnectionError) as caught, gateway.stream(ENDLESS):
        raise gone
    assert caught.value is gone
    assert gateway.query("SELECT 1") == [(1,)]


def test_queries_inside_a_stream_do_not_disturb_it() -> None:
    with gateway.stream("SELECT number FROM numbers(100000)") as rows:
        firsts = [next(rows)[0] for _ in range(10)]
        assert gateway.query("SELECT 'beside'") == [("beside",)]
        assert len(firsts) + sum(1 for _ in rows) == 100_000


def test_an_error_in_the_middle_of_a_stream_is_translated() -> None:
    sql = "SELECT throwIf(number = 5000) FROM numbers(10000) SETTINGS max_block_size = 1000"
    with gateway.stream(sql) as rows, pytest.raises(QueryInvalid):
        list(rows)


def test_a_stream_keeps_its_time_limit() -> None:
    with gateway.stream(ENDLESS, timeout_seconds=0.3) as rows, pytest.raises(QueryRefused) as caught:
        list(rows)
    assert caught.value.limit == "time"


def test_cancel_stops_a_query_of_another_thread(is_running: Callable[[str], bool]) -> None:
    query_id, caught = uuid4().hex, []

    def ask() -> None:
        try:
            gateway.query(ENDLESS, query_id=query_id)
        except StoreError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: is_running(query_id))
    assert gateway.cancel(query_id)
    thread.join()
    assert [type(error) for error in caught] == [QueryCancelled]
    assert not is_running(query_id)


def test_cancel_of_a_query_that_is_not_there() -> None:
    assert not gateway.cancel("' OR 1 = 1 --")


def test_cancel_ends_a_stream_of_the_same_thread() -> None:
    query_id = uuid4().hex
    with gateway.stream(ENDLESS, query_id=query_id) as rows:
        next(rows)
        assert gateway.cancel(query_id)
        with pytest.raises(QueryCancelled):
            list(rows)


def test_insert_rows() -> None:
    assert gateway.insert(INSERT, [EVENT, ("u2", *EVENT[1:])]) == 2
    assert gateway.query("SELECT user_id, occurred_at FROM events ORDER BY user_id") == [
        ("u1", EVENT[2]),
        ("u2", EVENT[2]),
    ]


def test_insert_columns() -> None:
    assert gateway.insert(INSERT, [["u1", "u2"], ["a", "b"], [EVENT[2], EVENT[2]]], columnar=True) == 2
    assert gateway.query("SELECT user_id, event_type FROM events ORDER BY user_id") == [("u1", "a"), ("u2", "b")]


def test_insert_nothing() -> None:
    assert gateway.insert(INSERT, []) == 0
    assert event_count() == 0


def test_insert_through_input() -> None:
    sql = """
        INSERT INTO events (user_id, event_type, occurred_at)
        SELECT raw, 'x', toDateTime64(0, 3) FROM input('raw String') FORMAT Native
    """
    assert gateway.insert(sql, [("a",), ("b'\\\n",)]) == 2
    assert gateway.insert(sql, [("c",)]) == 1
    assert gateway.query("SELECT user_id FROM events ORDER BY user_id") == [("a",), ("b'\\\n",), ("c",)]


def test_a_token_makes_a_second_insert_harmless() -> None:
    settings = {"insert_deduplication_token": uuid4().hex}
    gateway.insert(INSERT, [EVENT], settings=settings)
    gateway.insert(INSERT, [EVENT], settings=settings)
    assert event_count() == 1


def test_an_insert_into_a_missing_column_is_refused() -> None:
    with pytest.raises(QueryInvalid):
        gateway.insert("INSERT INTO events (user_id, no_such_column) VALUES", [("u", 1)])
    assert event_count() == 0


def test_execute_takes_parameters() -> None:
    gateway.insert(INSERT, [EVENT, ("u2", *EVENT[1:])])
    gateway.execute(
        "DELETE FROM events WHERE user_id = {user:String}", {"user": "u1"}, settings={"lightweight_deletes_sync": 1}
    )
    assert gateway.query("SELECT user_id FROM events") == [("u2",)]


def test_the_first_received_copy_of_an_event_stands() -> None:
    sql = "INSERT INTO events (event_id, user_id, occurred_at, received_at, properties) VALUES"
    event = (uuid4(), "u1", INSTANT)
    for second, properties in ((9, "second"), (3, "first"), (12, "third")):
        gateway.insert(sql, [(*event, INSTANT.replace(second=second), properties)])
    assert gateway.query("SELECT properties FROM events FINAL") == [("first",)]


def test_a_query_carries_the_id_of_its_request() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-17"):
        assert gateway.query("SELECT getSetting('log_comment')") == [("request_id=r-17",)]
    assert gateway.query("SELECT getSetting('log_comment')") == [("",)]


def test_ping() -> None:
    gateway.ping()
