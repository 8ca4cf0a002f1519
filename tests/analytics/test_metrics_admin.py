"""The admin shows results and tasks, changes none, and can cancel."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult, MetricTask, TaskStatus
from analytics.services.metric_tasks import metric_task_create
from tests.analytics.conftest import Calculate
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.fixture
def site(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.mark.parametrize("model", ["metricresult", "metrictask"])
def test_everything_is_shown_and_nothing_can_be_changed(site: Client, calculate: Calculate, model: str) -> None:
    store([event("1", "enrolled", "2025-03-01", "physics")])
    calculate()
    page = site.get(f"/admin/analytics/{model}/")
    assert page.status_code == 200
    one = (MetricResult.objects if model == "metricresult" else MetricTask.objects).first()
    assert one is not None
    address = f"/admin/analytics/{model}/{one.pk}"
    assert site.get(f"{address}/change/").status_code == 200
    assert site.post(f"{address}/change/", {}).status_code == 403
    assert site.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert site.get(f"/admin/analytics/{model}/add/").status_code == 403


def test_results_are_found_by_their_course(site: Client, calculate: Calculate) -> None:
    store([event("1", "enrolled", "2025-03-01", "physics"), event("2", "enrolled", "2025-03-01", "music")])
    calculate()
    page = site.get("/admin/analytics/metricresult/", {"q": "physics"}).content.decode()
    assert "physics" in page
    assert "music" not in page


def test_results_are_found_by_a_person(site: Client, calculate: Calculate) -> None:
    store([event("ann", "enrolled", "2025-03-01", "physics"), event("bob", "enrolled", "2025-03-01", "music")])
    calculate()
    page = site.get("/admin/analytics/metricresult/", {"q": "ann"}).content.decode()
    assert "physics" in page
    assert "music" not in page


def test_a_result_shows_its_course_and_people(site: Client, calculate_all: Calculate, week: Period) -> None:
    store([event("<b>ann", "problem_attempted", "2025-03-12", "physics"), event("1", "page_viewed", "2025-03-12", "k")])
    weeks = [Period(week.start + n * timedelta(days=7), week.end + n * timedelta(days=7)) for n in range(3)]
    for period in weeks:
        calculate_all(None, period)
    calculate_all("physics", Period(week.start, week.start + timedelta(days=1)))
    calculate_all("physics", Period(week.start, week.end, "Europe/Berlin"))
    result = MetricResult.objects.in_period(week).get(course_id="physics", metric="engagement")
    page = site.get(f"/admin/analytics/metricresult/{result.pk}/change/").content.decode()
    for metric in METRICS.values():
        assert f"{metric.label} over time" in page
    dots = re.findall(r"<title>(2025-[0-9-]+): ([0-9.]+)</title>", page)
    assert [value for end, value in dots if end == "2025-03-17"] == ["0.1429", "0", "3", "0"]
    assert {end for end, _ in dots} == {"2025-03-17", "2025-03-24", "2025-03-31"}
    assert "&lt;b&gt;ann" in page
    assert "<b>ann" not in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=.https?:", page)


def test_an_unfinished_task_can_be_cancelled(site: Client, owner: User, week: Period) -> None:
    task = metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id="c")
    site.post("/admin/analytics/metrictask/", {"action": "cancel", "_selected_action": [str(task.pk)]})
    task.refresh_from_db()
    assert task.status == TaskStatus.CANCELLED
