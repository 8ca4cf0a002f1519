"""Files on their way through clamd."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.errors import ScannerUnavailable
from storage_app.files.models import StoredFile
from storage_app.files.services.checking import file_check
from tests.storage_app.files.clamd import EICAR, clamd
from tests.storage_app.files.conftest import stored_keys
from tests.storage_app.files.uploading import CSV, URL, errors, listed, upload, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


@pytest.fixture
def scanner(settings: Settings) -> Iterator[Any]:
    """The scanner, on a port of its own."""
    with clamd(("127.0.0.1", 0)) as server:
        settings.CLAMAV_HOST, settings.CLAMAV_PORT = server.server_address
        yield server


def direct(client: APIClient, content: bytes) -> dict[str, Any]:
    begun = client.post(f"{URL}/uploads", {"name": "a.csv", "size": len(content)}).json()
    httpx.put(begun["parts"][0]["url"], content=content)
    file: dict[str, Any] = client.post(f"{URL}/uploads/{begun['id']}/complete").json()
    return file


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage_app.files.tasks.file_check.delay", lambda file_id: None)


def test_it_works(as_user: AsUser, owner: User, scanner: Any) -> None:
    content = b"0123456789abcde\n" * 200_000
    uploaded(as_user(owner), "a.txt", content)
    assert scanner.scanned == [content]


def test_an_infected_file_is_refused(as_user: AsUser, owner: User, scanner: Any) -> None:
    client = as_user(owner)
    answer = upload(client, ("good.csv", CSV), ("bad.csv", EICAR))
    assert (answer.status_code, errors(answer)["code"]) == (422, "infected")
    assert "Win.Test.EICAR_HDB-1" in errors(answer)["detail"]
    assert (listed(client), stored_keys(), StoredFile.objects.count()) == ([], [], 0)


def test_a_unix_socket(as_user: AsUser, owner: User, settings: Settings, tmp_path: Path) -> None:
    settings.CLAMAV_HOST = str(tmp_path / "clamd.ctl")
    with clamd(settings.CLAMAV_HOST) as server:
        uploaded(as_user(owner), "a.csv", CSV)
        assert server.scanned == [CSV]


@pytest.mark.parametrize("host", ["127.0.0.1", "/nowhere/clamd.ctl"])
def test_a_scanner_that_is_down_lets_nothing_through(
    as_user: AsUser, owner: User, settings: Settings, host: str
) -> None:
    settings.CLAMAV_HOST, settings.CLAMAV_PORT = host, 1
    client = as_user(owner)
    answer = upload(client, ("a.csv", CSV))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (stored_keys(), StoredFile.objects.count()) == ([], 0)


def test_an_answer_that_makes_no_sense(as_user: AsUser, owner: User, scanner: Any) -> None:
    scanner.says = b"stream: what? ERROR\0"
    assert upload(as_user(owner), ("a.csv", CSV)).status_code == 503
    assert stored_keys() == []


def test_a_file_too_large_for_it(as_user: AsUser, owner: User, scanner: Any) -> None:
    scanner.max_bytes = 1_000_000
    answer = upload(as_user(owner), ("a.txt", b"text\n" * 5_000_000))
    assert (answer.status_code, errors(answer)["code"]) == (413, "too_large")
    assert (stored_keys(), StoredFile.objects.count()) == ([], 0)


def test_a_direct_upload_waits_for_it(as_user: AsUser, owner: User, scanner: Any) -> None:
    client = as_user(owner)
    assert direct(client, CSV)["state"] == "checking"
    assert client.get(f"{URL}/download/a.csv").status_code == 409
    file_check(file_id=StoredFile.objects.get().pk)
    assert client.get(f"{URL}/a.csv").json()["state"] == "ready"
    assert client.get(f"{URL}/download/a.csv").status_code == 200


def test_an_infected_direct_upload_loses_its_bytes(as_user: AsUser, owner: User, scanner: Any) -> None:
    client = as_user(owner)
    direct(client, EICAR)
    file_check(file_id=StoredFile.objects.get().pk)
    assert client.get(f"{URL}/a.csv").json()["state"] == "infected"
    assert client.get(f"{URL}/download/a.csv").status_code == 409
    assert stored_keys() == []
    assert client.delete(f"{URL}/a.csv").status_code == 204


def test_a_direct_upload_waits_while_it_is_down(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.CLAMAV_HOST, settings.CLAMAV_PORT = "127.0.0.1", 1
    client = as_user(owner)
    direct(client, CSV)
    with pytest.raises(ScannerUnavailable):
        file_check(file_id=StoredFile.objects.get().pk)
    assert client.get(f"{URL}/a.csv").json()["state"] == "checking"
