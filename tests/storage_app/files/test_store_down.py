"""The object store goes away: before an upload, in the middle of it, while files are listed and deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.models import FileState, StoredFile
from storage_app.files.object_writer import PART_BYTES
from storage_app.files.services.deletion import files_delete_pending
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy
from tests.storage_app.files.conftest import stored_keys, stored_uploads
from tests.storage_app.files.uploading import CSV, URL, errors, listed, upload, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


def is_unavailable(answer: Any) -> bool:
    return (
        answer.status_code == 503
        and errors(answer)["code"] == "service_unavailable"
        and answer.headers["Retry-After"] == "5"
        and "127.0.0.1" not in answer.content.decode()
    )


def test_an_upload_is_503_and_listing_goes_on(as_user: AsUser, owner: User, s3_proxy: TcpProxy) -> None:
    client = as_user(owner)
    uploaded(client, "before.csv")
    s3_proxy.refuse()
    assert is_unavailable(upload(client, ("a.csv", CSV)))
    assert listed(client) == ["before.csv"]
    assert client.get(f"{URL}/download/before.csv").status_code == 200


def test_stopped_in_the_middle(as_user: AsUser, owner: User, s3_proxy: TcpProxy, settings: Any) -> None:
    client = as_user(owner)
    s3_proxy.hold_at(b"partNumber=2")
    storages = settings.STORAGES
    options = storages["default"]["OPTIONS"]
    patience = type(options["client_config"])(read_timeout=0.5, retries={"total_max_attempts": 1})
    hasty = options | {"client_config": options["client_config"].merge(patience)}
    settings.STORAGES = storages | {"default": storages["default"] | {"OPTIONS": hasty}}
    assert is_unavailable(upload(client, ("a.txt", b"text\n" * PART_BYTES)))
    assert (listed(client), stored_keys(), stored_uploads()) == ([], [], [])
    assert StoredFile.objects.count() == 0


def test_what_could_not_be_cleared_up_is_later(as_user: AsUser, owner: User, s3_proxy: TcpProxy, settings: Any) -> None:
    client, real = as_user(owner), settings.STORAGES["links"]
    s3_proxy.refuse_at(b"partNumber=2")
    assert is_unavailable(upload(client, ("a.txt", b"text\n" * PART_BYTES)))
    assert listed(client) == []
    assert len(stored_uploads()) == 1
    settings.STORAGES = settings.STORAGES | {"default": real}
    assert files_delete_pending() == 1
    assert (stored_keys(), stored_uploads(), StoredFile.objects.count()) == ([], [], 0)


def test_deleting_is_finished_later(as_user: AsUser, owner: User, s3_proxy: TcpProxy, settings: Any) -> None:
    client, real = as_user(owner), settings.STORAGES["links"]
    uploaded(client, "a.csv")
    s3_proxy.refuse()
    assert client.delete(f"{URL}/a.csv").status_code == 204
    assert listed(client) == []
    assert StoredFile.objects.get().state == FileState.DELETING
    assert len(stored_keys()) == 1
    assert files_delete_pending() == 0
    settings.STORAGES = settings.STORAGES | {"default": real}
    assert files_delete_pending() == 1
    assert (stored_keys(), StoredFile.objects.count()) == ([], 0)
