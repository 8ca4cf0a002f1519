"""An imported table is asked as any other: rows, numbers, charts, exports; and by whom."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.analytics.http import AsUser
from tests.analytics.sources.conftest import SOURCES, Sync
from tests.analytics.sources.stored import upload

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.s3, pytest.mark.redis]
Make = Callable[..., dict[str, Any]]

CITIES = 'stadt "x",people,`since`\nBerlin,3700000,1237-10-28\nKöln ☃,1087000,0050-01-01\nBerlin,1,2000-01-01\n'


@pytest.fixture
def cities(owner: User, as_user: AsUser, make: Make, sync: Sync) -> dict[str, Any]:
    source = make(type="file", config={"path": upload(as_user, owner, "cities.csv", CITIES.encode())})
    assert sync(source["id"]).status == "succeeded"
    return source


def test_every_kind_of_question(owner: User, as_user: AsUser, cities: dict[str, Any]) -> None:
    client = as_user(owner)
    table = {"table_name": cities["table_name"]}
    filters = {"conditions": [{"field": 'stadt "x"', "operator": "eq", "value": "Köln ☃"}]}

    rows = client.post("/api/v1/data/query", table | {"filters": filters}).json()
    numbers = client.post(
        "/api/v1/data/aggregate",
        table | {"group_by": ['stadt "x"'], "aggregations": [{"function": "sum", "field": "people", "alias": "all"}]},
    ).json()
    chart = client.post(
        "/api/v1/data/chart",
        table | {"chart_type": "bar", "x": 'stadt "x"', "y": [{"function": "count"}]},
    ).json()
    export = client.post("/api/v1/data/export", table | {"format": "csv", "columns": ["people"]})

    assert (rows["total"], rows["data"][0]["people"]) == (1, 1_087_000)
    assert {row['stadt "x"']: row["all"] for row in numbers["data"]} == {"Berlin": 3_700_001, "Köln ☃": 1_087_000}
    assert dict(zip(chart["x"], chart["series"][0]["data"], strict=True)) == {"Berlin": 2, "Köln ☃": 1}
    lines = b"".join(export.streaming_content).decode().split()  # type: ignore[attr-defined]  # a streamed answer
    assert sorted(lines[1:]) == ["1", "1087000", "3700000"]


def test_a_wide_table_with_long_names(owner: User, as_user: AsUser, make: Make, sync: Sync) -> None:
    """Hundreds of names of 128 characters of four bytes are a statement of more than the 256 KiB ClickHouse takes."""
    names = [f"{number:04}" + "\N{WATER WAVE}" * 124 for number in range(550)]
    data = "\n".join([",".join(names), ",".join(["=x"] * len(names))]) + "\n"
    source = make(type="file", config={"path": upload(as_user, owner, "wide.csv", data.encode()), "header": True})
    run = sync(source["id"])
    assert (run.status, run.error, run.rows_written) == ("succeeded", "", 1)
    client, table = as_user(owner), {"table_name": source["table_name"]}

    answer = client.post("/api/v1/data/query", table | {"sort": [{"field": names[-1]}]})
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"] == [dict.fromkeys(names, "=x")]
    for kind in ("csv", "parquet"):
        export = client.post("/api/v1/data/export", table | {"format": kind})
        assert export.status_code == 200, (kind, export.content)
        assert b"".join(export.streaming_content)  # type: ignore[attr-defined]  # a streamed answer


def test_it_is_in_the_list_of_tables_for_those_who_may_read_it(
    owner: User, colleague: User, stranger: User, as_user: AsUser, cities: dict[str, Any]
) -> None:
    def listed(user: User) -> bool:
        return any(
            table["name"] == cities["table_name"] for table in as_user(user).get("/api/v1/tables").json()["results"]
        )

    assert [listed(user) for user in (owner, colleague, stranger)] == [True, True, False]
    answer = as_user(stranger).post("/api/v1/data/query", {"table_name": cities["table_name"]})
    assert answer.status_code == 422


def test_a_new_run_shows_at_once_and_a_deleted_source_is_gone(
    owner: User, as_user: AsUser, make: Make, sync: Sync
) -> None:
    client = as_user(owner)
    source = make(type="file", mode="append", config={"path": upload(as_user, owner, "n.csv", b"n\n1\n2\n")})
    question = {"table_name": source["table_name"]}
    for total in (2, 4):
        sync(source["id"])
        assert client.post("/api/v1/data/query", question).json()["total"] == total
    assert client.delete(f"{SOURCES}/{source['id']}").status_code == 204
    assert client.post("/api/v1/data/query", question).status_code == 422
