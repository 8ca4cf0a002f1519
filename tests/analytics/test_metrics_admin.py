"""The admin shows results and tasks, changes none, and can cancel."""

import pytest
from django.test import Client

from accounts.models import User
from analytics.metrics.period import Period
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


def test_an_unfinished_task_can_be_cancelled(site: Client, owner: User, week: Period) -> None:
    task = metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id="c")
    site.post("/admin/analytics/metrictask/", {"action": "cancel", "_selected_action": [str(task.pk)]})
    task.refresh_from_db()
    assert task.status == TaskStatus.CANCELLED
