"""Files' bytes in S3. The one place of this package that speaks to it; its errors are translated here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.utils.http import content_disposition_header

from storage_app import s3
from storage_app.files.errors import FileStoreUnavailable, ObjectMissing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PREFIX = "files/"
READ_BYTES = 1024 * 1024
_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "404"})
_NOTHING_THERE = "InvalidRange"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing tells it."""

    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part of a multipart upload that has arrived."""

    number: int
    size: int
    etag: str


def multipart_create(*, key: str, content_type: str = "") -> str:
    """Begin a multipart upload; gives its id."""
    with _translated():
        if content_type:
            return _client().create_multipart_upload(Bucket=s3.bucket(), Key=key, ContentType=content_type)["UploadId"]
        return _client().create_multipart_upload(Bucket=s3.bucket(), Key=key)["UploadId"]


def part_put(*, key: str, upload_id: str, number: int, data: bytes) -> StoredPart:
    """Send one part."""
    with _translated():
        answer = _client().upload_part(Bucket=s3.bucket(), Key=key, UploadId=upload_id, PartNumber=number, Body=data)
    return StoredPart(number, len(data), answer["ETag"])


def part_url(*, key: str, upload_id: str, number: int, expires_seconds: int) -> str:
    """A link to PUT one part to, from outside."""
    return _client("links").generate_presigned_url(
        "upload_part",
        Params={"Bucket": s3.bucket(), "Key": key, "UploadId": upload_id, "PartNumber": number},
        ExpiresIn=expires_seconds,
    )


def part_list(*, key: str, upload_id: str) -> list[StoredPart]:
    """The parts that have arrived, by number.

    Raises:
        ObjectMissing: there is no such upload.
    """
    with _translated():
        pages = _client().get_paginator("list_parts").paginate(Bucket=s3.bucket(), Key=key, UploadId=upload_id)
        return [
            StoredPart(part["PartNumber"], part["Size"], part["ETag"])
            for page in pages
            for part in page.get("Parts", [])
        ]


def multipart_complete(*, key: str, upload_id: str, parts: list[StoredPart]) -> None:
    """Make the object of its parts.

    Raises:
        ObjectMissing: there is no such upload, or no more.
    """
    named: list[CompletedPartTypeDef] = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
    with _translated():
        _client().complete_multipart_upload(
            Bucket=s3.bucket(), Key=key, UploadId=upload_id, MultipartUpload={"Parts": named}
        )


def multipart_abort(*, key: str, upload_id: str) -> None:
    """Drop the parts of an upload; one that is not there is dropped already."""
    try:
        with _translated():
            _client().abort_multipart_upload(Bucket=s3.bucket(), Key=key, UploadId=upload_id)
    except ObjectMissing:
        return


def object_put(*, key: str, data: bytes, content_type: str) -> None:
    """Store a small object."""
    with _translated():
        _client().put_object(Bucket=s3.bucket(), Key=key, Body=data, ContentType=content_type)


def object_size(*, key: str) -> int:
    """In bytes.

    Raises:
        ObjectMissing
    """
    with _translated():
        return _client().head_object(Bucket=s3.bucket(), Key=key)["ContentLength"]


def object_read(*, key: str, start: int, length: int) -> bytes:
    """At most `length` bytes from `start` on; fewer where the object ends.

    Raises:
        ObjectMissing
    """
    byte_range = f"bytes={start}-{start + length - 1}"
    try:
        with _translated():
            return _client().get_object(Bucket=s3.bucket(), Key=key, Range=byte_range)["Body"].read()
    except FileStoreUnavailable as error:
        if isinstance(error.__cause__, ClientError) and _code(error.__cause__) == _NOTHING_THERE:
            return b""
        raise


def object_stream(*, key: str) -> Iterator[bytes]:
    """All bytes, READ_BYTES at a time.

    Raises:
        ObjectMissing
    """
    with _translated():
        yield from _client().get_object(Bucket=s3.bucket(), Key=key)["Body"].iter_chunks(READ_BYTES)


def object_delete(*, key: str) -> None:
    """Delete an object; one that is not there is deleted already."""
    with _translated():
        _client().delete_object(Bucket=s3.bucket(), Key=key)


def object_pages() -> Iterator[list[StoredObject]]:
    """Every object of this package, 1,000 a page."""
    with _translated():
        for page in _client().get_paginator("list_objects_v2").paginate(Bucket=s3.bucket(), Prefix=PREFIX):
            yield [StoredObject(each["Key"], each["Size"], each["LastModified"]) for each in page.get("Contents", [])]


def object_url(*, key: str, name: str, content_type: str) -> str:
    """A link for FILES_LINK_SECONDS, from outside, which saves the object under `name`."""
    url: str = _storage("links").url(
        key,
        parameters={
            "ResponseContentDisposition": content_disposition_header(as_attachment=True, filename=name),
            "ResponseContentType": content_type,
        },
        expire=settings.FILES_LINK_SECONDS,
    )
    return url


def _client(storage: str = "default") -> "S3Client":
    """django-storages' own: one a thread, with the settings of this storage."""
    client: S3Client = _storage(storage).connection.meta.client
    return client


def _storage(name: str) -> Any:
    return storages[name]  # django-storages has no types


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) in _MISSING:
            raise ObjectMissing from error
        raise FileStoreUnavailable(str(error)) from error
    except BotoCoreError as error:
        raise FileStoreUnavailable(str(error)) from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
