"""When a kept answer is given again and when not; and what a question costs beside its SQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry, User
from analytics.asking.running import Asker, query_cancel
from analytics.query.statements import Statement
from analytics.redis_store import client as redis_client
from analytics.tables.parts import mark_of
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryCancelled
from tests.analytics.data.rows import stored_table
from tests.analytics.http import AsUser
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]
AGGREGATE = "/api/v1/data/aggregate"
NO_CACHE = {"Cache-Control": "no-cache"}
Count = Callable[[], tuple[int, bool]]
DIRECTORY = "/data/store/2ef/2efc2904-0c42-4d29-aeed-384c76aaeee8"


@pytest.fixture
def parted(clickhouse: None) -> Iterator[str]:
    """A table of two partitions, each of two parts that are not merged: 0, 1, 2, 3 and again; gives its name."""
    with stored_table("parted", {"n": "UInt32", "m": "UInt32"}, [], order_by="n PARTITION BY n % 2"):
        gateway.execute("SYSTEM STOP MERGES parted")
        for token in ("first", "second"):  # the same rows again, and no repetition
            rows = [(n, n) for n in range(4)]
            gateway.insert("INSERT INTO parted VALUES", rows, settings={"insert_deduplication_token": token})
        yield "parted"


@pytest.fixture
def count(client: APIClient, parted: str) -> Count:
    """How many rows it has, and whether the answer was kept."""

    def ask() -> tuple[int, bool]:
        asked = {"table_name": parted, "aggregations": [{"function": "count"}]}
        body = client.post(AGGREGATE, asked).json()
        return body["data"][0]["count"], body["cached"]

    return ask


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("INSERT INTO parted VALUES (7, 7)", 9),
        # The newest block is in the other partition, and the parts are an even number.
        ("ALTER TABLE parted DROP PARTITION 0", 4),
        ("ALTER TABLE parted DETACH PARTITION 0", 4),
        ("ALTER TABLE parted REPLACE PARTITION 0 FROM other", 5),
        ("DELETE FROM parted WHERE n = 1", 6),
        ("ALTER TABLE parted DELETE WHERE n = 1 SETTINGS mutations_sync = 1", 6),
        ("TRUNCATE TABLE parted", 0),
        ("EXCHANGE TABLES parted AND other", 1),
    ],
)
def test_any_change_of_the_rows_shows(sql: str, rows: int, count: Count) -> None:
    gateway.execute(
        "CREATE OR REPLACE TABLE other (n UInt32, m UInt32) ENGINE = MergeTree ORDER BY n PARTITION BY n % 2"
    )
    gateway.insert("INSERT INTO other VALUES", [(0, 0)])
    assert [count(), count()] == [(8, False), (8, True)]
    gateway.execute("SYSTEM START MERGES parted")
    gateway.execute(sql)
    assert [count(), count()] == [(rows, False), (rows, True)]
    gateway.execute("DROP TABLE other SYNC")


def test_values_that_are_changed_show(client: APIClient, parted: str) -> None:
    asked = {"table_name": parted, "aggregations": [{"function": "sum", "field": "m"}]}
    assert client.post(AGGREGATE, asked).json()["data"] == [{"sum_m": 12}]
    gateway.execute("SYSTEM START MERGES parted")
    gateway.execute("ALTER TABLE parted UPDATE m = 5 WHERE n = 3 SETTINGS mutations_sync = 1")
    assert client.post(AGGREGATE, asked).json()["data"] == [{"sum_m": 16}]


def test_a_merge_changes_nothing(count: Count) -> None:
    assert count() == (8, False)
    gateway.execute("SYSTEM START MERGES parted")
    gateway.execute("OPTIMIZE TABLE parted FINAL")
    sql = "SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}"
    [(parts,)] = gateway.query(sql, {"table": "parted"})
    assert (parts, count()) == (2, (8, True))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (["all_1_1_0", "all_2_2_0"], ["all_1_2_1"], True),
        (["all_1_2_1"], ["all_1_2_2"], True),
        (["all_1_1_0_3", "all_2_2_0_3"], ["all_1_2_1_3"], True),
        (["all_1_1_0"], ["all_1_1_0", "all_2_2_0"], False),
        (["all_1_1_0", "all_2_2_0"], ["all_1_1_0_3", "all_2_2_0"], False),
        (["all_1_1_0_3", "all_2_2_0"], ["all_1_1_0_3", "all_2_2_0_3"], False),
        (["1-a_1_1_0", "1-a_3_3_0", "2-b_4_4_0"], ["2-b_4_4_0"], False),
        (["all_1_1_0"], ["all_1_1_0", "patch-3f-all_2_2_0_2"], False),
        (["20250101_20250131_1_1_0"], ["20250101_20250131_1_1_1"], False),
        (["all_1_1_0"], [], False),
    ],
)
def test_what_the_names_of_parts_tell(before: list[str], after: list[str], same: bool) -> None:
    marks = [mark_of(f"{DIRECTORY}/{name}/" for name in names) for names in (before, after)]
    assert (marks[0] == marks[1]) is same
    assert mark_of(f"/elsewhere/{name}/" for name in before) != marks[0]


def test_no_cache_neither_takes_nor_leaves_an_answer(client: APIClient) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    asked = {"table_name": "events", "aggregations": [{"function": "count"}]}
    for headers, cached in ((NO_CACHE, False), ({}, False), ({}, True), (NO_CACHE, False)):
        assert client.post(AGGREGATE, asked, headers=headers).json()["cached"] is cached


def test_a_table_that_was_swapped_is_asked_for_its_own_columns(client: APIClient, parted: str) -> None:
    asked = {"table_name": parted, "page_size": 1}
    gateway.execute("CREATE OR REPLACE TABLE other (m String) ENGINE = MergeTree ORDER BY m")
    gateway.insert("INSERT INTO other VALUES", [("x",)])
    for headers in (NO_CACHE, {}):
        client.post("/api/v1/data/query", asked, headers=headers)
        gateway.execute("EXCHANGE TABLES parted AND other")
        assert client.post("/api/v1/data/query", asked, headers=headers).json()["data"] == [{"m": "x"}]
        gateway.execute("EXCHANGE TABLES parted AND other")
    gateway.execute("DROP TABLE other SYNC")


def test_who_is_over_budget_holds_up_nobody(
    client: APIClient, stranger: User, as_user: AsUser, parted: str, settings: Settings
) -> None:
    asked = {"table_name": parted, "aggregations": [{"function": "count"}]}
    settings.QUERY_BUDGET_ROWS = 1
    assert client.post(AGGREGATE, asked, headers=NO_CACHE).status_code == 200
    assert client.post(AGGREGATE, asked).status_code == 429
    assert not redis_client().keys("tidewatch:answer-lock:*")
    assert as_user(stranger).post(AGGREGATE, asked).status_code == 200
    assert client.post(AGGREGATE, asked).json()["cached"] is True  # what is kept costs nothing


def test_a_question_of_two_statements_is_charged_and_cancelled_as_one(settings: Settings) -> None:
    settings.QUERY_BUDGET_ROWS = 1000
    asker = Asker(caller="1", name="mine")
    assert asker.begin() is True
    asker.ask(Statement("SELECT count() FROM numbers(600)", {}, ()))
    asker.ask(Statement("SELECT count() FROM numbers(700)", {}, ()))  # a question that has begun is asked to its end
    assert query_cancel(caller="1", name="mine") is False  # nothing of it runs now
    asker.end()
    with pytest.raises(Exception, match="1000 rows read"):
        Asker(caller="1").ask(Statement("SELECT 1", {}, ()))


@contextmanager
def cancelling(caller: str, name: str) -> Iterator[None]:
    """As soon as there is something to cancel, and until the block is over."""
    is_over = threading.Event()

    def work() -> None:
        while not (query_cancel(caller=caller, name=name) or is_over.wait(0.02)):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_the_second_statement_of_a_question_can_be_cancelled() -> None:
    slow = Statement("SELECT sum(sleepEachRow(0.1)) FROM numbers(300) SETTINGS max_block_size = 1", {}, ())
    asker = Asker(caller="1", name="mine")
    asker.begin()
    asker.ask(Statement("SELECT 1", {}, ()))
    with cancelling("1", "mine"), pytest.raises(QueryCancelled):
        asker.ask(slow)
    asker.end()


def test_a_question_costs_postgresql_nothing_and_leaves_no_line_in_the_audit_log(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    questions: dict[str, dict[str, Any]] = {
        "query": {},
        "aggregate": {"aggregations": [{"function": "count"}]},
        "chart": {"chart_type": "bar", "x": "event_type", "y": [{"function": "count"}]},
    }
    client.get("/api/v1/auth/me")  # the caller is known from now on
    client.post(AGGREGATE, {"table_name": "events", **questions["aggregate"]})  # and what limits them
    with django_assert_num_queries(0):
        for call, body in questions.items():
            assert client.post(f"/api/v1/data/{call}", {"table_name": "events", **body}).status_code == 200
    assert not AuditEntry.objects.exists()
