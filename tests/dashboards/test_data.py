"""What widgets show: to whom, narrowed to what, and what becomes of those that fail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import CourseTeacher, Device, User
from analytics.asking.running import Asker
from analytics.metrics.period import Period
from analytics.services.calculation import metric_task_run
from analytics.services.metric_tasks import metric_task_create
from dashboards import selectors
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryCancelled
from tests.analytics.data.rows import stored_table
from tests.analytics.devices.readings import every_minute
from tests.analytics.devices.readings import store as store_readings
from tests.analytics.http import AsUser, errors
from tests.analytics.stored import event, moment, store
from tests.dashboards.conftest import BY_TYPE, EVENTS, Data, Make

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]
BY_USER = {"table_name": "events", "x": "user_id", "y": [{"function": "count"}]}
NUMBER: dict[str, Any] = {"type": "number", "title": "n", "query": EVENTS}


def number(body: dict[str, Any], title: str = "n") -> int:
    """What a number shows."""
    [row] = body["widgets"][title]["data"]["data"]
    return int(row["count"])


def test_each_type_shows_what_its_question_is_answered(
    widget: Make, client: APIClient, board: str, data: Data, owner: User
) -> None:
    store([event("u", "click", "2025-03-10T10:00:00"), event("v", "scroll", "2025-03-11T10:00:00")])
    device = Device.objects.create(owner=owner)
    store_readings(device, every_minute(1, 2))
    scatter = {"table_name": "device_readings", "x": "x", "y": [{"field": "y"}]}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        **dict.fromkeys(("line", "bar", "area", "pie"), ("chart", BY_TYPE)),
        "scatter": ("chart", scatter),
        "heatmap": ("chart", BY_TYPE | {"series": "user_id"}),
        "table": ("query", {"table_name": "events", "columns": ["event_type"]}),
        "number": ("aggregate", EVENTS),
    }
    for kind, (_, query) in asked.items():
        widget(type=kind, title=kind, query=query)
    widget(type="text", title="text", query={}, options={"text": "# ☃"})
    widget(type="device", title="device", query={"device_id": str(device.pk), "interval": "minute"})

    shown = data()["widgets"]

    for kind, (call, query) in asked.items():
        body = query | ({"chart_type": kind} if call == "chart" else {})
        answer = client.post(f"/api/v1/data/{call}", body).json()
        told = {name: value for name, value in answer.items() if name not in {"elapsed_ms", "cached", "age_seconds"}}
        assert (shown[kind]["data"], shown[kind]["error"]) == (told, None)
        alone = client.get(f"{board}/widgets/{shown[kind]['id']}/data").json()
        assert alone["data"] == told
    assert shown["text"]["data"] == {"text": "# ☃"}
    series = client.get(f"/api/v1/stats/{device.pk}/series", {"interval": "minute"}).json()
    assert shown["device"]["data"] == series
    assert [point["x"]["max"] for point in series["points"]] == [1, 2]


def test_two_users_see_their_own_rows_of_a_shared_widget(
    widget: Make, data: Data, owner: User, colleague: User, stranger: User, admin: User, board: str, as_user: AsUser
) -> None:
    CourseTeacher.objects.create(user=colleague, course_id="b")
    mine = str(stranger.pk)
    store([event(mine, "click", "2025-03-10T10:00:00", "a"), event("x", "click", "2025-03-11T11:00:00", "b")])
    widget(type="bar", title="chart", query=BY_USER)
    widget(type="table", title="rows", query={"table_name": "events", "columns": ["user_id"]})
    widget(type="table", title="groups", query=EVENTS | {"group_by": ["user_id"]})
    widget(**NUMBER)
    both = sorted([mine, "x"])
    # In this order: an answer that is kept for an admin must not be given to the others.
    for person, seen in ((admin, both), (stranger, [mine]), (colleague, ["x"]), (owner, both), (stranger, [mine])):
        shown = data(person)
        assert sorted(shown["widgets"]["chart"]["data"]["x"]) == seen
        assert sorted(row["user_id"] for row in shown["widgets"]["rows"]["data"]["data"]) == seen
        assert sorted(row["user_id"] for row in shown["widgets"]["groups"]["data"]["data"]) == seen
        assert number(shown) == len(seen)
        alone = as_user(person).get(f"{board}/widgets/{shown['widgets']['chart']['id']}/data").json()
        assert sorted(alone["data"]["x"]) == seen
    assert data(stranger)["widgets"]["chart"]["cached"] is True


def test_whose_devices_and_courses(
    widget: Make, data: Data, owner: User, colleague: User, stranger: User, admin: User
) -> None:
    store([event("x", "page_viewed", "2025-03-11T11:00:00", "c")])
    task = metric_task_create(
        requested_by_id=None, period=Period(moment("2025-03-10"), moment("2025-03-17")), metrics=["engagement"],
        course_id="c",
    )  # fmt: skip
    assert metric_task_run(task_id=task.pk) is None
    device = Device.objects.create(owner=owner)
    widget(type="device", title="device", query={"device_id": str(device.pk)})
    widget(type="metric", title="metric", query={"course_id": "c"})
    CourseTeacher.objects.create(user=colleague, course_id="another")
    for person, of_device, of_course in ((owner, None, None), (admin, None, None),
                                         (colleague, "unknown_device", "unknown_course"),
                                         (stranger, "unknown_device", "unknown_course")):  # fmt: skip
        shown = data(person)["widgets"]
        for title, code in (("device", of_device), ("metric", of_course)):
            assert (shown[title]["error"] or {}).get("code") == code, (person, title)
            assert (shown[title]["data"] is None) == (code is not None)
    assert data(owner)["widgets"]["metric"]["data"]["metrics"]["engagement"]["unit"] == "ratio"


def test_the_period_and_the_filters_narrow_every_widget(
    widget: Make, data: Data, client: APIClient, board: str
) -> None:
    days = ("2025-03-09T23:30:00", "2025-03-10T12:00:00", "2025-03-11T12:00:00")
    store([event("u", kind, day, course) for day in days for course in "ab" for kind in ("click", "scroll")])
    clicks = {"conditions": [{"field": "event_type", "operator": "eq", "value": "click"}]}
    either = {"logic": "OR", "conditions": [{"field": "event_type", "operator": "eq", "value": each} for each in "xy"]}
    widget(**NUMBER)
    widget(**NUMBER | {"title": "clicks", "query": EVENTS | {"filters": clicks}})
    widget(**NUMBER | {"title": "neither", "query": EVENTS | {"filters": either}})
    widget(**NUMBER | {"title": "all rows", "options": {"use_filters": False}})
    widget(**NUMBER | {"title": "all time", "options": {"time_field": None}})
    titles = ("n", "clicks", "neither", "all rows", "all time")
    assert [number(data(), title) for title in titles] == [12, 6, 0, 12, 12]

    # An OR of the dashboard's does not open what a widget's own filters close.
    of_course = {
        "logic": "OR",
        "conditions": [{"field": "course_id", "operator": "eq", "value": each} for each in "az"],
    }
    client.patch(board, {"filters": of_course})
    assert [number(data(), title) for title in titles] == [6, 3, 0, 12, 6]
    client.patch(board, {"period": {"start": "2025-03-10", "end": "2025-03-11"}})
    shown = data()
    assert [number(shown, title) for title in titles] == [2, 1, 0, 4, 6]
    assert (shown["start"], shown["end"]) == ("2025-03-10T00:00:00Z", "2025-03-11T00:00:00Z")
    assert shown["widgets"]["n"]["period"] == {"start": "2025-03-10T00:00:00Z", "end": "2025-03-11T00:00:00Z"}
    assert shown["widgets"]["all time"]["period"] is None
    asked = {"start": "2025-03-11T12:00:00+01:00"}
    assert [number(data(**asked), title) for title in titles] == [2, 1, 0, 4, 6]
    assert [number(data(end="2025-03-10"), title) for title in titles] == [2, 1, 0, 4, 6]


def test_a_dashboards_zone_is_its_widgets(widget: Make, data: Data, client: APIClient, board: str) -> None:
    store([event("u", "click", "2025-03-09T23:30:00")])
    query = {"table_name": "events", "x": {"field": "occurred_at", "interval": "day"}, "y": [{"function": "count"}]}
    widget(type="line", title="theirs", query=query)
    widget(type="line", title="own", query=query | {"timezone": "America/New_York"})
    client.patch(board, {"timezone": "Europe/Berlin"})
    shown = data()["widgets"]
    assert shown["theirs"]["data"]["x"] == ["2025-03-09T23:00:00Z"]
    assert shown["own"]["data"]["x"] == ["2025-03-09T05:00:00Z"]


def test_a_period_of_a_table_without_a_time_of_its_own(widget: Make, data: Data, client: APIClient, board: str) -> None:
    columns = {"day": "Date", "at": "Nullable(DateTime64(3, 'UTC'))", "n": "UInt8"}
    rows = [(moment(f"2025-03-0{n}").date(), moment(f"2025-03-0{n}T23:30:00"), n) for n in range(1, 6)]
    with stored_table("visits", columns, rows):
        query = {"table_name": "visits", "aggregations": [{"function": "count"}]}
        for title, options in (("none", {}), ("day", {"time_field": "day"}), ("at", {"time_field": "at"})):
            widget(type="number", title=title, query=query, options=options)
        client.patch(board, {"timezone": "Europe/Berlin"})
        shown = data(start="2025-03-02T00:00:00+01:00", end="2025-03-04T00:00:00+01:00")
        assert [number(shown, title) for title in ("none", "day", "at")] == [5, 2, 2]
        assert [shown["widgets"][title]["period"] is None for title in ("none", "day", "at")] == [True, False, False]
        # Days that begin within: the 3rd begins after 02T12:00, the 4th before 04T12:00.
        assert number(data(start="2025-03-02T12:00:00+01:00", end="2025-03-04T12:00:00+01:00"), "day") == 2


def test_widgets_fail_alone(widget: Make, data: Data, client: APIClient, board: str) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    with stored_table("gone", {"n": "UInt8"}, [(1,)]):
        lost = widget(type="table", title="lost", query={"table_name": "gone"})
    widget(**NUMBER)
    kept = widget(type="metric", title="metric", query={"course_id": "c"})
    client.patch(board, {"filters": {"conditions": [{"field": "course_id", "operator": "eq", "value": "c"}]}})
    readings = {"table_name": "device_readings", "aggregations": [{"function": "count"}]}
    widget(type="number", title="other columns", query=readings)

    shown = data()["widgets"]

    assert number({"widgets": shown}) == 1
    found = {title: each["error"] and tuple(each["error"][name] for name in ("status", "code", "attr"))
             for title, each in shown.items()}  # fmt: skip
    assert found == {
        "n": None,
        "lost": (422, "unknown_table", "query.table_name"),
        "metric": (422, "not_calculated", "query.course_id"),
        "other columns": (422, "unknown_field", "dashboard.filters.conditions.0.field"),
    }
    assert "'gone'" in shown["lost"]["error"]["detail"]
    for each in (lost, kept):
        alone = client.get(f"{board}/widgets/{each['id']}/data")
        assert alone.status_code == 422
    # It can still be moved and named, but its question is not taken again.
    url = f"{board}/widgets/{lost['id']}"
    assert client.patch(url, {"title": "x", "position": {"x": 0, "y": 0, "w": 12, "h": 1}}).status_code == 200
    assert errors(client.patch(url, {"options": {"a": 1}})) == [("unknown_table", "query.table_name")]


def test_without_clickhouse_what_needs_it_fails_alone(
    widget: Make, data: Data, settings: Settings, client: APIClient, board: str
) -> None:
    made = widget(**NUMBER)
    widget(type="text", title="text", query={}, options={"text": "t"})
    settings.CLICKHOUSE = settings.CLICKHOUSE_READER = {**settings.CLICKHOUSE, "port": 1}
    shown = data()["widgets"]
    assert shown["text"]["data"] == {"text": "t"}
    assert (shown["n"]["error"]["status"], shown["n"]["error"]["code"]) == (503, "service_unavailable")
    alone = client.get(f"{board}/widgets/{made['id']}/data")
    assert (alone.status_code, "Retry-After" in alone) == (503, True)
    assert client.patch(f"{board}/widgets/{made['id']}", {"title": "t"}).status_code == 200
    assert client.post(f"{board}/widgets", {"type": "bar", "query": BY_TYPE}).status_code == 503


def test_limits_and_budgets_are_the_viewers(
    widget: Make, data: Data, settings: Settings, owner: User, stranger: User
) -> None:
    store([event(str(stranger.pk), "click", "2025-03-10T10:00:00")])
    widget(type="bar", title="first", query=BY_TYPE)
    widget(**NUMBER)
    settings.QUERY_MAX_RESULT_ROWS = 1
    store([event("u", "scroll", "2025-03-10T10:00:00")])
    assert data()["widgets"]["first"]["error"]["code"] == "limit_rows_returned"
    assert number(data()) == 2
    settings.QUERY_BUDGET_ROWS = 1
    for hour in (11, 12):
        store([event("u", "scroll", f"2025-03-10T{hour}:00:00")])
        data()
    store([event("u", "scroll", "2025-03-10T13:00:00")])
    spent = data()["widgets"]
    assert {each["error"]["status"] for each in spent.values()} == {429}
    assert data(stranger)["widgets"]["first"]["error"] is None


def test_fresh_and_kept(widget: Make, as_user: AsUser, owner: User, board: str) -> None:
    store([event("u", "click", "2025-03-10T10:00:00")])
    widget(**NUMBER)

    def cached(**headers: str) -> bool:
        answer = as_user(owner).get(f"{board}/data", headers=headers)
        assert answer["Cache-Control"] == "private, no-store"
        return bool(answer.json()["widgets"][0]["cached"])

    assert [cached(), cached(), cached(**{"Cache-Control": "no-cache"})] == [False, True, False]


def test_its_queries_are_cancelled_by_the_requests_name(
    widget: Make, client: APIClient, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = widget(**NUMBER)
    names: list[str] = []
    real: Callable[..., Any] = Asker.ask

    def noted(self: Asker, statement: Any) -> Any:
        names.append(self.name)
        return real(self, statement)

    monkeypatch.setattr(Asker, "ask", noted)
    client.get(f"{board}/data", headers={"X-Request-ID": "mine"})
    client.get(f"{board}/widgets/{made['id']}/data", headers={"X-Request-ID": "mine", "Cache-Control": "no-cache"})
    assert names == ["mine", "mine"]


def test_once_one_is_cancelled_those_after_it_are_not_asked(
    widget: Make, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real: Callable[..., Any] = Asker.ask

    def cancelled(self: Asker, statement: Any) -> Any:
        asked.append(self.name)
        if len(asked) == 2:
            raise QueryCancelled("The query was cancelled.")
        return real(self, statement)

    for title, field in (("first", "user_id"), ("second", "course_id"), ("third", "event_type")):
        widget(type="table", title=title, query=EVENTS | {"group_by": [field]})
    monkeypatch.setattr(Asker, "ask", cancelled)
    shown = data()["widgets"]
    assert [(each["error"] or {}).get("code") for each in shown.values()] == [None, "cancelled", "cancelled"]
    assert len(asked) == 2


def test_a_dashboard_that_takes_too_long(widget: Make, data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    widget(**NUMBER)
    monkeypatch.setattr(selectors, "DATA_SECONDS", -1.0)
    error = data()["widgets"]["n"]["error"]
    assert (error["status"], error["code"]) == (422, "not_asked")


def test_metrics_are_of_exactly_the_period(widget: Make, data: Data, client: APIClient, board: str) -> None:
    store([event("x", "page_viewed", "2025-03-11T11:00:00", "c")])
    for end in ("2025-03-17", "2025-03-24"):
        period = Period(moment("2025-03-10"), moment(end), "Europe/Berlin")
        task = metric_task_create(requested_by_id=None, period=period, metrics=["engagement"], course_id="c")
        assert metric_task_run(task_id=task.pk) is None
    widget(type="metric", title="m", query={"course_id": "c", "metrics": ["engagement"]})
    widget(type="metric", title="newest", query={"course_id": "c"}, options={"time_field": None})
    client.patch(board, {"timezone": "Europe/Berlin"})

    def ends(**query: str) -> list[str]:
        shown = data(**query)["widgets"]
        return [(shown[title]["data"] or shown[title]["error"]).get("end", "none")[:10] for title in ("m", "newest")]

    assert ends() == ["2025-03-24", "2025-03-24"]
    assert ends(start="2025-03-10", end="2025-03-17") == ["2025-03-17", "2025-03-24"]
    assert ends(start="2025-03-10", end="2025-03-18") == ["none", "2025-03-24"]
    assert data(start="2025-03-10")["widgets"]["m"]["error"]["attr"] == "dashboard.period.end"


def test_a_device_is_shown_over_the_period(widget: Make, data: Data, owner: User) -> None:
    device = Device.objects.create(owner=owner)
    store_readings(device, every_minute(1, 2, 3))
    query = {"device_id": str(device.pk), "interval": "second"}
    widget(type="device", title="d", query=query)
    widget(type="device", title="all time", query=query, options={"time_field": None})
    period = {"start": "2025-03-10T12:01:00", "end": "2025-03-10T12:02:00"}
    shown = data(**period)["widgets"]
    assert sum(point["count"] for point in shown["d"]["data"]["points"]) == 1
    assert sum(point["count"] for point in shown["all time"]["data"]["points"]) == 3
    assert (shown["d"]["period"]["start"], shown["all time"]["period"]) == ("2025-03-10T12:01:00Z", None)
    error = data(start="2024-01-01", end="2025-01-01")["widgets"]["d"]["error"]
    assert (error["code"], error["attr"]) == ("too_many_points", "query.interval")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"start": "x"}, ("invalid", "start")),
        ({"start": "2025-02-01", "end": "2025-01-01"}, ("end_before_start", "end")),
        ({"begin": "2025-02-01"}, ("unknown_parameter", "begin")),
    ],
)
def test_refusals(query: dict[str, str], error: tuple[str, str], widget: Make, client: APIClient, board: str) -> None:
    made = widget(**NUMBER)
    for path in ("data", f"widgets/{made['id']}/data"):
        answer = client.get(f"{board}/{path}", query)
        assert (answer.status_code, errors(answer)) == (400, [error])


def test_the_last_days_move_with_time(widget: Make, data: Data, client: APIClient, board: str) -> None:
    today = timezone.now().strftime("%Y-%m-%dT00:00:00")
    store([event("u", "click", today), event("u", "click", "2025-03-10T10:00:00")])
    widget(**NUMBER)
    client.patch(board, {"period": {"last": 2, "unit": "day"}})
    assert number(data()) == 1
    assert gateway.query("SELECT count() FROM events")[0][0] == 2
