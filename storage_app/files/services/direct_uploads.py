"""Files that go to the object store directly: we hand out links for the parts, and look at what has come."""

from dataclasses import dataclass
from math import ceil

import structlog
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError

from accounts.models import User
from storage_app.files import object_store
from storage_app.files.content_types import HEAD_BYTES
from storage_app.files.errors import FileTooLarge, ObjectMissing, QuotaExceeded, TypeRefused, UploadIncomplete
from storage_app.files.models import LISTED, FileState, StoredFile
from storage_app.files.object_store import StoredPart
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.incoming import content_type_check, file_begin
from storage_app.files.services.publishing import file_quota_left, files_publish, path_in_folder
from storage_app.files.tasks import file_check

logger = structlog.get_logger(__name__)

_PART_MIN_BYTES = 16 * 1024 * 1024
_PARTS_MAX_COUNT = 1000


@dataclass(frozen=True, slots=True)
class PartLink:
    """Where to PUT one part of a file: bytes `start` to `start + size`."""

    part_number: int
    start: int
    size: int
    url: str


def upload_create(*, owner: User, name: str, prefix: str, size: int) -> StoredFile:
    """Begin a direct upload of `size` bytes, which count against the quota from now on.

    Raises:
        NameRefused, FileTooLarge, QuotaExceeded, FileStoreUnavailable
    """
    path = path_in_folder(folder=prefix, name=name, name_field="name")
    if size > settings.FILES_MAX_BYTES:
        raise FileTooLarge(settings.FILES_MAX_BYTES)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if size > file_quota_left(owner=owner):
            raise QuotaExceeded(settings.FILES_QUOTA_BYTES)
        file = file_begin(owner=owner, path=path, size=size)
        # Within the transaction: without an upload there is no record.
        file.upload_id = object_store.multipart_create(key=file.key)
        file.save(update_fields=["upload_id"])
    return file


def upload_part_links(*, file: StoredFile) -> list[PartLink]:
    """A link for each part; they work for FILES_ABANDONED_HOURS."""
    return [
        PartLink(
            number,
            start,
            min(part_bytes(file.size), file.size - start),
            object_store.part_url(
                key=file.key,
                upload_id=file.upload_id,
                number=number,
                expires_seconds=settings.FILES_ABANDONED_HOURS * 3600,
            ),
        )
        for number, start in enumerate(range(0, file.size, part_bytes(file.size)), start=1)
    ]


def part_bytes(size: int) -> int:
    """How large the parts of a file of `size` bytes are."""
    return max(_PART_MIN_BYTES, ceil(size / _PARTS_MAX_COUNT))


def upload_get(*, owner: User, upload_id: str) -> StoredFile:
    """One's own upload, under way or complete.

    Raises:
        NotFound
    """
    file = StoredFile.objects.filter(owner=owner, pk=upload_id, state__in=(FileState.UPLOADING, *LISTED)).first()
    if file is None:
        raise NotFound("There is no such upload.")
    return file


def upload_parts_received(*, file: StoredFile) -> list[StoredPart]:
    """What has come so far.

    Raises:
        FileStoreUnavailable
    """
    if file.state != FileState.UPLOADING:
        return []
    try:
        return object_store.part_list(key=file.key, upload_id=file.upload_id)
    except ObjectMissing:
        return []


def upload_complete(*, owner: User, upload_id: str) -> StoredFile:
    """Make a file of the parts that have come; of one that is complete, nothing is done.

    Raises:
        NotFound
        UploadIncomplete: parts are missing or have the wrong size; the upload goes on.
        TypeRefused: by its content; the upload is dropped.
        FileStoreUnavailable
    """
    file = upload_get(owner=owner, upload_id=upload_id)
    if file.state != FileState.UPLOADING:
        return file
    _assemble(file)
    try:
        file.content_type = content_type_check(
            object_store.object_read(key=file.key, start=0, length=HEAD_BYTES), name=file.name
        )
    except TypeRefused:
        file_delete(file=file)
        raise
    state = FileState.CHECKING if settings.CLAMAV_HOST else FileState.READY
    files_publish(owner=owner, files=[file], state=state)
    _check_later(file)
    return file


def upload_abort(*, owner: User, upload_id: str) -> None:
    """Drop an upload under way.

    Raises:
        NotFound
    """
    file = upload_get(owner=owner, upload_id=upload_id)
    if file.state != FileState.UPLOADING:
        raise ValidationError([ErrorDetail("The upload is complete: delete the file instead.", code="complete")])
    file_delete(file=file)


def _assemble(file: StoredFile) -> None:
    """The parts are compared before: an S3 that is told of a wrong one may drop them all."""
    parts = upload_parts_received(file=file)
    expected = {link.part_number: link.size for link in upload_part_links(file=file)}
    if parts and {part.number: part.size for part in parts} != expected:
        raise _incomplete(expected, parts)
    try:
        if parts:
            object_store.multipart_complete(key=file.key, upload_id=file.upload_id, parts=parts)
        # No part is left when an earlier call got this far and not to its end.
        whole = object_store.object_size(key=file.key) == file.size
    except ObjectMissing:
        whole = False
    if not whole:
        raise _incomplete(expected, parts)


def _incomplete(expected: dict[int, int], parts: list[StoredPart]) -> UploadIncomplete:
    good = {part.number for part in parts if expected.get(part.number) == part.size}
    missing = sorted(expected.keys() - good)
    return UploadIncomplete(f"{len(missing)} of {len(expected)} parts have not come in their size: {missing[:20]}.")


def _check_later(file: StoredFile) -> None:
    try:
        file_check.delay(str(file.pk))
    except OperationalError as error:
        # files_check_unchecked finds it when the broker is back.
        logger.warning("file_check_not_enqueued", file_id=str(file.pk), reason=str(error))
