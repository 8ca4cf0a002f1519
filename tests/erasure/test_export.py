"""GET /auth/me/export: everything held on oneself, and nothing of anybody else."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from zipfile import ZipFile

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, User
from accounts.origin import SYSTEM
from accounts.personal_data import ExportFile
from accounts.services.api_keys import api_key_create
from accounts.zip_stream import zip_stream
from analytics.models import MetricResult, PersonResult
from dashboards.models import Dashboard, Widget
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreUnavailable
from tests.analytics.devices.readings import device, every_minute, store
from tests.analytics.stored import moment
from tests.ingestion.events import event
from tests.storage_app.files.uploading import CSV, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

URL = "/api/v1/auth/me/export"
AsUser = Callable[[User], APIClient]


def exported(client: APIClient) -> ZipFile:
    answer: Any = client.get(URL)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "no-store"
    return ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def lines(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"{name}.ndjson").splitlines()]


def test_everything_that_is_held(owner: User, as_user: AsUser, drain: Callable[[], None]) -> None:
    client = as_user(owner)
    sent, waits = event(user_id=owner.pk, properties={"ä": [1.5]}), event(user_id=owner.pk)
    client.post("/api/v1/events", {"events": [sent]})
    drain()
    client.post("/api/v1/events", {"events": [waits]})
    uploaded(client, "ü.csv", prefix="reports")
    store(device(owner, "sensor"), every_minute(1, 2))
    key = api_key_create(owner=owner, name="mine", scopes=["read"], origin=SYSTEM)
    start = moment("2025-03-10T00:00:00")
    of_all = MetricResult.objects.create(
        metric="engagement", start=start, end=start, timezone="UTC", value=0.4, parts={}, unit="ratio", parameters={},
        computed_at=start,
    )  # fmt: skip
    PersonResult.objects.create(result=of_all, user_id=str(owner.pk), value=0.5, part_1=1, part_2=2)
    dashboard = Dashboard.objects.create(owner=owner, name="Sales")
    Widget.objects.create(dashboard=dashboard, type="text", options={"text": "☃"})

    archive = exported(client)

    assert archive.testzip() is None
    assert lines(archive, "account")[0]["email"] == owner.email
    [stored] = lines(archive, "events")
    assert (stored["event_id"], stored["properties"], stored["occurred_at"]) == (
        sent["event_id"],
        {"ä": [1.5]},
        "2025-03-10T10:00:00.123000Z",
    )
    assert [each["event_id"] for each in lines(archive, "events-waiting")] == [waits["event_id"]]
    assert archive.read("files/reports/ü.csv") == CSV
    assert [each["path"] for each in lines(archive, "files")] == ["reports/ü.csv"]
    assert [each["name"] for each in lines(archive, "devices")] == ["sensor"]
    assert [each["x"] for each in lines(archive, "readings")] == [1, 2]
    assert [each["value"] for each in lines(archive, "results")] == [0.5]
    [made] = lines(archive, "dashboards")
    assert (made["name"], [each["options"] for each in made["widgets"]]) == ("Sales", [{"text": "☃"}])
    assert [each["prefix"] for each in lines(archive, "api-keys")] == [key.api_key.prefix]
    assert "POST /api/v1/files/upload" in {each["action"] for each in lines(archive, "audit-log")}
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert not {secret for secret in (key.text, key.api_key.key_hash, owner.password) if secret.encode() in whole}


def test_nothing_of_anybody_else(owner: User, stranger: User, as_user: AsUser, drain: Callable[[], None]) -> None:
    client = as_user(owner)
    client.post("/api/v1/events", {"events": [event(user_id="learner-1"), event(user_id=f"0{stranger.pk}")]})
    drain()
    uploaded(client)
    store(device(owner), every_minute(1))
    Dashboard.objects.create(owner=owner, name="shared", visibility="shared")

    archive = exported(as_user(stranger))

    held = {name for name in archive.namelist() if archive.read(name)}
    assert held == {"account.ndjson", "audit-log.ndjson"}
    assert [each["action"] for each in lines(archive, "audit-log")] == ["auth.export"]
    assert AuditEntry.objects.filter(actor_id=str(stranger.pk), action="auth.export").count() == 1


def test_only_oneself(stranger: User, owner: User) -> None:
    assert APIClient().get(URL).status_code == 401
    key = api_key_create(owner=owner, name="k", scopes=["read"], origin=SYSTEM)
    assert APIClient().get(URL, HTTP_AUTHORIZATION=f"Api-Key {key.text}").status_code == 403


@pytest.mark.parametrize("accept", ["application/zip", "*/*", "text/html"])
def test_whatever_is_asked_for(stranger: User, as_user: AsUser, accept: str) -> None:
    assert as_user(stranger).get(URL, HTTP_ACCEPT=accept)["Content-Type"] == "application/zip"


def test_a_store_that_is_down_is_told_before_the_first_byte(
    stranger: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise StoreUnavailable("The analytics database is away.", code=210)  # every test's server

    monkeypatch.setattr(gateway, "ping", down)
    answer = as_user(stranger).get(URL)
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_a_large_export_is_made_piece_by_piece() -> None:
    """However much there is, no more than a piece of it is held."""
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield number.to_bytes(2, "big") * 50_000

    pieces = zip_stream([ExportFile("a", chunks()), ExportFile("b", [b"b"])])
    first = next(pieces)
    assert taken <= 2
    whole = first + b"".join(pieces)
    archive = ZipFile(io.BytesIO(whole))
    assert archive.testzip() is None
    assert archive.getinfo("a").file_size == 200 * 100_000
    assert archive.read("b") == b"b"


def test_a_caller_who_goes_away() -> None:
    pieces = zip_stream([ExportFile("a", (b"x" * 100_000 for _ in range(10)))])
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator
