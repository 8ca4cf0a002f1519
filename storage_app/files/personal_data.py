"""What is held of people's files: the records and the bytes."""

from collections.abc import Iterator
from datetime import datetime

from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from storage_app.files import object_store
from storage_app.files.errors import FileStoreUnavailable
from storage_app.files.models import LISTED, FileState, StoredFile, StoredFileQuerySet
from storage_app.files.services.deletion import file_delete

_FIELDS = ("path", "state", "size", "content_type", "sha256", "created_at", "expires_at")


def _files(person: Person) -> StoredFileQuerySet:
    return StoredFile.objects.filter(owner=person.account) if person.account else StoredFile.objects.none()


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    """Every file, also one that is on its way.

    Raises:
        FileStoreUnavailable: some bytes are left.
    """
    files = _files(person)
    found(files=files.count())
    left = sum(not file_delete(file=file) for file in files.iterator())
    if left:
        raise FileStoreUnavailable(f"The bytes of {left} files could not be deleted")


def _export(*, person: Person) -> Iterator[ExportFile]:
    listed = _files(person).filter(state__in=LISTED)
    yield ExportFile("files.ndjson", ndjson(listed.values(*_FIELDS).iterator()))
    for file in listed.filter(state=FileState.READY).iterator():
        yield ExportFile(f"files/{file.path}", object_store.object_stream(key=file.key))


register("files", erase=_erase, export=_export)
