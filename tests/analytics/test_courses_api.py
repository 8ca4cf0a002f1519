"""Courses: which there are, who is in them with which metrics, and who may need help."""

from typing import Any
from urllib.parse import quote

import pytest

from accounts.models import User
from analytics.models import CourseSettings
from analytics.services.metric_tasks import metric_task_create
from tests.analytics.conftest import Calculate
from tests.analytics.http import BEFORE, INSIDE, WEEK, AsUser, errors
from tests.analytics.stored import again, event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

LAST_WEEK = "2025-03-05"
PEOPLE = [
    event("quiet", "page_viewed", LAST_WEEK),
    event("done", "page_viewed", LAST_WEEK),
    event("done", "course_completed", LAST_WEEK),
    event("busy", "problem_attempted", LAST_WEEK),
    *(event("busy", "problem_attempted", f"2025-03-1{day}T10:00") for day in range(6)),
    event("new", "enrolled", BEFORE),
    event("new", "page_viewed", INSIDE),
]


def test_courses_with_activity(owner: User, as_user: AsUser) -> None:
    events = [event("1", "enrolled", BEFORE), event("2", "page_viewed", INSIDE), event("1", "page_viewed", BEFORE, "k")]
    store([*events, event("3", "page_viewed", INSIDE, "")])
    store(map(again, events))
    client = as_user(owner)
    answer = client.get("/api/v1/analytics/courses").json()
    assert [answer["count"], answer["next"], answer["previous"]] == [2, None, None]
    assert answer["results"] == [
        {"course_id": "c", "events": 2, "people": 2, "first_at": "2025-03-01T00:00:00Z",
         "last_at": "2025-03-12T12:00:00Z"},
        {"course_id": "k", "events": 1, "people": 1, "first_at": "2025-03-01T00:00:00Z",
         "last_at": "2025-03-01T00:00:00Z"},
    ]  # fmt: skip
    inside = client.get("/api/v1/analytics/courses", WEEK).json()["results"]
    assert [(course["course_id"], course["events"]) for course in inside] == [("c", 1)]
    assert len(client.get("/api/v1/analytics/courses?limit=1&offset=1").json()["results"]) == 1


@pytest.fixture
def calculated(calculate_all: Calculate) -> None:
    store(PEOPLE)
    calculate_all("c")


@pytest.mark.usefixtures("calculated")
@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("", ["busy", "done", "new", "quiet"]),
        ("sort=-user_id", ["quiet", "new", "done", "busy"]),
        ("sort=activity_index", ["done", "quiet", "new", "busy"]),
        ("sort=-activity_index&limit=2", ["busy", "new"]),
        ("sort=-retention", ["busy", "done", "quiet", "new"]),
        ("metrics=completion&sort=-completion&limit=1", ["done"]),
    ],
)
def test_people_of_a_course(owner: User, as_user: AsUser, query: str, people: list[str]) -> None:
    answer = as_user(owner).get(f"/api/v1/analytics/course/c/users?{query}").json()
    assert [person["user_id"] for person in answer["results"]] == people
    assert (answer["course_id"], answer["start"], answer["count"]) == ("c", "2025-03-10T00:00:00Z", 4)


@pytest.mark.usefixtures("calculated")
def test_a_person_of_a_course_has_every_metric(owner: User, as_user: AsUser) -> None:
    people = as_user(owner).get("/api/v1/analytics/course/c/users", WEEK).json()["results"]
    values = {person["user_id"]: person["metrics"] for person in people}
    assert values["quiet"] == {
        "retention": 0, "engagement": 0, "completion": 0, "time_on_task": 0, "activity_index": 0, "focus_ratio": None,
    }  # fmt: skip
    assert values["new"]["retention"] is None
    assert (values["busy"]["engagement"], values["busy"]["activity_index"]) == (6 / 7, 18)


def at_risk(client: Any) -> Any:
    return client.get("/api/v1/analytics/course/c/at-risk", WEEK).json()


@pytest.mark.usefixtures("calculated")
def test_who_is_at_risk_and_why(owner: User, as_user: AsUser) -> None:
    answer = at_risk(as_user(owner))
    assert answer["thresholds"] == {"retention": 1, "engagement": 0.1, "activity_index": 3}
    assert answer["not_calculated"] == []
    reasons = {
        p["user_id"]: {r["metric"]: (r["value"], r["threshold"]) for r in p["reasons"]} for p in answer["results"]
    }
    assert reasons == {
        "quiet": {"retention": (0, 1), "engagement": (0, 0.1), "activity_index": (0, 3)},
        "new": {"engagement": (0, 0.1), "activity_index": (1, 3)},
    }


@pytest.mark.usefixtures("calculated")
def test_a_course_has_thresholds_of_its_own(owner: User, as_user: AsUser) -> None:
    settings = CourseSettings.objects.create(course_id="c", thresholds={"engagement": 0.9})
    answer = at_risk(as_user(owner))
    assert [person["user_id"] for person in answer["results"]] == ["busy", "new", "quiet"]
    settings.thresholds = {}
    settings.save()
    assert at_risk(as_user(owner))["results"] == []


def test_nobody_is_named_for_what_was_not_calculated(owner: User, as_user: AsUser, calculate: Calculate) -> None:
    store(PEOPLE)
    calculate("c")
    answer = at_risk(as_user(owner))
    assert (answer["results"], answer["not_calculated"]) == ([], ["activity_index", "engagement", "retention"])


@pytest.mark.parametrize("path", ["users", "at-risk"])
def test_an_unknown_course_is_told_from_one_not_calculated(owner: User, as_user: AsUser, path: str) -> None:
    store([event("1", "enrolled", BEFORE, "known")])
    for course, code in (("known", "not_calculated"), ("unknown", "not_found")):
        response = as_user(owner).get(f"/api/v1/analytics/course/{course}/{path}")
        assert (response.status_code, errors(response)) == (404, [(code, None)])


def test_a_calculation_is_cancelled_once(owner: User, as_user: AsUser, week: Any) -> None:
    task = metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id="c")
    url = f"/api/v1/metrics/tasks/{task.pk}/cancel"
    cancelled = as_user(owner).post(url)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    refused = as_user(owner).post(url)
    assert (refused.status_code, errors(refused)) == (409, [("already_finished", None)])


@pytest.mark.parametrize("course", ["ou/2013/J", "a%2Fb", "100%", "x/", "/x", "users", "a b?c#d", "курс/1"])
def test_a_course_is_reached_whatever_its_id_holds(
    owner: User, as_user: AsUser, calculate: Calculate, course: str
) -> None:
    store([event("1", "enrolled", BEFORE, course)])
    calculate(course)
    address = f"/api/v1/analytics/course/{quote(course, safe='')}"
    for path in ("", "/users", "/at-risk"):
        answer = as_user(owner).get(address + path)
        assert (answer.status_code, answer.json().get("course_id")) == (200, course)
