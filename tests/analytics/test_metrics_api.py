"""The metrics' endpoints: who may call them, what they answer."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult, MetricTask, PersonResult
from analytics.services import calculation
from analytics.services.task_runs import task_fail
from tests.analytics.conftest import Calculate
from tests.analytics.http import BEFORE, CALCULATE, INSIDE, WEEK, AsUser, errors
from tests.analytics.stored import event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


def test_a_calculation_from_wish_to_results(owner: User, as_user: AsUser) -> None:
    store([event("1", "enrolled", BEFORE), event("1", "course_completed", INSIDE), event("ou/2", "enrolled", BEFORE)])
    client = as_user(owner)
    accepted = client.post(CALCULATE, WEEK | {"course_id": "c", "metrics": ["completion"]})
    assert accepted.status_code == 202
    task_id = accepted.json()["task_id"]
    url = f"/api/v1/metrics/tasks/{task_id}"
    assert accepted.json() == {"task_id": task_id, "status": "pending", "result_url": url}

    pending = client.get(url).json()
    assert (pending["status"], pending["progress"]) == ("pending", {"done": 0, "total": 1})
    assert (pending["results"], pending["error"], pending["finished_at"]) == (None, None, None)

    calculation.metric_task_run(task_id=uuid.UUID(task_id))
    done = client.get(url).json()
    assert (done["status"], done["progress"]) == ("succeeded", {"done": 1, "total": 1})
    assert done["rows"] == {"completion": {"course_user": 2, "course": 1}}
    [result] = done["results"]
    computed_at = result.pop("computed_at")
    assert computed_at.endswith("Z")
    expected = {
        "metric": "completion",
        "course_id": "c",
        "start": "2025-03-10T00:00:00Z",
        "end": "2025-03-17T00:00:00Z",
        "timezone": "UTC",
        "value": 0.5,
        "unit": "ratio",
        "parts": {"numerator": 1, "denominator": 2},
        "parameters": {},
        "computed_through": "2025-03-12T13:00:00Z",
    }
    assert result == expected

    course = client.get("/api/v1/analytics/course/c", WEEK)
    assert course.status_code == 200
    keys = ("value", "unit", "parts", "parameters", "computed_through")
    assert course.json() == {
        "course_id": "c",
        "start": "2025-03-10T00:00:00Z",
        "end": "2025-03-17T00:00:00Z",
        "timezone": "UTC",
        "metrics": {
            "completion": {key: expected[key] for key in keys}
            | {
                "computed_at": computed_at,
                "stale": False,
                "users": {"count": 2, "mean": 0.5, "median": 0.5, "p10": 0.1, "p90": 0.9, "min": 0, "max": 1},
            }
        },
    }

    person = client.get("/api/v1/metrics/user/ou/2", WEEK).json()
    assert (person["user_id"], person["count"], person["next"], person["previous"]) == ("ou/2", 1, None, None)
    parts = {"numerator": 0, "denominator": 1}
    assert person["results"] == [expected | {"value": 0, "parts": parts, "computed_at": computed_at, "stale": False}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("works", [True, False])
def test_waiting_answers_at_once_or_after_a_bound(
    owner: User, as_user: AsUser, settings: Any, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    settings.METRICS_WAIT_SECONDS = 0.3
    store([event("1", "enrolled", BEFORE)])

    def delay(task_id: str) -> None:
        if works:
            calculation.metric_task_run(task_id=uuid.UUID(task_id))

    monkeypatch.setattr("analytics.tasks.metric_task_run.delay", delay)
    body = WEEK | {"course_id": "c", "metrics": ["completion"]}
    response = as_user(owner).post(f"{CALCULATE}?wait=true", body)
    assert response.status_code == (200 if works else 202)
    assert response.json()["status"] == ("succeeded" if works else "pending")
    if works:
        assert [result["value"] for result in response.json()["results"]] == [0]


def test_a_failed_task_says_why(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    task = client.post(CALCULATE, WEEK | {"course_id": "c"}).json()
    task_fail(model=MetricTask, task_id=uuid.UUID(task["task_id"]), error="The query takes too long.")
    answer = client.get(task["result_url"]).json()
    assert (answer["status"], answer["error"], answer["results"]) == ("failed", "The query takes too long.", None)


def test_a_course_is_text_or_a_whole_number(owner: User, as_user: AsUser) -> None:
    task = as_user(owner).post(CALCULATE, WEEK | {"course_id": 7}).json()
    assert MetricTask.objects.get(pk=task["task_id"]).course_id == "7"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (WEEK, sorted(METRICS)),
        (WEEK | {"metrics": []}, sorted(METRICS)),
        (WEEK | {"metrics": ["retention", "completion", "retention"]}, ["completion", "retention"]),
    ],
)
def test_without_metrics_all_of_them_and_each_once(
    admin: User, as_user: AsUser, body: dict[str, Any], asked: list[str]
) -> None:
    task = as_user(admin).post(CALCULATE, body).json()
    assert MetricTask.objects.get(pk=task["task_id"]).metrics == asked


def test_an_unknown_course_is_told_from_one_not_calculated(owner: User, as_user: AsUser) -> None:
    store([event("1", "enrolled", BEFORE, "known")])
    client = as_user(owner)
    unknown = client.get("/api/v1/analytics/course/unknown", WEEK)
    assert (unknown.status_code, errors(unknown)) == (404, [("not_found", None)])
    known = client.get("/api/v1/analytics/course/known", WEEK)
    assert (known.status_code, errors(known)) == (404, [("not_calculated", None)])
    assert "/metrics/calculate" in known.json()["errors"][0]["detail"]


def test_me_shows_the_callers_results_alone(stranger: User, as_user: AsUser, calculate: Calculate) -> None:
    store([event(str(stranger.pk), "enrolled", BEFORE), event("somebody", "enrolled", BEFORE)])
    calculate()
    answer = as_user(stranger).get("/api/v1/metrics/me").json()
    assert answer["user_id"] == str(stranger.pk)
    assert {(r["course_id"], r["value"]) for r in answer["results"]} == {("c", 0), (None, 0)}


def test_the_spread_over_people(owner: User, as_user: AsUser, week: Any) -> None:
    shared = {
        "metric": "completion", "start": week.start, "end": week.end, "timezone": "UTC", "unit": "ratio", "parts": {},
        "parameters": {}, "computed_at": moment("2025-04-01"), "course_id": "c",
    }  # fmt: skip
    values = [0.1, 0.2, 0.4, 0.8, None]
    course = MetricResult.objects.create(value=0.3, **shared)
    PersonResult.objects.bulk_create(
        PersonResult(result=course, user_id=str(n), value=value, part_1=0, part_2=0) for n, value in enumerate(values)
    )
    answer = as_user(owner).get("/api/v1/analytics/course/c", WEEK).json()
    expected = {"count": 4, "mean": 0.375, "median": 0.3, "p10": 0.13, "p90": 0.68, "min": 0.1, "max": 0.8}
    assert answer["metrics"]["completion"]["users"] == pytest.approx(expected)


def test_the_answer_of_a_course_where_nobody_has_a_value(owner: User, as_user: AsUser, week: Any) -> None:
    MetricResult.objects.create(
        metric="completion", course_id="c", start=week.start, end=week.end, timezone="UTC",
        value=None, unit="ratio", parts={"numerator": 0, "denominator": 0}, parameters={},
        computed_at=moment("2025-04-01"),
    )  # fmt: skip
    completion = as_user(owner).get("/api/v1/analytics/course/c", WEEK).json()["metrics"]["completion"]
    assert completion["value"] is None
    assert completion["users"]["count"] == 0
    assert set(completion["users"].values()) == {0, None}
