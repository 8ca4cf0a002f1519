"""Whose rows, which limits, how much a minute, once for many; and nothing of a request becomes SQL."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.test import APIClient

from accounts.models import Device, User
from analytics.asking.running import Asker
from analytics.query.problems import QueryProblem
from analytics.query.requests import AggregateRequest, ChartRequest, ExportQuery, QueryRequest, request_read
from analytics.query.statements import Statement
from config.errors import translate
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryRefused
from tests.analytics.data.asking import COUNT, QUERY, everywhere, seen_by
from tests.analytics.data.conftest import Ask
from tests.analytics.http import AsUser, errors
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]
EVERYTHING = {"conditions": [{"field": "user_id", "operator": "is_not_null"}], "logic": "OR"}


@pytest.mark.s3
def test_each_sees_their_own_rows_everywhere(
    owner: User, stranger: User, admin: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = str(stranger.pk)
    store([event(mine, "click", "2025-03-10T10:00:00", "a"), event("x", "click", "2025-03-10T11:00:00", "b")])
    both = sorted([mine, "x"])

    # In this order: an answer kept for the admin must not be given to the others.
    assert seen_by(as_user(admin), "events", "user_id") == everywhere(both)
    assert seen_by(as_user(stranger), "events", "user_id") == everywhere([mine])
    assert seen_by(as_user(owner), "events", "user_id") == everywhere(both)
    monkeypatch.setattr("analytics.tables.access.visible_courses", lambda user: frozenset({"b"}))
    assert seen_by(as_user(owner), "events", "user_id") == everywhere(["x"])
    monkeypatch.setattr("analytics.tables.access.visible_courses", lambda user: frozenset())
    assert seen_by(as_user(owner), "events", "user_id") == everywhere([])


def test_no_filter_or_alias_leads_around_the_policy(stranger: User, as_user: AsUser) -> None:
    store([event(str(stranger.pk), "click", "2025-03-10T10:00:00"), event("x", "secret", "2025-03-10T11:00:00")])
    client = as_user(stranger)
    for filters in (EVERYTHING, {"logic": "OR", "groups": [EVERYTHING]}, {"groups": [{"logic": "OR"}]}):
        assert client.post(QUERY, {"table_name": "events", "filters": filters}).json()["total"] == 1
    for alias in ("user_id", "policy_user", "out_0", "events"):
        asked = {"table_name": "events", "aggregations": [{"function": "max", "field": "event_type", "alias": alias}]}
        assert client.post("/api/v1/data/aggregate", asked).json()["data"] == [{alias: "click"}]
    metadata = client.get("/api/v1/tables/events/metadata").json()
    assert (metadata["rows"], metadata["bytes"]) == (1, None)


def test_readings_are_their_devices_owners(owner: User, colleague: User, admin: User, as_user: AsUser) -> None:
    devices = [Device.objects.create(owner=person) for person in (owner, colleague)]
    at = datetime(2025, 3, 10, tzinfo=UTC)
    gateway.execute("TRUNCATE TABLE device_readings")
    gateway.insert("INSERT INTO device_readings VALUES", [(each.pk, at, at, 1.0, 2.0, 3.0) for each in devices])
    for person, count in ((owner, 1), (colleague, 1), (admin, 2)):
        body = as_user(person).post(QUERY, {"table_name": "device_readings"}).json()
        assert body["total"] == count
    gateway.execute("TRUNCATE TABLE device_readings")


@pytest.mark.parametrize(
    ("name", "value", "limit"),
    [
        ("QUERY_MAX_ROWS_READ", 10, "limit_rows_read"),
        ("QUERY_MAX_RESULT_ROWS", 3, "limit_rows_returned"),
    ],
)
def test_a_breach_names_its_limit(
    name: str, value: int, limit: str, everything: str, client: APIClient, settings: Settings
) -> None:
    setattr(settings, name, value)
    asked = {"table_name": everything, "group_by": ["text"], "aggregations": COUNT}
    answer = client.post("/api/v1/data/aggregate", asked, headers={"Cache-Control": "no-cache"})
    assert (answer.status_code, errors(answer)) == (422, [(limit, None)])
    assert f"{value:,}" in answer.json()["errors"][0]["detail"]


def test_time_and_memory_have_limits(settings: Settings) -> None:
    settings.QUERY_TIMEOUT_SECONDS, settings.QUERY_MAX_MEMORY_BYTES = 1, 10_000_000
    slow = "SELECT sum(sleepEachRow(0.1)) FROM numbers(300) SETTINGS max_block_size = 1"
    large = "SELECT uniqExact(number) FROM numbers(10000000)"
    for sql, limit in ((slow, "time"), (large, "memory")):
        with pytest.raises(QueryRefused) as refused:
            Asker(caller="1").ask(Statement(sql, {}, ()))
        answer: Any = translate(refused.value)
        assert (answer.status_code, answer.get_codes()) == (422, f"limit_{limit}")
        assert "The limit is" in str(answer.detail)


@pytest.mark.django_db(transaction=True)
def test_a_running_query_is_cancelled_by_its_name(owner: User, stranger: User, as_user: AsUser) -> None:
    slow = Statement("SELECT sum(sleepEachRow(0.1)) FROM numbers(300) SETTINGS max_block_size = 1", {}, ())
    raised: list[str] = []

    def ask() -> None:
        try:
            Asker(caller=str(owner.pk), name="mine").ask(slow)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            raised.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    statuses = set()
    while not raised and thread.is_alive():
        assert as_user(stranger).delete("/api/v1/data/queries/mine").status_code == 404
        statuses.add(as_user(owner).delete("/api/v1/data/queries/mine").status_code)
        time.sleep(0.05)
    thread.join()
    assert 204 in statuses
    assert raised == ["The query was cancelled."]


def test_the_reader_can_only_read() -> None:
    for sql in ("INSERT INTO events (user_id) VALUES ('x')", "DROP TABLE events", "SELECT * FROM system.users"):
        with pytest.raises(Exception, match="not allowed"):
            gateway.query_columns(sql, reader=True)


def test_budgets(
    ask: Ask, everything: str, client: APIClient, stranger: User, as_user: AsUser, settings: Settings
) -> None:
    settings.QUERY_BUDGET_ROWS = 200
    asked = {"table_name": everything, "aggregations": COUNT, "group_by": ["text"]}
    fresh = {"Cache-Control": "no-cache"}
    for headers in ({}, fresh):
        assert client.post("/api/v1/data/aggregate", asked, headers=headers).status_code == 200
    refused = client.post("/api/v1/data/aggregate", asked, headers=fresh)
    assert (refused.status_code, errors(refused)) == (429, [("throttled", None)])
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert as_user(stranger).post("/api/v1/data/aggregate", asked, headers=fresh).status_code == 200
    assert client.post("/api/v1/data/aggregate", asked).status_code == 200  # what is kept costs nothing


def test_answers_are_given_again_until_the_table_changes(client: APIClient) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    asked = {"table_name": "events", "aggregations": COUNT}

    def count(**headers: str) -> tuple[int, bool]:
        answer = client.post("/api/v1/data/aggregate", asked, headers=headers)
        body = answer.json()
        assert int(answer["Age"]) == body["age_seconds"]
        return body["data"][0]["count"], body["cached"]

    assert count() == (1, False)
    assert count() == (1, True)
    assert count(**{"Cache-Control": "no-cache"}) == (1, False)
    gateway.execute("OPTIMIZE TABLE events FINAL")
    assert count() == (1, True)
    store([event("u", "click", "2025-03-11T10:00:00")])
    assert count() == (2, False)
    gateway.execute("ALTER TABLE events DELETE WHERE 1", settings={"mutations_sync": 1})
    assert count() == (0, False)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_the_same_at_once_one_asks(
    owner: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    asked: list[str] = []
    real: Callable[..., Any] = Asker.ask

    def slow(self: Asker, statement: Statement) -> Any:
        asked.append(statement.sql)
        time.sleep(0.3)
        return real(self, statement)

    monkeypatch.setattr(Asker, "ask", slow)

    def post(_: int) -> Any:
        try:
            return as_user(owner).post("/api/v1/data/aggregate", {"table_name": "events", "aggregations": COUNT}).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert len(asked) == 1
    assert [answer["data"] for answer in answers] == [[{"count": 1}]] * 6


def test_without_redis_questions_are_answered(client: APIClient, settings: Settings, monkeypatch: Any) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    dead = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr("analytics.asking.exchange.client", lambda: dead)
    settings.QUERY_BUDGET_SECONDS = 1
    answer = client.post("/api/v1/data/aggregate", {"table_name": "events", "aggregations": COUNT})
    assert (answer.status_code, answer.json()["data"]) == (200, [{"count": 1}])


def test_without_clickhouse_the_answer_is_503(client: APIClient, settings: Settings) -> None:
    settings.CLICKHOUSE = settings.CLICKHOUSE_READER = {**settings.CLICKHOUSE, "port": 1}
    answer = client.post(QUERY, {"table_name": "events"})
    assert (answer.status_code, "Retry-After" in answer) == (503, True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["table_name", "filters", "conditions", "field", "operator", "value", "groups", "x"])
        | st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(anything, st.sampled_from([QueryRequest, AggregateRequest, ChartRequest, ExportQuery]))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_comes_is_read_or_refused(data: Any, kind: Any) -> None:
    with suppress(QueryProblem):
        assert isinstance(request_read(data, kind), kind)


INJECTIONS = [
    "`; DROP TABLE events; --",
    "' OR 1=1 --",
    "user_id`, (SELECT 1)",
    "{policy_user:String}",
    "x\0y",
    "\\",
    "a" * 400,
]


@pytest.mark.parametrize(
    "place", ["table_name", "column", "field", "sort", "group", "function", "alias", "path", "zone"]
)
def test_injections_are_names_of_nothing(place: str, client: APIClient) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    for text in INJECTIONS:
        query: dict[str, Any] = {"table_name": "events"}
        count: dict[str, Any] = {"table_name": "events", "aggregations": COUNT}
        condition = {"field": text, "operator": "eq", "value": text}
        call, body, refused = {
            "table_name": ("query", query | {"table_name": text}, True),
            "column": ("query", query | {"columns": [text]}, True),
            "field": ("query", query | {"filters": {"conditions": [condition]}}, True),
            "sort": ("query", query | {"sort": [{"field": text}]}, True),
            "group": ("aggregate", count | {"group_by": [text]}, True),
            "function": ("aggregate", count | {"aggregations": [{"function": text, "field": "user_id"}]}, True),
            "alias": ("aggregate", count | {"aggregations": [{"function": "count", "alias": text}]}, False),
            "path": ("query", query | {"columns": [f"properties.{text}"]}, False),
            "zone": ("aggregate", count | {"timezone": text}, True),
        }[place]
        answer = client.post(f"/api/v1/data/{call}", body)
        assert answer.status_code == (422 if refused else 200), (text, answer.content)
    assert client.post(QUERY, query).json()["total"] == 1
