"""Each error by a real provocation."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import errors as driver
from pytest_django.fixtures import Settings

from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import (
    QueryInvalid,
    QueryRefused,
    StoreError,
    StoreUnavailable,
    server_reason,
    translate,
)

SLOW = "SELECT sleepEachRow(0.02) FROM numbers(1000) SETTINGS max_block_size = 1"


def assert_shows_nothing(error: StoreError) -> None:
    for secret in ("SELECT", "127.0.0.1", "localhost", "Stack trace", "DB::"):
        assert secret not in str(error)
    assert str(error) == error.detail
    assert error.__cause__ is not None


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    ("sql", "options", "limit"),
    [
        (SLOW, {"timeout_seconds": 0.2}, "time"),
        ("SELECT count() FROM numbers(1000)", {"settings": {"max_rows_to_read": 10}}, "rows_read"),
        ("SELECT count() FROM numbers(1000)", {"settings": {"max_bytes_to_read": 10}}, "rows_read"),
        ("SELECT number FROM numbers(1000)", {"settings": {"max_result_rows": 10}}, "rows_returned"),
        (
            "SELECT groupArray(number) FROM numbers(1000000)",
            {"settings": {"max_memory_usage": 1_000_000}},
            "memory",
        ),
    ],
)
def test_limits(sql: str, options: dict[str, Any], limit: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        gateway.query(sql, **options)
    assert caught.value.limit == limit
    assert_shows_nothing(caught.value)


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM no_such_table",
        "SELECT 1 FROM no_such_database.events",
        "SELECT no_such_column FROM events",
        "SELECT no_such_function(1)",
        "SELECT (1",
        "SELECT 'a' + 1",
        "SELECT [1, 'a']",
        "SELECT number, count() FROM numbers(3)",
        "SELECT intDiv(1, 0)",
        "SELECT toUUID('x')",
        "SELECT toDateTime('yesterday')",
        "SELECT toInt64('1.5')",
        "SELECT throwIf(1)",
        "SELECT {missing:String}",
        "SELECT 1 SETTINGS no_such_setting = 1",
        "SELECT abs(1, 2)",
    ],
)
def test_invalid_queries(sql: str) -> None:
    with pytest.raises(QueryInvalid) as caught:
        gateway.query(sql)
    assert_shows_nothing(caught.value)


@pytest.mark.clickhouse
@pytest.mark.parametrize(("type_name", "value"), [("Int64", "x"), ("UUID", "x"), ("DateTime", "x"), ("Bool", 2)])
def test_a_value_that_is_not_of_its_type(type_name: str, value: object) -> None:
    with pytest.raises(QueryInvalid):
        gateway.query(f"SELECT {{value:{type_name}}}", {"value": value})


@pytest.mark.clickhouse
def test_an_unknown_setting_is_not_ignored() -> None:
    with pytest.raises(QueryInvalid):
        gateway.query("SELECT 1", settings={"max_rows_to_raed": 1})


@pytest.mark.clickhouse
def test_an_error_without_a_name_keeps_its_code() -> None:
    with pytest.raises(StoreError) as caught:
        gateway.execute("CREATE TABLE made_of_air (a Int8) ENGINE = NoSuchEngine")
    assert (type(caught.value), caught.value.code) == (StoreError, 56)
    assert_shows_nothing(caught.value)


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    "change", [{"port": 1}, {"password": "wrong"}, {"host": "no-such-host.invalid"}], ids=["down", "password", "name"]
)
def test_out_of_reach(settings: Settings, change: dict[str, object]) -> None:
    settings.CLICKHOUSE = {**settings.CLICKHOUSE, **change}
    with pytest.raises(StoreUnavailable) as caught:
        gateway.query("SELECT 1")
    assert_shows_nothing(caught.value)


@contextmanager
def _busy_server(is_running: Callable[[str], bool]) -> Iterator[None]:
    query_id = uuid4().hex

    def ask() -> None:
        with pytest.raises(StoreError):
            gateway.query(SLOW, query_id=query_id)

    thread = threading.Thread(target=ask)
    thread.start()
    while not is_running(query_id):
        time.sleep(0.01)
    yield
    gateway.cancel(query_id)
    thread.join()


@pytest.mark.clickhouse
def test_too_many_queries_at_once(is_running: Callable[[str], bool]) -> None:
    with _busy_server(is_running), pytest.raises(StoreUnavailable) as caught:
        gateway.query("SELECT 1", settings={"max_concurrent_queries_for_user": 1})
    assert caught.value.code == 202
    assert_shows_nothing(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (driver.ServerException("DB::Exception: (total) memory limit exceeded", 241), StoreUnavailable),
        (driver.ServerException("DB::Exception: Query memory limit exceeded", 241), QueryRefused),
        (driver.PartiallyConsumedQueryError(), StoreUnavailable),
        (ConnectionResetError(), StoreUnavailable),
        (TimeoutError(), StoreUnavailable),
        (EOFError(), StoreUnavailable),
    ],
)
def test_what_cannot_be_provoked(error: Exception, expected: type[StoreError]) -> None:
    assert type(translate(error)) is expected


def test_operators_get_the_servers_words_without_its_stack() -> None:
    error = driver.ServerException("DB::Exception: Table gone. Stack trace:\n\n0. main", 60)
    assert server_reason(error) == "Table gone"
    assert server_reason(EOFError()) == "EOFError"
