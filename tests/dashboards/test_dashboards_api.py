"""Dashboards: who sees which, what they take, and nobody overwrites what somebody else has changed."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from dashboards import services
from dashboards.models import Dashboard
from tests.accounts.together import together
from tests.analytics.http import AsUser, errors
from tests.dashboards.conftest import DASHBOARDS, Make

pytestmark = [pytest.mark.django_db, pytest.mark.redis]


def test_it_works(make: Make, client: APIClient, owner: User) -> None:
    made = make(name=" Verkäufe ☃ ")
    assert {name: made[name] for name in made if name not in {"id", "created_at", "updated_at"}} == {
        "name": "Verkäufe ☃", "description": "", "owner": owner.username, "can_edit": True, "visibility": "private",
        "period": None, "timezone": "UTC", "filters": {}, "version": 1,
    }  # fmt: skip
    url = f"{DASHBOARDS}/{made['id']}"
    assert client.get(url).json() == made
    listed = client.get(DASHBOARDS).json()
    assert (listed["count"], listed["results"]) == (1, [made])

    filters = {"conditions": [{"field": "course_id", "operator": "eq", "value": "c"}]}
    period = {"last": 7, "unit": "day"}
    changed = client.patch(url, {"filters": filters, "period": period, "timezone": "Europe/Berlin"}).json()
    assert changed["period"] == {"last": 7, "unit": "day", "current": True}
    assert (changed["name"], changed["filters"], changed["version"]) == ("Verkäufe ☃", filters, 2)
    anew = client.put(url, {"name": "n"}).json()
    assert (anew["filters"], anew["period"], anew["timezone"], anew["version"]) == ({}, None, "UTC", 3)
    assert client.put(url, changed | {"version": 3}).json()["filters"] == filters  # as it was read

    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert not Dashboard.objects.exists()


@pytest.mark.parametrize(("visibility", "seen"), [("private", 404), ("shared", 200)])
def test_who_sees_which(
    visibility: str, seen: int, make: Make, colleague: User, stranger: User, admin: User, as_user: AsUser
) -> None:
    url = f"{DASHBOARDS}/{make(visibility=visibility)['id']}"
    changed = 404 if seen == 404 else 403
    for person in (colleague, stranger):
        client = as_user(person)
        assert client.get(DASHBOARDS).json()["count"] == (seen == 200)
        assert client.get(url).status_code == client.get(f"{url}/widgets").status_code == seen
        assert client.get(f"{url}/data").status_code == seen
        if seen == 200:
            assert client.get(url).json()["can_edit"] is False
        assert client.put(url, {"name": "mine"}).status_code == changed
        assert client.patch(url, {"name": "mine"}).status_code == changed
        assert client.post(f"{url}/widgets", {}).status_code == changed
        assert client.put(f"{url}/layout", {"widgets": []}).status_code == changed
        assert client.delete(url).status_code == changed
    assert as_user(admin).patch(url, {"name": "an admin's"}).json()["can_edit"] is True
    assert as_user(admin).get(DASHBOARDS).json()["results"][0]["owner"] == "owner"


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"name": ""}, ("blank", "name")),
    ({"name": "x" * 201}, ("max_length", "name")),
    ({"name": "a\0"}, ("null_characters_not_allowed", "name")),
    ({"name": ["x"]}, ("invalid", "name")),
    ({"description": "x" * 2001}, ("max_length", "description")),
    ({"visibility": "public"}, ("invalid_choice", "visibility")),
    ({"timezone": "Mars/Olympus"}, ("unknown_timezone", "timezone")),
    ({"period": 7}, ("invalid", "period")),
    ({"period": {}}, ("required", "period.start")),
    ({"period": {"last": 7}}, ("required", "period.unit")),
    ({"period": {"last": 0, "unit": "day"}}, ("min_value", "period.last")),
    ({"period": {"last": 10**30, "unit": "day"}}, ("max_value", "period.last")),
    ({"period": {"last": 1, "unit": "fortnight"}}, ("invalid_choice", "period.unit")),
    ({"period": {"last": 1, "unit": "day", "start": "2025-01-01"}}, ("invalid", "period.last")),
    ({"period": {"start": "2025-02-01", "end": "2025-01-01"}}, ("end_before_start", "period.end")),
    ({"period": {"start": "yesterday"}}, ("invalid", "period.start")),
    ({"period": {"start": "0001-01-01"}}, ("out_of_range", "period.start")),
    ({"filters": []}, ("not_a_dict", "filters")),
    ({"filters": {"condition": []}}, ("unknown_key", "filters.condition")),
    ({"filters": {"conditions": [{"field": "a", "operator": "is"}]}},
     ("unknown_operator", "filters.conditions.0.operator")),
    ({"filters": {"conditions": [{"field": "a\0", "operator": "eq", "value": 1}]}}, ("text", "filters")),
    ({"filters": {"conditions": [{"field": "a", "operator": "eq", "value": "x" * 20_000}]}}, ("too_large", "filters")),
    ({"filters": {"conditions": [{"field": "a", "operator": "is_null"}] * 101}}, ("too_many", "filters")),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "error"), REFUSED, ids=[str(fields)[:60] for fields, _ in REFUSED])
def test_refusals(fields: dict[str, Any], error: tuple[str, str], make: Make, client: APIClient) -> None:
    assert errors(client.post(DASHBOARDS, {"name": "n", **fields})) == [error]
    made = make()
    answer = client.patch(f"{DASHBOARDS}/{made['id']}", fields)
    assert (answer.status_code, errors(answer)) == (400, [error])
    assert client.get(f"{DASHBOARDS}/{made['id']}").json() == made


@pytest.mark.parametrize("depth", [5, 50, 90, 200])
def test_filters_nested_too_deep(depth: int, make: Make) -> None:
    filters: dict[str, Any] = {}
    for _ in range(depth - 1):
        filters = {"groups": [filters]}
    assert errors_of(make(filters=filters, status=400)) in ([("too_deep", "filters")], [("depth", "filters")])


def errors_of(body: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in body["errors"]]


HALF = r'{"name": "n", "filters": {"conditions": [{"field": "\ud800", "operator": "is_null"}]}}'
HUGE = '{"name": "n", "filters": {"conditions": [{"field": "a", "operator": "eq", "value": 1e999}]}}'


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "7", "{", "[" * 100_000, HALF, HUGE])
def test_bodies_that_are_none(body: str, client: APIClient) -> None:
    assert client.generic("POST", DASHBOARDS, body, content_type="application/json").status_code == 400


def test_an_older_version_changes_nothing(make: Make, client: APIClient) -> None:
    url = f"{DASHBOARDS}/{make()['id']}"
    widget = client.post(f"{url}/widgets", {"type": "text", "options": {"text": "t"}, "version": 1}).json()
    assert widget["version"] == 2
    layout = {"widgets": [{"id": widget["id"], "position": widget["position"]}]}
    conflicts = [
        client.patch(url, {"name": "late", "version": 1}),
        client.put(url, {"name": "late", "version": 1}),
        client.post(f"{url}/widgets", {"type": "text", "options": {"text": "late"}, "version": 1}),
        client.patch(f"{url}/widgets/{widget['id']}", {"title": "late", "version": 1}),
        client.put(f"{url}/layout", layout | {"version": 1}),
    ]
    assert {(answer.status_code, *errors(answer)[0]) for answer in conflicts} == {(409, "version_conflict", None)}
    assert "version 2" in conflicts[0].json()["errors"][0]["detail"]
    assert b"late" not in client.get(url).content + client.get(f"{url}/widgets").content
    assert client.put(f"{url}/layout", layout | {"version": 2}).json()["version"] == 3
    assert client.patch(f"{url}/widgets/{widget['id']}", {"title": "t", "version": 3}).json()["version"] == 4
    assert client.patch(url, {"name": "whatever it was"}).json()["version"] == 5
    assert errors(client.patch(url, {"version": 0})) == [("min_value", "version")]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_version_one_does(make: Make, owner: User) -> None:
    made = Dashboard.objects.get(pk=make()["id"])

    def change(name: str) -> str:
        try:
            services.dashboard_update(dashboard_id=made.pk, version=1, fields={"name": name})
        except services.VersionConflict:
            return "conflict"
        return name

    answers = together(lambda: change("a"), lambda: change("b"))
    made.refresh_from_db()
    assert min(answers, key=len) == made.name
    assert "conflict" in answers
    assert made.version == 2


def test_nobody_has_too_many(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "DASHBOARDS_MAX", 1)
    make()
    assert errors_of(make(status=400)) == [("too_many", None)]


def test_pages(make: Make, client: APIClient) -> None:
    names = [make(name=name)["name"] for name in "abc"]
    first = client.get(DASHBOARDS, {"limit": 2}).json()
    second = client.get(DASHBOARDS, {"limit": 2, "offset": 2}).json()
    assert [each["name"] for page in (first, second) for each in page["results"]] == names[::-1]
    assert client.get(DASHBOARDS, {"limit": 1001}).status_code == 400
