"""API keys that ask: as their owner, never as an admin, on their owner's account."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import ApiKey, CourseTeacher, Role, User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from analytics.exports.models import Export
from analytics.exports.running import export_run
from storage_app.files.models import StoredFile
from tests.analytics.data.asking import COUNT, QUERY, everywhere, seen_by
from tests.analytics.devices import readings
from tests.analytics.http import AsUser
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis, pytest.mark.s3]
EXPORT = "/api/v1/data/export"
LATER = f"{EXPORT}?async=true"
NOTHING = "00000000-0000-0000-0000-000000000000"
CALLS: list[tuple[str, str, Any]] = [
    ("post", QUERY, {"table_name": "events"}),
    ("post", "/api/v1/data/aggregate", {"table_name": "events", "aggregations": COUNT}),
    ("post", "/api/v1/data/chart", {"table_name": "events", "chart_type": "bar", "x": "user_id", "y": COUNT}),
    ("post", EXPORT, {"table_name": "events", "format": "csv"}),
    ("post", LATER, {"table_name": "events", "format": "csv"}),
    ("delete", "/api/v1/data/queries/any", None),
    ("get", f"/api/v1/data/exports/{NOTHING}", None),
    ("get", "/api/v1/tables", None),
    ("get", "/api/v1/tables/events/metadata", None),
    ("get", "/api/v1/tables/events/columns", None),
    ("get", "/api/v1/tables/events/sample", None),
]


def machine(owner: User, scope: str = "read") -> APIClient:
    """A client with a key of somebody's."""
    client = APIClient()
    key = api_key_create(owner=owner, name="m", scopes=[scope], origin=SYSTEM).text
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken: the test runs the export itself."""
    monkeypatch.setattr("analytics.exports.tasks.export_run.delay", lambda task_id: None)


@pytest.fixture
def teachers(owner: User, colleague: User) -> tuple[User, User]:
    """Two teachers of a course each, with a device each."""
    store([event("ada", "click", "2025-03-10T10:00:00", "a"), event("bob", "click", "2025-03-10T11:00:00", "b")])
    for teacher, course in ((owner, "a"), (colleague, "b")):
        CourseTeacher.objects.create(user=teacher, course_id=course)
        readings.store(readings.device(teacher), readings.every_minute(1.0))
    return owner, colleague


def test_two_owners_keys_see_what_their_owners_see(teachers: tuple[User, User], as_user: AsUser) -> None:
    for teacher, person in zip(teachers, ("ada", "bob"), strict=True):
        key = machine(teacher)
        device = str(teacher.devices.get().pk)
        assert seen_by(key, "events", "user_id") == everywhere([person])
        assert seen_by(key, "device_readings", "device_id") == everywhere([device])
        for path in ("", "/events/metadata", "/events/columns", "/device_readings/metadata"):
            shown = [client.get(f"/api/v1/tables{path}").json() for client in (key, as_user(teacher))]
            assert shown[0] == shown[1]


def test_an_admins_key_is_no_admin(teachers: tuple[User, User], admin: User, as_user: AsUser) -> None:
    own = readings.device(admin)
    readings.store(own, readings.every_minute(1.0))
    key = machine(admin)

    # As GET /events does: no course is closed to it, but everybody else's devices are.
    assert {row["user_id"] for row in key.get("/api/v1/events").json()["results"]} == {"ada", "bob"}
    assert seen_by(key, "events", "user_id") == everywhere(["ada", "bob"])
    assert seen_by(key, "device_readings", "device_id") == everywhere([str(own.pk)])
    assert len(seen_by(as_user(admin), "device_readings", "device_id")["query"]) == 3
    assert key.patch("/api/v1/tables/events/columns", {"description": "x"}).status_code == 403


def test_a_worker_writes_as_the_key_asked(teachers: tuple[User, User], admin: User) -> None:
    key = machine(admin)
    readings.store(readings.device(admin), readings.every_minute(1.0))

    asked = key.post(LATER, {"table_name": "device_readings", "format": "csv"})
    assert asked.status_code == 202
    export_id = UUID(asked.json()["task_id"])
    assert export_run(task_id=export_id) is None

    record = key.get(f"/api/v1/data/exports/{export_id}").json()
    assert (record["status"], record["rows"], record["total_rows"]) == ("succeeded", 1, 1)
    assert record["url"].startswith("http")
    assert StoredFile.objects.get(path=record["path"]).owner == admin
    assert User.objects.get(pk=admin.pk).role == Role.ADMIN


def test_a_key_reads_what_keys_of_its_owners_asked(owner: User, colleague: User, admin: User, as_user: AsUser) -> None:
    def asked(client: APIClient) -> str:
        task_id: str = client.post(LATER, {"table_name": "events", "format": "csv"}).json()["task_id"]
        return task_id

    def status(client: APIClient, export_id: str) -> int:
        return client.get(f"/api/v1/data/exports/{export_id}").status_code

    by_key, signed_in, admins = asked(machine(owner)), asked(as_user(owner)), asked(as_user(admin))
    assert [status(as_user(owner), each) for each in (by_key, signed_in, admins)] == [200, 200, 404]
    assert [status(machine(owner), each) for each in (by_key, signed_in, admins)] == [200, 404, 404]
    assert [status(machine(colleague), each) for each in (by_key, signed_in)] == [404, 404]
    # All that an admin asks for is more than their key opens.
    assert [status(machine(admin), each) for each in (by_key, admins)] == [404, 404]
    assert machine(owner).post(f"/api/v1/data/exports/{by_key}/cancel").status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{each[0]} {each[1]}" for each in CALLS])
def test_other_keys_and_those_that_have_ended(owner: User, method: str, path: str, body: Any) -> None:
    def status(client: APIClient) -> int:
        answer: int = getattr(client, method)(path, body).status_code
        return answer

    key = machine(owner)
    assert status(key) in {200, 202, 204, 404}
    assert status(machine(owner, "ingest")) == 403
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(key) == 401
    ApiKey.objects.update(expires_at=None)
    assert status(key) in {200, 202, 204, 404}
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert status(key) == 401


def test_an_owner_and_their_keys_have_one_budget(
    owner: User, colleague: User, as_user: AsUser, settings: Settings
) -> None:
    settings.QUERY_BUDGET_ROWS = 1
    settings.QUERY_CACHE_SECONDS = 0
    store([event(f"u{each}", "click", "2025-03-10T10:00:00") for each in range(3)])
    first, second = machine(owner), machine(owner)

    method, path, body = CALLS[1]
    clients = (first, second, as_user(owner), machine(colleague))
    assert [getattr(client, method)(path, body).status_code for client in clients] == [200, 429, 429, 200]


def test_a_deactivated_owners_export_is_not_written(owner: User) -> None:
    asked = machine(owner).post(LATER, {"table_name": "events", "format": "csv"})
    export_id = UUID(asked.json()["task_id"])
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert export_run(task_id=export_id) is None
    assert Export.objects.get().status == "failed"
    assert not StoredFile.objects.exists()
