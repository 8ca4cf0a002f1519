"""Widgets: what each type takes, and what it refuses before it is saved."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import CourseTeacher, Device, User
from dashboards import services
from dashboards.models import Widget
from tests.analytics.http import AsUser, errors
from tests.dashboards.conftest import BY_TYPE, COUNT, EVENTS, Make

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]
TEXT: dict[str, Any] = {"type": "text", "query": {}, "options": {"text": "# Heading ☃"}}
CONDITION = {"field": "course_id", "operator": "eq", "value": "c"}


def test_it_works(widget: Make, client: APIClient, board: str) -> None:
    made = widget(title="By type", options={"colour": "red"})
    assert {name: value for name, value in made.items() if name != "id"} == {
        "title": "By type", "type": "bar", "query": BY_TYPE, "options": {"colour": "red"},
        "position": {"x": 0, "y": 0, "w": 6, "h": 4}, "version": 2,
    }  # fmt: skip
    url = f"{board}/widgets/{made['id']}"
    assert client.get(url).json() == made
    assert client.get(f"{board}/widgets").json()["results"] == [made]
    assert widget()["position"]["y"] == 4  # below the first

    place = {"x": 6, "y": 0, "w": 6, "h": 2}
    changed = client.patch(url, {"type": "pie", "position": place}).json()
    assert (changed["type"], changed["position"], changed["query"]) == ("pie", place, BY_TYPE)
    anew = client.put(url, TEXT).json()
    assert (anew["title"], anew["query"], anew["position"]) == ("", {}, place)
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(board).json()["version"] == 6


def test_every_type(widget: Make, owner: User) -> None:
    device = Device.objects.create(owner=owner)
    scatter = {"table_name": "device_readings", "x": "x", "y": [{"field": "y"}]}
    good: list[tuple[str, dict[str, Any]]] = [
        *((kind, BY_TYPE) for kind in ("line", "bar", "area", "pie")),
        ("line", BY_TYPE | {"chart_type": "line"}),
        ("scatter", scatter),
        ("heatmap", BY_TYPE | {"series": "course_id"}),
        ("table", {"table_name": "events", "columns": ["user_id"], "page_size": 5}),
        ("table", EVENTS | {"group_by": [{"field": "occurred_at", "interval": "day"}]}),
        ("number", EVENTS),
        ("metric", {"course_id": "c"}),
        ("metric", {"course_id": "c", "metrics": ["engagement"]}),
        ("device", {"device_id": str(device.pk), "interval": "hour"}),
    ]
    for kind, query in good:
        assert widget(type=kind, query=query)["query"] == query
    assert widget(**TEXT)["options"] == TEXT["options"]


def nested(depth: int) -> dict[str, Any]:
    """Groups in each other."""
    filters: dict[str, Any] = {"conditions": [CONDITION]}
    for _ in range(depth - 1):
        filters = {"groups": [filters]}
    return filters


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"type": "map"}, ("invalid_choice", "type")),
    ({"title": "x" * 201}, ("max_length", "title")),
    ({"query": None}, ("null", "query")),
    ({"query": "SELECT 1"}, ("not_a_dict", "query")),
    ({"query": {}}, ("required", "query.table_name")),
    ({"query": BY_TYPE | {"table_name": "event"}}, ("unknown_table", "query.table_name")),
    ({"query": BY_TYPE | {"table_name": "system.users"}}, ("unknown_table", "query.table_name")),
    ({"query": BY_TYPE | {"x": "typ"}}, ("unknown_field", "query.x")),
    ({"query": BY_TYPE | {"chart_type": "line"}}, ("invalid", "query.chart_type")),
    ({"query": BY_TYPE | {"y": []}}, ("invalid", "query.y")),
    ({"query": BY_TYPE | {"sql": "x"}}, ("unknown_key", "query.sql")),
    ({"query": BY_TYPE | {"filters": []}}, ("invalid", "query.filters")),
    ({"query": BY_TYPE | {"filters": {"conditions": [CONDITION | {"field": "none"}]}}},
     ("unknown_field", "query.filters.conditions.0.field")),
    ({"query": BY_TYPE | {"filters": {"conditions": [CONDITION | {"operator": "is"}]}}},
     ("unknown_operator", "query.filters.conditions.0.operator")),
    ({"query": BY_TYPE | {"filters": nested(5)}}, ("too_deep", "query.filters.groups.0.groups.0.groups.0.groups.0")),
    ({"query": BY_TYPE | {"filters": nested(20)}}, ("too_deep", "query.filters")),
    ({"query": BY_TYPE | {"x": "x" * 70_000}}, ("too_large", "query")),
    ({"query": BY_TYPE | {"x": "a\0"}}, ("text", "query")),
    ({"query": BY_TYPE, "type": "heatmap"}, ("required", "query.series")),
    ({"query": EVENTS, "type": "bar"}, ("unknown_key", "query.aggregations")),
    ({"query": EVENTS | {"group_by": ["course_id"]}, "type": "number"}, ("invalid", "query.group_by")),
    ({"query": EVENTS | {"aggregations": [COUNT, COUNT]}, "type": "number"}, ("too_many", "query.aggregations.1")),
    ({"query": {"table_name": "events", "page_size": 1001}, "type": "table"}, ("invalid", "query.page_size")),
    ({"query": {"table_name": "events", "sort": [{"field": "none"}]}, "type": "table"},
     ("unknown_field", "query.sort.0.field")),
    ({"query": BY_TYPE, "type": "text", "options": {"text": "t"}}, ("invalid", "query")),
    ({"query": {}, "type": "text"}, ("invalid", "options.text")),
    ({"query": {}, "type": "text", "options": {"text": "x" * 20_001}}, ("invalid", "options.text")),
    ({"query": {}, "type": "metric"}, ("required", "query.course_id")),
    ({"query": {"course_id": "c", "metrics": ["engagment"]}, "type": "metric"}, ("unknown_metric", "query.metrics.0")),
    ({"query": {"course_id": "c", "user_id": "u"}, "type": "metric"}, ("unknown_key", "query.user_id")),
    ({"query": {"device_id": "x"}, "type": "device"}, ("invalid", "query.device_id")),
    ({"query": {"device_id": str(UUID(int=7))}, "type": "device"}, ("unknown_device", "query.device_id")),
    ({"options": []}, ("not_a_dict", "options")),
    ({"options": {"use_filters": "no"}}, ("invalid", "options.use_filters")),
    ({"options": {"time_field": 7}}, ("invalid", "options.time_field")),
    ({"options": {"time_field": "none"}}, ("unknown_field", "options.time_field")),
    ({"options": {"time_field": "user_id"}}, ("time_field_does_not_fit", "options.time_field")),
    ({"query": {"course_id": "c"}, "type": "metric", "options": {"time_field": "x"}},
     ("invalid", "options.time_field")),
    ({"position": 7}, ("invalid", "position")),
    ({"position": {"x": 0, "y": 0, "w": 6}}, ("required", "position.h")),
    ({"position": {"x": 7, "y": 0, "w": 6, "h": 1}}, ("max_value", "position.w")),
    ({"position": {"x": -1, "y": 0, "w": 6, "h": 1}}, ("min_value", "position.x")),
    ({"position": {"x": 0, "y": 10**9, "w": 6, "h": 1}}, ("max_value", "position.y")),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "error"), REFUSED, ids=[str(fields)[:60] for fields, _ in REFUSED])
def test_refusals(fields: dict[str, Any], error: tuple[str, str], widget: Make, client: APIClient, board: str) -> None:
    whole = {"type": "bar", "query": BY_TYPE, **fields}
    made = client.post(f"{board}/widgets", whole)
    assert (made.status_code, errors(made)) == (400, [error])
    there = widget()
    url = f"{board}/widgets/{there['id']}"
    changed = client.patch(url, whole)
    assert (changed.status_code, errors(changed)) == (400, [error])
    assert client.get(url).json() == there


def test_what_is_not_there_is_not_known_to_be(
    board: str, as_user: AsUser, admin: User, owner: User, colleague: User
) -> None:
    CourseTeacher.objects.create(user=owner, course_id="own")
    foreign = Device.objects.create(owner=colleague)
    queries = [("device", {"device_id": str(foreign.pk)}), ("metric", {"course_id": "foreign"})]
    for kind, query in queries:
        body = {"type": kind, "query": query}
        assert as_user(owner).post(f"{board}/widgets", body).status_code == 400
        assert as_user(admin).post(f"{board}/widgets", body).status_code == 201
    assert as_user(owner).post(f"{board}/widgets", {"type": "metric", "query": {"course_id": "own"}}).status_code == 201


def test_a_widget_is_found_on_its_own_dashboard_only(make: Make, widget: Make, client: APIClient) -> None:
    made = widget(**TEXT)
    other = f"/api/v1/dashboards/{make()['id']}/widgets/{made['id']}"
    statuses = [client.get(other), client.get(f"{other}/data"), client.patch(other, {}), client.delete(other)]
    assert {answer.status_code for answer in statuses} == {404}
    assert Widget.objects.count() == 1


def test_a_dashboard_has_not_too_many(widget: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "WIDGETS_MAX", 1)
    widget(**TEXT)
    assert widget(**TEXT, status=400)["errors"][0]["code"] == "too_many"


def test_the_layout_is_set_at_once(widget: Make, client: APIClient, board: str) -> None:
    ids = [widget(**TEXT)["id"] for _ in range(3)]
    places = [{"x": 4 * number, "y": 0, "w": 4, "h": 2} for number in range(3)]
    layout = [{"id": each, "position": place} for each, place in zip(ids, places, strict=True)]
    answer = client.put(f"{board}/layout", {"widgets": layout})
    assert (answer.status_code, answer.json()["version"]) == (200, 5)
    assert sorted(answer.json()["widgets"], key=lambda each: each["position"]["x"]) == layout

    bad = {"x": 11, "y": 0, "w": 2, "h": 1}
    moved = [{"id": each, "position": places[0]} for each in ids]
    refused: list[tuple[Any, tuple[str, str]]] = [
        (moved[:2], ("incomplete", "widgets")),
        ([*moved[:2], moved[0]], ("duplicate", "widgets.2.id")),
        ([*moved, {"id": str(uuid4()), "position": places[0]}], ("does_not_exist", "widgets.3.id")),
        ([*moved[:2], {"id": ids[2], "position": bad}], ("max_value", "widgets.2.position.w")),
        ([*moved[:2], {"id": "x", "position": places[0]}], ("invalid", "widgets.2.id")),
        ("x", ("not_a_list", "widgets")),
    ]
    for widgets, error in refused:
        answer = client.put(f"{board}/layout", {"widgets": widgets})
        assert (answer.status_code, errors(answer)) == (400, [error])
    kept = {each["id"]: each["position"] for each in client.get(f"{board}/widgets").json()["results"]}
    assert kept == dict(zip(ids, places, strict=True))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["table_name", "filters", "conditions", "field", "operator", "value", "groups", "x", "y",
                         "aggregations", "course_id", "device_id", "text", "time_field", "last", "unit", "w", "h"])
        | st.text(max_size=3), inner, max_size=5),
    max_leaves=10,
)  # fmt: skip
KINDS = ["bar", "table", "text", "metric"]
PARTS = ["type", "title", "query", "options", "position", "version"]


@given(fields=st.dictionaries(st.sampled_from(PARTS), anything), kind=st.sampled_from(KINDS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_whatever_comes_is_kept_or_refused(fields: dict[str, Any], kind: str, client: APIClient, board: str) -> None:
    body = json.dumps({"type": kind, "query": {"table_name": "events"}, **fields})
    answer = client.generic("POST", f"{board}/widgets", body, content_type="application/json")
    assert answer.status_code in {201, 400, 409}, answer.content
    if answer.status_code == 201:
        assert Widget.objects.filter(pk=UUID(answer.json()["id"])).exists()
