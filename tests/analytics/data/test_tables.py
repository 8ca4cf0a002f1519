"""GET /tables and what is known of each; descriptions by admins."""

from urllib.parse import quote

import pandas as pd
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.analytics.http import AsUser
from tests.analytics.stored import again, event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]
COLUMNS = "/api/v1/tables/events/columns"


def test_it_works(client: APIClient) -> None:
    first = event("u1", "click", "2025-03-10T10:00:00")
    store([first, again(first), event("u2", "click", "2025-03-12T10:00:00")])

    tables = client.get("/api/v1/tables").json()["results"]
    assert {"device_readings", "events"} <= {table["name"] for table in tables}

    metadata = client.get("/api/v1/tables/events/metadata").json()
    assert metadata["engine"] == "ReplacingMergeTree"
    assert metadata["rows"] == 2
    assert metadata["bytes"] > 0
    assert metadata["compression_ratio"] > 0
    assert (metadata["first_at"], metadata["last_at"]) == ("2025-03-10T10:00:00Z", "2025-03-12T10:00:00Z")

    columns = {column["name"]: column for column in client.get(COLUMNS).json()["columns"]}
    assert "ver" not in columns
    assert columns["user_id"] == {
        "name": "user_id",
        "type": "String",
        "nullable": False,
        "description": "Who did it.",
        "cardinality": 2,
    }
    assert columns["event_type"]["cardinality"] == 1

    sample = client.get("/api/v1/tables/events/sample?limit=1").json()
    assert len(sample["data"]) == 1
    assert sample["data"][0].keys() == columns.keys()


def test_odd_names(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    found = client.get(f"/api/v1/tables/{quote(everything)}/columns").json()["columns"]
    assert [column["name"] for column in found] == list(frame.columns)
    assert {column["name"]: column["cardinality"] for column in found}["id"] == len(frame)
    sample = client.get(f"/api/v1/tables/{quote(everything)}/sample?limit=1000").json()
    assert len(sample["data"]) == len(frame)


def test_empty(client: APIClient) -> None:
    metadata = client.get("/api/v1/tables/events/metadata").json()
    assert (metadata["rows"], metadata["first_at"], metadata["compression_ratio"]) == (0, None, None)
    assert client.get("/api/v1/tables/events/sample").json()["data"] == []


def test_admins_describe(admin: User, client: APIClient, as_user: AsUser) -> None:
    asked = {"description": "All that happened.", "columns": {"user_id": "The person, ☃."}}
    assert client.patch(COLUMNS, asked).status_code == 403
    described = as_user(admin).patch(COLUMNS, asked).json()["columns"]
    assert {column["name"]: column["description"] for column in described}["user_id"] == "The person, ☃."
    tables = {table["name"]: table["description"] for table in client.get("/api/v1/tables").json()["results"]}
    assert tables["events"] == "All that happened."
    as_user(admin).patch(COLUMNS, {"columns": {"user_id": ""}})
    assert client.get(COLUMNS).json()["columns"][1]["description"] == "Who did it."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"columns": {"usr_id": "x"}}, 422),
        ({"columns": {"user_id": "a\0b"}}, 400),
        ({"columns": {"user_id": "x" * 2001}}, 400),
        ({"columns": ["user_id"]}, 400),
        ({"columns": {"user_id": {"a": 1}}}, 400),
    ],
)
def test_what_does_not_describe(body: dict[str, object], status: int, admin: User, as_user: AsUser) -> None:
    assert as_user(admin).patch(COLUMNS, body).status_code == status


def test_unknown_tables_are_404(client: APIClient) -> None:
    for part in ("metadata", "columns", "sample"):
        for name in ("nothing", "schema_migrations", "system.tables", "'", "%00"):
            assert client.get(f"/api/v1/tables/{name}/{part}").status_code == 404
    assert client.get("/api/v1/tables/events/sample?limit=1001").status_code == 400
