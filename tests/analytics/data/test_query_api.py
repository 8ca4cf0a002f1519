"""POST /data/query over events: pages, totals, filters, refusals, whose rows."""

from datetime import timedelta

import pytest

from accounts.models import User
from tests.analytics.http import AsUser, errors
from tests.analytics.stored import again, event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]
QUERY = "/api/v1/data/query"


def test_it_works(owner: User, as_user: AsUser) -> None:
    first = event("u1", "click", "2025-03-10T10:00:00")._replace(properties='{"browser":"Firefox","n":2}')
    store([first, event("u2", "view", "2025-03-11T10:00:00"), again(first)])

    answer = as_user(owner).post(
        QUERY,
        {
            "table_name": "events",
            "columns": ["user_id", "occurred_at", "properties.browser", "properties.n"],
            "filters": {"conditions": [{"field": "event_type", "operator": "eq", "value": "click"}], "logic": "AND"},
            "sort": [{"field": "occurred_at", "order": "desc"}],
            "page": 1,
            "page_size": 10,
        },
    )

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert body["data"] == [
        {"user_id": "u1", "occurred_at": "2025-03-10T10:00:00Z", "properties.browser": "Firefox", "properties.n": 2}
    ]
    assert body["columns"][:2] == [
        {"name": "user_id", "type": "String"},
        {"name": "occurred_at", "type": "DateTime64(3, 'UTC')"},
    ]
    assert (body["total"], body["page"], body["page_size"]) == (1, 1, 10)
    assert body["elapsed_ms"] > 0


def test_pages_hold_every_row_once(owner: User, as_user: AsUser) -> None:
    start = moment("2025-03-01")
    rows = [event(f"u{n % 7}", "click", (start + timedelta(hours=5 * n)).isoformat()[:19]) for n in range(60)]
    store(rows)
    client = as_user(owner)
    for sort in ([], [{"field": "occurred_at"}], [{"field": "user_id", "order": "desc"}], [{"field": "event_type"}]):
        seen = []
        for page in range(1, 10):
            body = client.post(QUERY, {"table_name": "events", "sort": sort, "page": page, "page_size": 9}).json()
            assert body["total"] == 60
            seen += [row["event_id"] for row in body["data"]]
        assert len(seen) == 60 == len(set(seen))
    newest = client.post(QUERY, {"table_name": "events", "page_size": 1}).json()["data"][0]
    assert newest["event_id"] == str(max(rows, key=lambda row: row.occurred_at).event_id)


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({}, "required", "table_name"),
        ({"table_name": "event"}, "unknown_table", "table_name"),
        ({"table_name": "schema_migrations"}, "unknown_table", "table_name"),
        ({"table_name": "system.users"}, "unknown_table", "table_name"),
        ({"table_name": "events", "columns": ["user"]}, "unknown_field", "columns.0"),
        ({"table_name": "events", "columns": []}, "required", "columns"),
        ({"table_name": "events", "columns": ["user_id", "user_id"]}, "duplicate", "columns"),
        ({"table_name": "events", "page": 0}, "invalid", "page"),
        ({"table_name": "events", "page_size": 1001}, "invalid", "page_size"),
        ({"table_name": "events", "page_size": "5"}, "invalid", "page_size"),
        ({"table_name": "events", "limit": 5}, "unknown_key", "limit"),
        ({"table_name": "events", "sort": [{"field": "ver"}]}, "unknown_field", "sort.0.field"),
        ({"table_name": "events", "sort": [{"field": "user_id", "order": "up"}]}, "unknown_order", "sort.0.order"),
    ],
)
def test_refusals_name_the_part(body: dict[str, object], code: str, attr: str, owner: User, as_user: AsUser) -> None:
    answer = as_user(owner).post(QUERY, body)
    assert answer.status_code == 422
    assert errors(answer) == [(code, attr)]


def test_the_nearest_name_is_told(owner: User, as_user: AsUser) -> None:
    answer = as_user(owner).post(QUERY, {"table_name": "evnts"})
    assert "Did you mean events?" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        '"events"',
        '{"table_name": "events", "page": 1e999}',
        '{"table_name": "events", "page": 1000000000000000000000000000000}',
        '{"table_name": "events", "filters": ' + '{"groups": [' * 40 + "]}" * 40 + "}",
        '{"table_name": "events", "filters": {"conditions": [{"field": "user_id", "operator": "eq", "value": 1e999}]}}',
        '{"table_name": "events", "filters": {"conditions": [{"field": "user_id", "operator": {"a": 1}}]}}',
        '{"table_name": ["events"]}',
        '{"table_name": ""}',
        '{"table_name": "ev\\u0000ents"}',
        '{"table_name": "events", "sort": {"user_id": "asc"}}',
    ],
    ids=range(12),
)
def test_odd_bodies(body: str, owner: User, as_user: AsUser) -> None:
    answer = as_user(owner).post(QUERY, body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert answer.json()["type"] == "validation_error"


def test_no_json_and_no_credentials(owner: User, as_user: AsUser) -> None:
    assert as_user(owner).post(QUERY, "{", content_type="application/json").status_code == 400
    assert as_user(owner).post(QUERY, "a=1", content_type="text/plain").status_code == 415
