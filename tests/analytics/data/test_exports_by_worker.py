"""Exports that a worker writes to the files: once more when it died or a store was down, no more when called off."""

from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from pytest_django.fixtures import Settings
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from accounts.models import User
from analytics.asking.budget import budget_charge
from analytics.exports import tasks
from analytics.exports.models import Export
from analytics.exports.running import export_run
from analytics.exports.services import export_cancel
from analytics.exports.tally import Tally
from analytics.exports.tasks import exports_resume
from analytics.query.problems import QueryProblem
from analytics.redis_store import client as redis_client
from analytics.selectors.task_runs import task_stranded_ids
from analytics.services.task_runs import FIRST_WAIT_SECONDS, MAX_ATTEMPTS
from analytics.task_status import TaskStatus
from storage_app.clickhouse.errors import QueryInvalid, QueryRefused, StoreError, StoreUnavailable
from storage_app.files.errors import FileStoreUnavailable, QuotaExceeded, ScannerUnavailable
from storage_app.files.models import StoredFile
from tests.analytics.http import AsUser

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis, pytest.mark.s3]
EXPORT = "/api/v1/data/export"


@pytest.fixture
def asked(client: APIClient, everything: str, monkeypatch: pytest.MonkeyPatch) -> Export:
    """An export that waits for a worker."""
    monkeypatch.setattr("analytics.exports.tasks.export_run.delay", lambda task_id: None)
    answer = client.post(f"{EXPORT}?async=true", {"table_name": everything, "format": "csv", "columns": ["id"]})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["result_url"]) == ("pending", f"/api/v1/data/exports/{body['task_id']}")
    return Export.objects.get(pk=body["task_id"])


def test_a_worker_writes_it_to_the_files(asked: Export, client: APIClient, stranger: User, as_user: AsUser) -> None:
    assert export_run(task_id=asked.pk) is None
    record = client.get(f"/api/v1/data/exports/{asked.pk}").json()
    assert (record["status"], record["rows"], record["total_rows"]) == ("succeeded", 120, 120)
    file = StoredFile.objects.get(path=record["path"])
    assert (file.sha256, file.size) == (record["sha256"], record["bytes"])
    assert file.expires_at is not None
    assert record["url"].startswith("http")
    assert as_user(stranger).get(f"/api/v1/data/exports/{asked.pk}").status_code == 404
    assert client.post(f"/api/v1/data/exports/{asked.pk}/cancel").status_code == 409
    assert export_run(task_id=asked.pk) is None  # delivered twice
    assert StoredFile.objects.count() == 1


def test_a_dead_workers_export_is_done_again(asked: Export, client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    Export.objects.filter(pk=asked.pk).update(status=TaskStatus.RUNNING, attempts=1, rows=70, bytes=700)
    woken: list[str] = []
    monkeypatch.setattr("analytics.exports.tasks.export_run.delay", woken.append)
    exports_resume()
    assert woken == [str(asked.pk)]
    real, seen = Tally.passing, []

    def watched(tally: Tally, chunks: Any) -> Any:
        seen.append(client.get(f"/api/v1/data/exports/{asked.pk}").json())
        yield from real(tally, chunks)

    monkeypatch.setattr(Tally, "passing", watched)
    export_run(task_id=asked.pk)
    assert [(each["status"], each["rows"], each["bytes"], each["attempts"]) for each in seen] == [("running", 0, 0, 2)]
    record = client.get(f"/api/v1/data/exports/{asked.pk}").json()
    assert (record["status"], record["rows"], record["attempts"]) == ("succeeded", 120, 2)
    exports_resume()
    assert len(woken) == 1


def test_a_stream_is_not_resumed(asked: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    Export.objects.update(is_async=False, status=TaskStatus.RUNNING, run_after="2020-01-01T00:00:00Z")
    woken: list[str] = []
    monkeypatch.setattr("analytics.exports.tasks.export_run.delay", woken.append)
    exports_resume()
    assert woken == []
    assert not export_cancel(export=Export.objects.get())


def test_cancelled_before_and_while_it_is_written(
    asked: Export, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Tally.passing

    def cancelled_meanwhile(tally: Tally, chunks: Any) -> Any:
        Export.objects.filter(pk=asked.pk).update(status=TaskStatus.CANCELLED)
        yield from real(tally, chunks)

    with monkeypatch.context() as patched:
        patched.setattr(Tally, "passing", cancelled_meanwhile)
        export_run(task_id=asked.pk)
    assert not StoredFile.objects.exists()
    Export.objects.filter(pk=asked.pk).update(status=TaskStatus.PENDING)
    assert client.post(f"/api/v1/data/exports/{asked.pk}/cancel").json()["status"] == "cancelled"
    export_run(task_id=asked.pk)
    asked.refresh_from_db()
    assert asked.status == TaskStatus.CANCELLED


def test_a_store_that_is_down_puts_it_off(asked: Export, settings: Settings) -> None:
    server, http = settings.CLICKHOUSE_READER, settings.CLICKHOUSE_HTTP_URL
    settings.CLICKHOUSE_HTTP_URL = "http://127.0.0.1:1"
    assert export_run(task_id=asked.pk) == FIRST_WAIT_SECONDS
    asked.refresh_from_db()
    assert asked.status == TaskStatus.PENDING
    assert task_stranded_ids(model=Export, is_async=True) == []  # it is not due yet
    settings.CLICKHOUSE_READER, settings.CLICKHOUSE_HTTP_URL = server, http
    assert export_run(task_id=asked.pk) is None
    asked.refresh_from_db()
    assert asked.status == TaskStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreUnavailable("gone"), "The analytics database was not available, 8 times in a row."),
        (FileStoreUnavailable("gone"), "The file store was not available, 8 times in a row."),
        (ScannerUnavailable("gone"), "The virus scanner was not available, 8 times in a row."),
        (Throttled(), "The queries of a minute were used up, 8 times in a row."),
        (StoreError("Odd."), "The export failed. The log has the reason under this task's id."),
        (QueryInvalid("It does not fit."), "It does not fit."),
        (QueryRefused("It takes too long.", limit="time"), "It takes too long."),
        (QueryProblem("x", "There is no table.", "table_name"), "There is no table."),
        (QuotaExceeded(5), "Your files may have 5 bytes together, and this would be more."),
        (SoftTimeLimitExceeded(), "The export took longer than is allowed."),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_an_error_that_stays(
    error: Exception, told: str, asked: Export, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(**_: Any) -> None:
        raise error

    waits: list[int] = []
    monkeypatch.setattr("analytics.exports.running.file_write", failing)
    monkeypatch.setattr(tasks.export_run, "apply_async", lambda _, countdown: waits.append(countdown))
    for _ in range(MAX_ATTEMPTS):
        tasks.export_run(str(asked.pk))
    record = client.get(f"/api/v1/data/exports/{asked.pk}").json()
    assert (record["status"], record["error"]) == ("failed", told)
    assert record["finished_at"]
    passes = told.endswith("in a row.")
    assert (waits, record["attempts"]) == (([2, 4, 8, 16, 32, 60, 60], MAX_ATTEMPTS) if passes else ([], 1))


def test_a_spent_budget_puts_it_off(asked: Export, settings: Settings) -> None:
    settings.QUERY_BUDGET_ROWS = 1000
    budget_charge(str(asked.requested_by_id), seconds=0, rows=1000)
    assert export_run(task_id=asked.pk) == FIRST_WAIT_SECONDS
    redis_client().flushdb()
    assert export_run(task_id=asked.pk) is None
    asked.refresh_from_db()
    assert (asked.status, asked.attempts, asked.error) == (TaskStatus.SUCCEEDED, 2, "")


def test_it_goes_with_its_owner(asked: Export) -> None:
    asked.requested_by.delete()
    assert not Export.objects.exists()
