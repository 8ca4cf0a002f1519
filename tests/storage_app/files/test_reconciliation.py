"""What is in PostgreSQL or in the object store alone is found and mended; what has expired goes."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from storage_app import s3
from storage_app.files.errors import FileStoreUnavailable, QuotaExceeded
from storage_app.files.models import FileState, Reconciliation, StoredFile
from storage_app.files.services.reconciliation import Report, files_reconcile
from storage_app.files.services.uploads import file_write
from storage_app.files.tasks import files_clean_up
from storage_app.files.tasks import files_reconcile as files_reconcile_task
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy
from tests.storage_app.files.conftest import bucket_client, stored_keys
from tests.storage_app.files.uploading import CSV, fetched, listed, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


def reconcile() -> Report:
    return files_reconcile(settled_before=timezone.now() + timedelta(minutes=1))


def put(key: str, content: bytes = CSV) -> None:
    bucket_client().put_object(Bucket=s3.bucket(), Key=key, Body=BytesIO(content))


def test_it_works(as_user: AsUser, owner: User) -> None:
    for name in ("a.csv", "b.csv"):
        uploaded(as_user(owner), name)
    assert reconcile() == Report(objects_seen=2)
    assert len(stored_keys()) == 2
    run = Reconciliation.objects.get()
    assert (run.objects_seen, run.lost, run.error) == (2, 0, "")
    assert run.finished_at


def test_an_object_without_a_record_is_deleted(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    put("files/1/orphan")
    put("another's/object")
    assert reconcile() == Report(objects_seen=2, orphans_deleted=1)
    assert fetched(client, "a.csv").content == CSV
    assert sorted(key.partition("/")[0] for key in stored_keys()) == ["another's", "files"]


def test_what_may_be_on_its_way_is_left_alone(as_user: AsUser, owner: User) -> None:
    uploaded(as_user(owner), "a.csv")
    bucket_client().delete_object(Bucket=s3.bucket(), Key=stored_keys()[0])
    put("files/1/orphan")
    files_reconcile_task()
    assert stored_keys() == ["files/1/orphan"]
    assert StoredFile.objects.get().state == FileState.READY


@pytest.mark.parametrize("content", [None, b"", CSV + CSV])
def test_a_file_without_its_bytes_is_lost_until_they_are_back(
    as_user: AsUser, owner: User, content: bytes | None
) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    [key] = stored_keys()
    if content is None:
        bucket_client().delete_object(Bucket=s3.bucket(), Key=key)
    else:
        put(key, content)
    assert reconcile().lost == 1
    assert reconcile().lost == 0
    assert client.get("/api/v1/files/a.csv").json()["state"] == "lost"
    put(key)
    assert reconcile() == Report(objects_seen=1, found_again=1)
    assert fetched(client, "a.csv").content == CSV


def test_the_store_is_down(as_user: AsUser, owner: User, s3_proxy: TcpProxy) -> None:
    uploaded(as_user(owner), "a.csv")
    s3_proxy.refuse()
    with pytest.raises(FileStoreUnavailable):
        reconcile()
    assert StoredFile.objects.get().state == FileState.READY
    run = Reconciliation.objects.get()
    assert run.error
    assert run.finished_at is None


def test_exports_expire(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    file = file_write(owner=owner, path="exports/events.csv", chunks=[b"a,b\n", b"1,2\n"])
    uploaded(client, "stays.csv")
    assert fetched(client, "exports/events.csv").content == CSV
    assert files_clean_up() == 0
    StoredFile.objects.filter(pk=file.pk).update(expires_at=timezone.now())
    assert files_clean_up() == 1
    assert listed(client) == ["stays.csv"]
    assert len(stored_keys()) == 1


def test_an_export_that_fails_leaves_nothing(owner: User, settings: object) -> None:
    def chunks() -> object:
        yield b"text\n" * 4_000_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        file_write(owner=owner, path="a.csv", chunks=chunks())  # type: ignore[arg-type]  # it fails
    assert (stored_keys(), StoredFile.objects.count()) == ([], 0)


def test_an_export_counts_as_the_owners(owner: User, settings: pytest.FixtureRequest) -> None:
    settings.FILES_QUOTA_BYTES = 3  # type: ignore[attr-defined]  # pytest-django's
    with pytest.raises(QuotaExceeded):
        file_write(owner=owner, path="a.csv", chunks=[CSV])
