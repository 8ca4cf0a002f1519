"""A table that widgets ask is not deleted by mistake."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from analytics.sources.models import ImportedTable, Source
from analytics.sources.tables import stored_name, table_drop
from dashboards import table_uses
from storage_app.clickhouse import gateway
from tests.analytics.data.rows import quoted
from tests.analytics.http import AsUser
from tests.dashboards.conftest import DASHBOARDS, Data, posted

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]
QUERY = {"table_name": "cities", "aggregations": [{"function": "count"}]}
LAST = "Without the table they fail. ?force=true deletes it nevertheless."
Place = Callable[..., str]


@pytest.fixture
def source(owner: User) -> Iterator[str]:
    """Where the source of an imported table is, which has one row."""
    made = Source.objects.create(name="Cities", owner=owner, type="http", table_name="cities", config={})
    table = stored_name("cities")
    gateway.execute(f"CREATE TABLE {quoted(table)} (n UInt8) ENGINE = MergeTree ORDER BY n")
    gateway.insert(f"INSERT INTO {quoted(table)} VALUES", [(1,)])
    ImportedTable.objects.create(source=made, name="cities", stored_as=table, columns=[{"name": "n", "type": "UInt8"}])
    yield f"/api/v1/tables/sources/{made.pk}"
    table_drop(table=table)


@pytest.fixture
def place(as_user: AsUser) -> Place:
    """Put a widget that asks the table on a new dashboard of somebody's; gives where the dashboard is."""

    def _place(user: User, name: str, *titles: str, **fields: Any) -> str:
        url = f"{DASHBOARDS}/{posted(as_user(user), DASHBOARDS, {'name': name, **fields}, 201)['id']}"
        for title in titles:
            posted(as_user(user), f"{url}/widgets", {"type": "number", "title": title, "query": QUERY}, 201)
        return url

    return _place


def refused(client: APIClient, source: str) -> list[str]:
    """Why the source is not deleted."""
    answer = client.delete(source)
    assert answer.status_code == 409, answer.content
    assert {(error["code"], error["attr"]) for error in answer.json()["errors"]} == {("table_in_use", None)}
    assert Source.objects.exists()
    return [error["detail"] for error in answer.json()["errors"]]


def test_it_is_told_who_asks_it(
    source: str, place: Place, owner: User, colleague: User, admin: User, as_user: AsUser
) -> None:
    mine = place(owner, "Mine", "Big", "")
    place(colleague, "Shared", "Theirs", visibility="shared")
    place(colleague, "Secret", "Hidden")
    place(colleague, "Secret too", "Hidden", "Hidden as well")
    place(colleague, "Asks nothing")

    own = 'The dashboard "Mine" shows the table: "Big", "number at 0, 4".'
    shared = 'The dashboard "Shared" shows the table: "Theirs".'
    secret = [f'The dashboard "{name}" shows the table: "Hidden"{more}.' for name, more in
              (("Secret", ""), ("Secret too", ', "Hidden as well"'))]  # fmt: skip
    others = "Dashboards that show the table and are not named here: 2."
    assert refused(as_user(owner), source) == [own, shared, others, LAST]
    assert refused(as_user(admin), source) == [own, *secret, shared, LAST]
    assert as_user(owner).delete(mine).status_code == 204
    assert refused(as_user(owner), source) == [shared, others, LAST]
    assert as_user(owner).delete(f"{source}?force=false").status_code == 409


def test_names_are_not_endless(
    source: str, place: Place, owner: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_uses, "NAMED_MAX", 1)
    monkeypatch.setattr(table_uses, "TITLES_MAX", 1)
    for name in ("a", "b"):
        place(owner, name, "x", "y")
    [named, others, _] = refused(as_user(owner), source)
    assert named in {f'The dashboard "{name}" shows the table: "x" and 1 more.' for name in ("a", "b")}
    assert others == "Dashboards that show the table and are not named here: 1."


def test_nevertheless(source: str, board: str, client: APIClient, data: Data) -> None:
    made = posted(client, f"{board}/widgets", {"type": "number", "title": "n", "query": QUERY}, 201)
    assert data()["widgets"]["n"]["data"]["data"] == [{"count": 1}]
    assert client.delete(f"{source}?force=maybe").status_code == 400
    assert client.delete(f"{source}?forced=true").status_code == 400
    assert client.delete(f"{source}?force=true").status_code == 204
    assert not Source.objects.exists()
    assert data()["widgets"]["n"]["error"]["code"] == "unknown_table"
    assert client.get(f"{board}/widgets/{made['id']}").status_code == 200


def test_a_table_that_nobody_asks(source: str, place: Place, owner: User, client: APIClient) -> None:
    place(owner, "Other table")
    assert client.delete(source).status_code == 204


def test_a_table_of_others_is_shown_to_whom_it_is_theirs_to_see(
    source: str, place: Place, owner: User, stranger: User, as_user: AsUser
) -> None:
    url = place(owner, "Shared", "n", visibility="shared")
    [shown] = as_user(stranger).get(f"{url}/data").json()["widgets"]
    assert (shown["data"], shown["error"]["code"]) == (None, "unknown_table")
    [shown] = as_user(owner).get(f"{url}/data").json()["widgets"]
    assert shown["data"]["data"] == [{"count": 1}]
