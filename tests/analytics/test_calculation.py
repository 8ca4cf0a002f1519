"""Calculations: what they store, what they replace, and what is left when they fail."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from analytics.metrics.period import Period
from analytics.models import MetricResult, MetricTask, PersonResult, TaskStatus
from analytics.services.calculation import metric_task_run
from analytics.services.metric_tasks import metric_task_create
from analytics.services.person_results import person_results_delete
from storage_app.clickhouse.errors import QueryInvalid, QueryRefused, StoreUnavailable
from tests.accounts.together import together
from tests.analytics.calculated import stored
from tests.analytics.conftest import Calculate
from tests.analytics.faults import failing
from tests.analytics.stored import again, event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

BEFORE, INSIDE = "2025-03-01", "2025-03-12T12:00:00"


@pytest.fixture
def two_courses() -> None:
    store(
        [
            event("1", "enrolled", BEFORE),
            event("1", "course_completed", INSIDE),
            event("2", "enrolled", BEFORE),
            event("2", "enrolled", BEFORE, "k"),
        ]
    )


@pytest.mark.usefixtures("two_courses")
def test_every_course_and_person_is_stored(calculate: Calculate, week: Period) -> None:
    task = calculate()
    assert task.status == TaskStatus.SUCCEEDED
    assert task.rows == {"completion": {"course_user": 3, "course": 2, "user": 2, "all": 1}}
    assert stored() == {
        ("c", "1"): 1, ("c", "2"): 0, ("k", "2"): 0, ("c", None): 0.5, ("k", None): 0,
        (None, "1"): 1, (None, "2"): 0, (None, None): 1 / 3,
    }  # fmt: skip
    result = MetricResult.objects.get(course_id="c")
    assert (result.period, result.unit, result.parameters) == (week, "ratio", {})
    assert result.parts == {"numerator": 1, "denominator": 2}
    assert result.computed_through == moment("2025-03-12T13:00:00")


@pytest.mark.usefixtures("two_courses")
def test_one_course_leaves_the_others_results(calculate: Calculate) -> None:
    calculate()
    earlier = stored()
    store([event("2", "course_completed", INSIDE), event("2", "course_completed", INSIDE, "k")])
    task = calculate("c")
    assert task.rows == {"completion": {"course_user": 2, "course": 1}}
    assert stored() == earlier | {("c", "2"): 1, ("c", None): 1}


@pytest.mark.usefixtures("two_courses")
def test_calculating_again_replaces(calculate: Calculate) -> None:
    calculate()
    first = {result.course_id: result.computed_at for result in MetricResult.objects.all()}
    numbers = stored()
    calculate()
    second = {result.course_id: result.computed_at for result in MetricResult.objects.all()}
    assert second.keys() == first.keys()
    assert all(second[course] > first[course] for course in first)
    assert stored() == numbers
    assert MetricResult.objects.count() + PersonResult.objects.count() == len(numbers)


def written_at() -> dict[tuple[str | None, str], str]:
    """By course and person: where the row is and which transaction wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT course_id, user_id, people.xmin || ' ' || people.ctid FROM analytics_personresult AS people"
            " JOIN analytics_metricresult AS result ON result.id = people.result_id"
        )
        return {(course_id, user_id): place for course_id, user_id, place in cursor.fetchall()}


@pytest.mark.usefixtures("two_courses")
def test_what_did_not_change_is_not_written_again(calculate: Calculate) -> None:
    calculate()
    first = written_at()
    store([event("1", "enrolled", BEFORE, "k")])
    calculate()
    second = written_at()
    assert {key for key in first if second[key] == first[key]} == {("c", "1"), ("c", "2")}
    assert second.keys() - first.keys() == {("k", "1")}


@pytest.mark.usefixtures("two_courses")
def test_what_was_deleted_of_a_person_is_written_again(calculate: Calculate) -> None:
    calculate()
    first = stored()
    assert person_results_delete(user_id="2") == 3
    assert stored() == {key: value for key, value in first.items() if key[1] != "2"}
    assert person_results_delete(user_id="2") == 0
    calculate()
    assert stored() == first


@pytest.mark.parametrize("course_id", [None, "c"])
def test_a_result_that_is_no_longer_so_is_removed(calculate: Calculate, course_id: str | None) -> None:
    store([event("1", "enrolled", BEFORE), event("2", "enrolled", BEFORE)])
    calculate()
    store([event("2", "unenrolled", "2025-03-02")])
    calculate(course_id)
    assert ("c", "2") not in stored()
    assert stored()["c", None] == 0
    assert ((None, "2") in stored()) == (course_id is not None)


@pytest.mark.usefixtures("two_courses")
def test_each_period_and_zone_keeps_its_own(calculate: Calculate, week: Period) -> None:
    calculate("c")
    calculate("c", Period(week.start, week.end, "Europe/Berlin"))
    calculate("c", Period(week.start, week.end + timedelta(milliseconds=1)))
    assert MetricResult.objects.filter(course_id="c").count() == 3


def test_nobody_anywhere_succeeds_with_nothing(calculate: Calculate) -> None:
    task = calculate()
    assert (task.status, task.rows, stored()) == (TaskStatus.SUCCEEDED, {"completion": {}}, {})


def everything() -> list[Any]:
    """All that is stored, as it is stored."""
    return [*MetricResult.objects.order_by("pk").values(), *PersonResult.objects.order_by("pk").values()]


@pytest.mark.parametrize("after_rows", [0, 3])
@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (QueryRefused("The query takes too long.", limit="time"), TaskStatus.FAILED, "takes too long"),
        (QueryInvalid("The query names a column that does not exist."), TaskStatus.FAILED, "calculation failed"),
        (StoreUnavailable("The analytics database is not available."), TaskStatus.PENDING, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_leaves_the_earlier_results_whole(
    calculate: Calculate, owner: User, week: Period, error: Exception, status: str, reason: str, after_rows: int
) -> None:
    store([event(str(n), "enrolled", BEFORE, course) for n in range(5) for course in "abc"])
    calculate()
    earlier = everything()
    store([event("1", "unenrolled", "2025-03-02"), event("2", "course_completed", INSIDE)])
    task = metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id=None)
    with failing(error, after_rows=after_rows):
        metric_task_run(task_id=task.pk)
    task.refresh_from_db()
    assert everything() == earlier
    assert task.status == status
    assert reason in task.error
    assert task.is_finished == (task.finished_at is not None)


@pytest.mark.usefixtures("two_courses")
def test_a_whole_resend_changes_no_number(calculate: Calculate) -> None:
    events = [event(str(n), "course_completed", INSIDE, "m") for n in range(50)]
    store(events)
    calculate()
    first = stored()
    store(map(again, events))
    calculate()
    assert stored() == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_queue")
def test_two_calculations_at_once_leave_one_set(owner: User, week: Period) -> None:
    store([event(str(n), "enrolled", BEFORE) for n in range(200)])
    tasks = [
        metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id=course)
        for course in (None, "c")
    ]
    together(*(partial(metric_task_run, task_id=task.pk) for task in tasks))
    assert set(MetricTask.objects.values_list("status", flat=True)) == {TaskStatus.SUCCEEDED}
    assert (MetricResult.objects.count(), PersonResult.objects.count()) == (2, 400)
