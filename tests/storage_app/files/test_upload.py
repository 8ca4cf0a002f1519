"""POST /files/upload, and back through GET /files/download."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files import object_writer
from storage_app.files.models import StoredFile
from tests.storage_app.files.conftest import stored_keys, stored_uploads
from tests.storage_app.files.uploading import CSV, PNG, errors, fetched, listed, upload, upload_raw, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]
BOUNDARY = "b0undary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def nothing_stays(client: APIClient) -> bool:
    return (listed(client), stored_keys(), stored_uploads(), StoredFile.objects.count()) == ([], [], [], 0)


def body(*parts: str, closed: bool = True) -> bytes:
    begun = "".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return (begun + (f"--{BOUNDARY}--\r\n" if closed else "")).encode()


def test_it_works(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = upload(client, ("report.csv", CSV))
    assert answer.status_code == 201
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    file = answer.json()
    assert datetime.now(UTC) - datetime.fromisoformat(file.pop("created_at")) < timedelta(minutes=1)
    assert file == {
        "path": "report.csv",
        "name": "report.csv",
        "size": len(CSV),
        "content_type": "text/csv",
        "sha256": hashlib.sha256(CSV).hexdigest(),
        "state": "ready",
        "owner": owner.pk,
        "expires_at": None,
    }
    assert fetched(client, "report.csv").content == CSV


@pytest.mark.parametrize("size", [0, 1, object_writer.PART_BYTES - 1, object_writer.PART_BYTES, 20_000_001])
def test_any_size(as_user: AsUser, owner: User, size: int) -> None:
    client, content = as_user(owner), (b"0123456789abcde\n" * (size // 16 + 1))[:size]
    file = uploaded(client, "a.txt", content)
    assert (file["size"], file["sha256"]) == (size, hashlib.sha256(content).hexdigest())
    assert fetched(client, "a.txt").content == content
    assert stored_uploads() == []


def test_several_at_once(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = upload(client, ("a.csv", CSV), ("b.png", PNG), ("a.csv", b"c\n3\n"))
    assert answer.status_code == 201
    files = answer.json()["files"]
    assert [(file["path"], file["content_type"]) for file in files] == [
        ("a.csv", "text/csv"),
        ("b.png", "image/png"),
        ("a (1).csv", "text/csv"),
    ]
    assert fetched(client, "b.png").content == PNG


def test_a_second_upload_of_a_name_gets_a_new_one(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    paths = [uploaded(client, "a.csv", f"{n}\n".encode(), prefix="x")["path"] for n in range(3)]
    assert paths == ["x/a.csv", "x/a (1).csv", "x/a (2).csv"]
    assert [fetched(client, path).content for path in paths] == [b"0\n", b"1\n", b"2\n"]


def test_no_temporary_file(as_user: AsUser, owner: User, tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "is not there, so that using it fails")
    uploaded(as_user(owner), "a.txt", b"text\n" * 1_000_000)


@pytest.mark.parametrize("prefix", ["2025", "2025/", "2025/März", "a b/c"])
def test_a_folder(as_user: AsUser, owner: User, prefix: str) -> None:
    client = as_user(owner)
    path = uploaded(client, "a.csv", prefix=prefix)["path"]
    assert path == f"{prefix.removesuffix('/')}/a.csv"
    assert fetched(client, path).content == CSV


@pytest.mark.parametrize("prefix", ["/etc", "..", "../7", "a/../..", "a//b", "uploads", "~1/x", "a\\b", "a\x00b"])
def test_a_folder_elsewhere_is_refused(as_user: AsUser, owner: User, prefix: str) -> None:
    client = as_user(owner)
    answer = upload(client, ("a.csv", CSV), prefix=prefix)
    assert (answer.status_code, errors(answer)["attr"]) == (400, "prefix")
    assert nothing_stays(client)


def test_nobody(client: APIClient) -> None:
    assert upload(APIClient(), ("a.csv", CSV)).status_code == 401
    assert StoredFile.objects.count() == 0


def test_a_type_that_is_not_taken_is_judged_by_content(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    answer = upload(client, ("good.csv", CSV), ("harmless.csv", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00" * 10))
    assert (answer.status_code, errors(answer)["code"]) == (415, "type_refused")
    assert nothing_stays(client)


def test_too_large(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.FILES_MAX_BYTES = 10_000_000
    client = as_user(owner)
    answer = upload(client, ("a.txt", b"x" * 10_000_001))
    assert (answer.status_code, errors(answer)["code"]) == (413, "too_large")
    assert nothing_stays(client)
    assert upload(client, ("a.txt", b"x" * 10_000_000)).status_code == 201


def test_a_body_that_announces_too_much_is_not_read(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.FILES_MAX_BYTES = 10
    answer = upload_raw(as_user(owner), b"", FORM, CONTENT_LENGTH=str(1024**3))
    assert (answer.status_code, errors(answer)["code"]) == (413, "too_large")


def test_quota(as_user: AsUser, owner: User, colleague: User, settings: Settings) -> None:
    settings.FILES_QUOTA_BYTES = 10
    client = as_user(owner)
    uploaded(client, "a.txt", b"123456")
    for name, content in (("b.txt", b"12345"), ("c.txt", b"1234567890123")):
        answer = upload(client, (name, content))
        assert (answer.status_code, errors(answer)["code"]) == (413, "quota_exceeded")
    assert upload(client, ("b.txt", b"12"), ("c.txt", b"345")).status_code == 413
    assert listed(client) == ["a.txt"]
    assert len(stored_keys()) == 1
    uploaded(client, "d.txt", b"1234")
    uploaded(as_user(colleague), "a.txt", b"1234567890")


@pytest.mark.parametrize(
    ("sent", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", FORM, 400),
        (b"no multipart at all", FORM, 400),
        (b"", "multipart/form-data", 400),
        (body('name="prefix"\r\n\r\nx'), FORM, 400),
        (body('name="file"; filename=""\r\n\r\nx'), FORM, 400),
        (body('name="file"; filename="a.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!!'), FORM, 400),
        (body('name="file"; filename="a.csv"\r\n\r\na,b\n1,2', closed=False), FORM, 400),
        (body('name="file"; filename="a.csv"\r\n\r\na,b\n1,2').removesuffix(b"--\r\n"), FORM, 400),
    ],
)
def test_bodies_that_are_refused(as_user: AsUser, owner: User, sent: bytes, content_type: str, status: int) -> None:
    client = as_user(owner)
    assert upload_raw(client, sent, content_type).status_code == status
    assert nothing_stays(client)


def test_a_client_that_goes_away_leaves_nothing(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    begun = body('name="file"; filename="a.txt"\r\n\r\n' + "text\n" * 4_000_000, closed=False)
    # Django's own test payload does not end early.
    answer: Any = upload_raw(client, b"", FORM, **{"wsgi.input": BytesIO(begun), "CONTENT_LENGTH": str(len(begun) * 2)})
    assert (answer.status_code, errors(answer)["code"]) == (400, "incomplete")
    assert nothing_stays(client)


def test_a_chunked_body(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    sent = body('name="file"; filename="a.csv"\r\n\r\na,b\n1,2\n')
    answer = upload_raw(client, b"", FORM, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": BytesIO(sent)})
    assert answer.status_code == 201
    assert fetched(client, "a.csv").content == b"a,b\n1,2\n"
