"""Analyses by a worker: run again, failed, cancelled, forgotten. Killed workers are in tests/stack."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from accounts.models import Device, User
from analytics.devices import tasks
from analytics.devices.models import DeviceAnalysisTask
from analytics.devices.selectors import Span, devices_analyse
from analytics.devices.services import running
from analytics.devices.services.requests import DeviceGone, device_analysis_cancel, device_analysis_create
from analytics.kept_task import TaskStatus
from analytics.services.task_runs import MAX_ATTEMPTS
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryCancelled
from tests.accounts.together import together
from tests.analytics.devices.asking import ask, results, run
from tests.analytics.devices.readings import STATS, device, every_minute, store
from tests.analytics.http import AsUser, errors

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.mark.django_db(transaction=True)
def test_a_device_that_is_just_gone(owner: User) -> None:
    with pytest.raises(DeviceGone):
        device_analysis_create(requested_by_id=owner.pk, device_ids=[uuid.uuid4()], span=Span())
    assert not DeviceAnalysisTask.objects.exists()


def test_a_task_whose_worker_died_is_run_again(
    owner: User, as_user: AsUser, sensor: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = ask(as_user, owner, sensor)
    long_ago = timezone.now() - timedelta(hours=1)
    DeviceAnalysisTask.objects.update(status=TaskStatus.RUNNING, attempts=1, run_after=long_ago)
    sent: list[str] = []
    monkeypatch.setattr("analytics.devices.tasks.device_analysis_run.delay", sent.append)
    tasks.device_analyses_resume()
    assert sent == [task_id]
    run(task_id)
    task = DeviceAnalysisTask.objects.get()
    assert (task.status, task.attempts) == (TaskStatus.SUCCEEDED, 2)
    tasks.device_analyses_resume()
    assert sent == [task_id]


def test_a_store_that_is_down_and_comes_back(owner: User, as_user: AsUser, sensor: Device, settings: Any) -> None:
    task_id = ask(as_user, owner, sensor)
    real = settings.CLICKHOUSE
    settings.CLICKHOUSE = real | {"port": 1}  # where nobody listens
    assert [run(task_id) for _ in range(3)] == [2, 4, 8]
    [waiting] = results(as_user, owner, sensor)
    assert waiting["status"] == "pending"
    answer = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    settings.CLICKHOUSE = real
    assert run(task_id) is None
    assert results(as_user, owner, sensor)[0]["status"] == "succeeded"


def test_a_store_that_stays_down(owner: User, as_user: AsUser, sensor: Device, settings: Any) -> None:
    task_id = ask(as_user, owner, sensor)
    settings.CLICKHOUSE = settings.CLICKHOUSE | {"port": 1}
    assert [run(task_id) for _ in range(MAX_ATTEMPTS)][-1] is None
    [failed] = results(as_user, owner, sensor)
    assert (failed["status"], failed["result"]) == ("failed", None)
    assert failed["error"] == "The analytics database was not available, 8 times in a row."
    assert failed["finished_at"]


def test_a_query_over_a_limit_fails_with_the_reason(
    owner: User, as_user: AsUser, sensor: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(sensor, every_minute(1, 2))
    task_id = ask(as_user, owner, sensor)
    real = gateway.query
    # The server itself refuses: only the limit is moved, as one it would reach by itself takes too many readings.
    monkeypatch.setattr(gateway, "query", lambda *a, **k: real(*a, **k, settings={"max_rows_to_read": 1}))
    assert run(task_id) is None
    [failed] = results(as_user, owner, sensor)
    assert (failed["status"], failed["error"]) == ("failed", "The query reads too many rows.")
    now = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}")
    assert now.status_code == 422


def test_a_task_over_its_time_fails_with_the_reason(
    owner: User, as_user: AsUser, sensor: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = ask(as_user, owner, sensor)

    def too_slow(**_: Any) -> None:  # Celery raises it where the work is
        raise SoftTimeLimitExceeded

    monkeypatch.setattr("analytics.devices.services.running.devices_analyse", too_slow)
    tasks.device_analysis_run(task_id)
    [failed] = results(as_user, owner, sensor)
    assert (failed["status"], failed["error"]) == ("failed", "The analysis took longer than is allowed.")


def test_cancelled(owner: User, as_user: AsUser, sensor: Device) -> None:
    task_id = ask(as_user, owner, sensor)
    url = f"{STATS}/analysis/tasks/{task_id}/cancel"
    cancelled = as_user(owner).post(url)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert run(task_id) is None
    [stored] = results(as_user, owner, sensor)
    assert (stored["status"], stored["result"]) == ("cancelled", None)
    again = as_user(owner).post(url)
    assert (again.status_code, errors(again)) == (409, [("already_finished", None)])


def test_cancelled_in_the_middle_it_stays_cancelled(
    owner: User, as_user: AsUser, sensor: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = ask(as_user, owner, sensor)
    real = devices_analyse

    def analyse_and_cancel(**asked: Any) -> Any:
        device_analysis_cancel(task=DeviceAnalysisTask.objects.get())
        return real(**asked)

    monkeypatch.setattr("analytics.devices.services.running.devices_analyse", analyse_and_cancel)
    assert run(task_id) is None
    assert results(as_user, owner, sensor)[0]["status"] == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_cancelling_stops_the_query(owner: User, sensor: Device) -> None:
    task = device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span())
    query_id = running.query_id_of(task)

    def long_query() -> str:
        try:
            gateway.query("SELECT sleepEachRow(1) FROM numbers(30) SETTINGS max_block_size = 1", query_id=query_id)
        except QueryCancelled:
            return "stopped"
        return "ended by itself"

    def cancel_when_it_runs() -> bool:
        deadline = time.monotonic() + 30
        running_now = "SELECT count() FROM system.processes WHERE query_id = {id:String}"
        while not gateway.query(running_now, {"id": query_id})[0][0]:
            assert time.monotonic() < deadline
        return device_analysis_cancel(task=task)

    assert together(long_query, cancel_when_it_runs) == ["stopped", True]


def test_cancelling_while_the_store_is_down(owner: User, as_user: AsUser, sensor: Device, settings: Any) -> None:
    task_id = ask(as_user, owner, sensor)
    settings.CLICKHOUSE = settings.CLICKHOUSE | {"port": 1}
    assert as_user(owner).post(f"{STATS}/analysis/tasks/{task_id}/cancel").status_code == 200


def test_old_results_are_forgotten(owner: User, as_user: AsUser, sensor: Device, settings: Any) -> None:
    settings.DEVICE_ANALYSIS_DAYS = 2
    old, new, waiting = (ask(as_user, owner, sensor, start=f"2025-03-0{day}") for day in (1, 2, 3))
    for task_id, days in ((old, 2.1), (new, 1.9)):
        run(task_id)
        finished_at = timezone.now() - timedelta(days=days)
        DeviceAnalysisTask.objects.filter(pk=task_id).update(finished_at=finished_at)
    DeviceAnalysisTask.objects.filter(pk=waiting).update(created_at=timezone.now() - timedelta(days=9))
    assert tasks.device_analyses_delete_expired() == 1
    assert tasks.device_analyses_delete_expired() == 0
    assert {each["task_id"] for each in results(as_user, owner, sensor)} == {new, waiting}


def test_a_device_that_was_deleted_meanwhile(owner: User, as_user: AsUser, sensor: Device) -> None:
    other = device(owner)
    store(other, every_minute(1, 2))
    answer = as_user(owner).post(f"{STATS}/analysis/async", {})
    sensor.delete()
    run(answer.json()["task_id"])
    task = as_user(owner).get(answer.json()["result_url"]).json()
    assert (task["status"], task["count"]) == ("succeeded", 1)
    assert task["results"][0]["result"]["x"]["sum"] == 3.0
