"""An empty object store for every test, and clients that upload."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from storage_app import s3
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy

AsUser = Callable[[User], APIClient]


@pytest.fixture(autouse=True)
def _empty_bucket(request: pytest.FixtureRequest, _bucket_where_marked: None) -> None:
    if request.node.get_closest_marker("s3"):
        for key in stored_keys():
            bucket_client().delete_object(Bucket=s3.bucket(), Key=key)
        for upload in _uploads():
            bucket_client().abort_multipart_upload(Bucket=s3.bucket(), Key=upload["Key"], UploadId=upload["UploadId"])


@cache
def bucket_client() -> Any:
    """The object store itself, whatever stands before it."""
    return s3.client()


def stored_keys() -> list[str]:
    """What is in the bucket."""
    pages = bucket_client().get_paginator("list_objects_v2").paginate(Bucket=s3.bucket())
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def stored_uploads() -> list[str]:
    """The multipart uploads that are neither complete nor aborted."""
    return [each["UploadId"] for each in _uploads()]


def _uploads() -> list[dict[str, Any]]:
    try:
        uploads: list[dict[str, Any]] = bucket_client().list_multipart_uploads(Bucket=s3.bucket()).get("Uploads", [])
    except ClientError as error:
        # rclone's word for a bucket that never had one.
        assert error.response["Error"]["Code"] == "NoSuchUpload"  # noqa: PT017  # no test of errors
        return []
    return uploads


@pytest.fixture
def s3_proxy(settings: Settings) -> Iterator[TcpProxy]:
    """A proxy before the object store that can fail as servers do."""
    bucket_client()
    default = settings.STORAGES["default"]
    host, _, port = default["OPTIONS"]["endpoint_url"].rpartition("//")[2].partition(":")
    with TcpProxy(host, int(port)) as proxy:
        moved = default | {"OPTIONS": default["OPTIONS"] | {"endpoint_url": f"http://127.0.0.1:{proxy.port}"}}
        settings.STORAGES = settings.STORAGES | {"default": moved}
        yield proxy
