"""POST /files/uploads, parts straight to the object store, complete, abort."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.models import StoredFile
from storage_app.files.services.deletion import files_delete_pending
from storage_app.files.tasks import file_check
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy
from tests.storage_app.files.conftest import stored_keys, stored_uploads
from tests.storage_app.files.uploading import CSV, URL, errors, fetched, listed, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]
UPLOADS = f"{URL}/uploads"


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that a worker would check; the tests do it themselves."""
    ids: list[str] = []
    monkeypatch.setattr("storage_app.files.tasks.file_check.delay", ids.append)
    return ids


def begin(client: APIClient, size: int, name: str = "a.csv", **fields: Any) -> dict[str, Any]:
    answer = client.post(UPLOADS, {"name": name, "size": size, **fields})
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def send(upload: dict[str, Any], content: bytes, *, skip: int = 0) -> None:
    for part in upload["parts"][skip:]:
        sent = httpx.put(part["url"], content=content[part["start"] : part["start"] + part["size"]])
        assert sent.status_code == 200, sent.text


def complete(client: APIClient, upload: dict[str, Any]) -> Any:
    return client.post(f"{UPLOADS}/{upload['id']}/complete")


@pytest.mark.parametrize("size", [1, 16 * 1024 * 1024, 40_000_000])
def test_it_works(as_user: AsUser, owner: User, queued: list[str], size: int) -> None:
    client, content = as_user(owner), (b"0123456789abcde\n" * (size // 16 + 1))[:size]
    upload = begin(client, size, prefix="x")
    assert listed(client) == []
    send(upload, content)
    answer = complete(client, upload)
    assert answer.status_code == 201
    file = answer.json()
    assert (file["path"], file["size"], file["content_type"]) == ("x/a.csv", size, "text/csv")
    assert (file["state"], file["sha256"]) == ("ready", "")
    assert fetched(client, "x/a.csv").content == content
    assert stored_uploads() == []
    assert queued == [upload["id"]]
    file_check(upload["id"])
    assert client.get(f"{URL}/x/a.csv").json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_it_goes_on_where_it_stopped(as_user: AsUser, owner: User) -> None:
    client, content = as_user(owner), b"text\n" * 8_000_000
    upload = begin(client, len(content))
    send(upload | {"parts": upload["parts"][:1]}, content)
    answer = complete(client, upload)
    assert (answer.status_code, errors(answer)["code"]) == (400, "incomplete")
    again = client.get(f"{UPLOADS}/{upload['id']}").json()
    assert again["received"] == [{"part_number": 1, "size": upload["parts"][0]["size"]}]
    send(again, content, skip=1)
    assert complete(client, upload).status_code == 201
    assert fetched(client, "a.csv").content == content


def test_completing_twice_is_as_good_as_once(as_user: AsUser, owner: User, queued: list[str]) -> None:
    client = as_user(owner)
    upload = begin(client, len(CSV))
    send(upload, CSV)
    assert complete(client, upload).json() == complete(client, upload).json()
    assert (listed(client), len(queued)) == (["a.csv"], 1)
    assert client.get(f"{UPLOADS}/{upload['id']}").json()["state"] == "ready"


def test_a_name_that_is_taken_meanwhile(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    upload = begin(client, len(CSV))
    uploaded(client, "a.csv")
    send(upload, CSV)
    assert complete(client, upload).json()["path"] == "a (1).csv"


def test_a_part_of_another_size(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    upload = begin(client, len(CSV))
    httpx.put(upload["parts"][0]["url"], content=CSV + b"more\n")
    assert complete(client, upload).status_code == 400
    assert listed(client) == []


def test_nothing_was_sent(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = complete(client, begin(client, 20_000_000))
    assert (answer.status_code, errors(answer)["detail"]) == (
        400,
        "2 of 2 parts have not come in their size: [1, 2].",
    )


def test_a_type_that_is_not_taken(as_user: AsUser, owner: User) -> None:
    client, content = as_user(owner), b"MZ\x90\x00\x03\x00\x00\x00" * 10
    upload = begin(client, len(content))
    send(upload, content)
    assert complete(client, upload).status_code == 415
    assert (listed(client), stored_keys(), StoredFile.objects.count()) == ([], [], 0)


def test_abort(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    upload = begin(client, len(CSV))
    send(upload, CSV)
    assert client.delete(f"{UPLOADS}/{upload['id']}").status_code == 204
    assert (stored_uploads(), stored_keys(), StoredFile.objects.count()) == ([], [], 0)
    assert complete(client, upload).status_code == 404


def test_a_complete_one_is_not_aborted(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    upload = begin(client, len(CSV))
    send(upload, CSV)
    complete(client, upload)
    assert client.delete(f"{UPLOADS}/{upload['id']}").status_code == 400
    assert listed(client) == ["a.csv"]


def test_abandoned_ones_are_aborted(as_user: AsUser, owner: User, settings: Settings) -> None:
    client = as_user(owner)
    old, new = begin(client, 10), begin(client, 10)
    StoredFile.objects.filter(pk=old["id"]).update(created_at=timezone.now() - timedelta(hours=25))
    assert files_delete_pending() == 1
    assert len(stored_uploads()) == 1
    assert client.get(f"{UPLOADS}/{old['id']}").status_code == 404
    assert client.get(f"{UPLOADS}/{new['id']}").status_code == 200


def test_quota_counts_what_is_announced(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.FILES_QUOTA_BYTES = 100
    client = as_user(owner)
    begin(client, 60)
    answer = client.post(UPLOADS, {"name": "b.csv", "size": 41})
    assert (answer.status_code, errors(answer)["code"]) == (413, "quota_exceeded")
    begin(client, 40)


@pytest.mark.parametrize(
    ("sent", "status", "attr"),
    [
        ({"name": "a.csv"}, 400, "size"),
        ({"name": "a.csv", "size": 0}, 400, "size"),
        ({"name": "a.csv", "size": "many"}, 400, "size"),
        ({"name": "a.csv", "size": 2**63}, 400, "size"),
        ({"size": 1}, 400, "name"),
        ({"name": "../a.csv", "size": 1}, 400, "name"),
        ({"name": "a.csv", "prefix": "/etc", "size": 1}, 400, "prefix"),
        ({"name": "a.csv", "size": 2**60}, 413, None),
    ],
)
def test_values(as_user: AsUser, owner: User, sent: dict[str, Any], status: int, attr: str | None) -> None:
    answer = as_user(owner).post(UPLOADS, sent)
    assert (answer.status_code, errors(answer)["attr"]) == (status, attr)
    assert StoredFile.objects.count() == 0


def test_another_users_upload(as_user: AsUser, owner: User, colleague: User) -> None:
    upload, other = begin(as_user(owner), len(CSV)), as_user(colleague)
    assert other.get(f"{UPLOADS}/{upload['id']}").status_code == 404
    assert other.delete(f"{UPLOADS}/{upload['id']}").status_code == 404
    assert complete(other, upload).status_code == 404
    assert other.get(f"{UPLOADS}/{uuid4()}").status_code == 404


def test_nobody() -> None:
    assert APIClient().post(UPLOADS, {"name": "a.csv", "size": 1}).status_code == 401


def test_the_store_is_down(as_user: AsUser, owner: User, s3_proxy: TcpProxy) -> None:
    client = as_user(owner)
    s3_proxy.refuse()
    answer = client.post(UPLOADS, {"name": "a.csv", "size": 1})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert StoredFile.objects.count() == 0
