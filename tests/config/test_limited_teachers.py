"""A teacher who is limited to a course sees no other course, person or metric: over every endpoint."""

import re
import uuid
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import CourseTeacher, User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult, MetricTask
from analytics.services.calculation import metric_task_run
from analytics.services.metric_tasks import metric_task_create
from config.access import ACCESS, Who
from tests.analytics.http import CALCULATE, INSIDE, WEEK, AsUser
from tests.analytics.stored import StoredEvent, event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

MINE = event("both", "page_viewed", INSIDE, "own")
FOREIGN = event("foreign-learner", "page_viewed", INSIDE, "foreign-course")
ELSEWHERE = event("both", "page_viewed", INSIDE, "foreign-course")
NOWHERE = event("foreign-learner", "page_viewed", INSIDE, "")
PERIOD = Period(moment(WEEK["start"]), moment(WEEK["end"]))
GETS = [
    name for name, who in ACCESS.items() if name.startswith("GET ") and Who.TEACHER in who and Who.NOBODY not in who
]
# What tells an admin of foreign things, when asked the same.
TELLING = tuple(f"GET /api/v1/{path}" for path in ("events", "metrics/user", "metrics/tasks", "analytics/"))


@pytest.fixture
def limited(owner: User) -> User:
    """A teacher of one course of the two there are."""
    CourseTeacher.objects.create(user=owner, course_id="own")
    store([MINE, FOREIGN, ELSEWHERE, NOWHERE])
    return owner


def calculated(course_id: str | None) -> MetricTask:
    task = metric_task_create(requested_by_id=None, period=PERIOD, metrics=list(METRICS), course_id=course_id)
    assert metric_task_run(task_id=task.pk) is None
    task.refresh_from_db()
    return task


@pytest.fixture
def everything(limited: User) -> MetricTask:
    """Every metric, of every course and over all of them."""
    return calculated(None)


def reader(user: User) -> APIClient:
    """A client with a key that reads."""
    client = APIClient()
    key = api_key_create(owner=user, name="r", scopes=["read"], origin=SYSTEM).text
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


def leaks(client: APIClient, operation: str, ids: dict[str, object]) -> bool:
    """Whether an answer about foreign things tells of them, apart from the id that was asked for."""
    path = re.sub(r"{(\w+)}", lambda name: str(ids.get(name[1], uuid.uuid4())), operation.removeprefix("GET "))
    answer = client.get(path)
    assert answer.status_code in {200, 400, 403, 404}
    text = answer.getvalue().decode(errors="replace").replace('{"user_id":"foreign-learner",', "{", 1)
    return "foreign" in text or 'null,"start' in text


def test_no_answer_tells_of_foreign_things(limited: User, admin: User, everything: MetricTask, as_user: AsUser) -> None:
    ids = {
        "course_id": "foreign-course",
        "user_id": "foreign-learner",
        "event_id": FOREIGN.event_id,
        "task_id": everything.pk,
    }
    machine = reader(limited)
    for operation in GETS:
        assert not leaks(as_user(limited), operation, ids), operation
        assert not leaks(machine, operation, ids), operation
        if operation.startswith(TELLING):
            assert leaks(as_user(admin), operation, ids), f"{operation}: this test could not fail"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [MINE]),
        ("cursor=", [MINE]),
        ("user_id=both", [MINE]),
        ("user_id=both&cursor=", [MINE]),
        ("course_id=own", [MINE]),
        ("course_id=foreign-course", []),
        ("course_id=foreign-course&cursor=", []),
        ("user_id=foreign-learner", []),
        ("course_id=", [MINE]),
    ],
)
def test_events(limited: User, as_user: AsUser, query: str, found: list[StoredEvent]) -> None:
    for client in (as_user(limited), reader(limited)):
        answer = client.get(f"/api/v1/events?{query}")
        assert [row["event_id"] for row in answer.json().get("results", [])] == [str(each.event_id) for each in found]


@pytest.mark.parametrize(
    ("wanted", "status"), [(MINE, 200), (FOREIGN, 404), (ELSEWHERE, 404), (NOWHERE, 404)], ids=["own", "a", "b", "c"]
)
def test_one_event(limited: User, as_user: AsUser, wanted: StoredEvent, status: int) -> None:
    assert as_user(limited).get(f"/api/v1/events/{wanted.event_id}").status_code == status


def test_a_buffered_event(limited: User, admin: User, as_user: AsUser) -> None:
    sent = {"user_id": "x", "event_type": "page_viewed", "occurred_at": INSIDE, "course_id": "foreign-course"}
    sent["event_id"] = str(uuid.uuid4())
    as_user(admin).post("/api/v1/events", {"events": [sent]})

    assert as_user(admin).get(f"/api/v1/events/{sent['event_id']}").json()["status"] == "buffered"
    assert as_user(limited).get(f"/api/v1/events/{sent['event_id']}").status_code == 404


def test_courses(limited: User, as_user: AsUser, everything: MetricTask) -> None:
    for client in (as_user(limited), reader(limited)):
        courses = client.get("/api/v1/analytics/courses").json()
        assert [course["course_id"] for course in courses["results"]] == ["own"]
        for path in ("own", "own/users", "own/at-risk"):
            assert client.get(f"/api/v1/analytics/course/{path}").status_code == 200
        refused = {client.get(f"/api/v1/analytics/course/{one}").content for one in ("foreign-course", "there-is-none")}
        assert len(refused) == 1  # whether the course exists stays untold
        for path in ("foreign-course", "foreign-course/users", "foreign-course/at-risk", "x" * 200, "%00"):
            assert client.get(f"/api/v1/analytics/course/{path}").status_code == 404


def test_a_persons_results_are_those_of_the_own_course(limited: User, as_user: AsUser, everything: MetricTask) -> None:
    for client in (as_user(limited), reader(limited)):
        both = client.get("/api/v1/metrics/user/both").json()
        assert {result["course_id"] for result in both["results"]} == {"own"}
        assert both["count"] == len(both["results"])
        for query in ("both?course_id=foreign-course", "foreign-learner", "nobody"):
            assert client.get(f"/api/v1/metrics/user/{query}").json()["results"] == []


def test_ones_own_results_are_all_ones_own(limited: User, as_user: AsUser) -> None:
    store([event(str(limited.pk), "page_viewed", INSIDE, "foreign-course")])
    calculated(None)

    for path in ("me", f"user/{limited.pk}"):
        results = as_user(limited).get(f"/api/v1/metrics/{path}").json()["results"]
        assert {result["course_id"] for result in results} == {None, "foreign-course"}


def test_calculations(limited: User, as_user: AsUser) -> None:
    def ask(**changes: Any) -> int:
        return as_user(limited).post(CALCULATE, WEEK | {"metrics": ["completion"]} | changes).status_code

    assert ask(course_id="foreign-course") == ask(course_id="there-is-none") == ask() == ask(course_id=None) == 403
    assert not MetricTask.objects.exists()
    assert ask(course_id="own") == 202


@pytest.mark.parametrize(("course_id", "status"), [("own", 200), ("foreign-course", 404), (None, 404)])
def test_tasks_and_calling_them_off(limited: User, as_user: AsUser, course_id: str | None, status: int) -> None:
    task = metric_task_create(requested_by_id=None, period=PERIOD, metrics=["completion"], course_id=course_id)

    assert as_user(limited).get(f"/api/v1/metrics/tasks/{task.pk}").status_code == status
    assert reader(limited).get(f"/api/v1/metrics/tasks/{task.pk}").status_code == status
    assert as_user(limited).post(f"/api/v1/metrics/tasks/{task.pk}/cancel").status_code == status
    task.refresh_from_db()
    assert (task.status == "cancelled") == (status == 200)


@pytest.mark.parametrize(("setting", "seen"), [("all", ["foreign-course", "own"]), ("none", [])])
def test_a_teacher_without_courses(
    settings: Settings, limited: User, colleague: User, admin: User, as_user: AsUser, setting: str, seen: list[str]
) -> None:
    settings.TEACHERS_WITHOUT_COURSES_SEE = setting

    def courses(client: APIClient) -> list[str]:
        return [course["course_id"] for course in client.get("/api/v1/analytics/courses").json()["results"]]

    assert courses(as_user(colleague)) == courses(reader(colleague)) == seen
    assert courses(as_user(admin)) == courses(reader(admin)) == ["foreign-course", "own"]
    assert as_user(colleague).get("/api/v1/events").json()["count"] == (4 if seen else 0)
    assert courses(as_user(limited)) == ["own"]


def test_the_stored_results_agree(limited: User, admin: User, everything: MetricTask) -> None:
    assert set(MetricResult.objects.visible_to(limited).values_list("course_id", flat=True)) == {"own"}
    assert MetricResult.objects.visible_to(admin).filter(course_id=None).exists()
    assert not MetricTask.objects.visible_to(limited).exists()
