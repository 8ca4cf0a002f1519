"""One file on its way through this process: counted, hashed, judged, scanned and stored while it comes."""

import hashlib

from django.conf import settings

from accounts.models import User
from storage_app.files import object_store
from storage_app.files.content_types import HEAD_BYTES, content_type_judge
from storage_app.files.errors import FileInfected, FileTooLarge, QuotaExceeded, TypeRefused
from storage_app.files.models import StoredFile
from storage_app.files.object_writer import ObjectWriter
from storage_app.files.virus_scanner import Scan


def file_begin(*, owner: User, path: str, size: int = 0) -> StoredFile:
    """The record of an upload, made before its first byte is stored: no object without a record."""
    file = StoredFile(owner=owner, path=path, size=size)
    file.key = f"{object_store.PREFIX}{owner.pk}/{file.pk}"
    file.save(force_insert=True)
    return file


class IncomingFile:
    """Takes a file's bytes. At the end its record says what they were, and is still to be published."""

    def __init__(self, *, owner: User, path: str, max_bytes: int) -> None:
        self._max_bytes = max_bytes  # what the owner's quota leaves
        self._head = bytearray()
        self._hash = hashlib.sha256()
        self._scan = Scan()
        self.file = file_begin(owner=owner, path=path)
        self._writer = ObjectWriter(key=self.file.key)

    def close(self) -> None:
        """Let go of the scanner."""
        self._scan.close()

    def write(self, data: bytes) -> None:
        """More bytes.

        Raises:
            FileTooLarge, QuotaExceeded, TypeRefused, FileStoreUnavailable, ScannerUnavailable
        """
        self.file.size += len(data)
        if self.file.size > settings.FILES_MAX_BYTES:
            raise FileTooLarge(settings.FILES_MAX_BYTES)
        if self.file.size > self._max_bytes:
            raise QuotaExceeded(settings.FILES_QUOTA_BYTES)
        if not self.file.content_type:
            self._head += data[: HEAD_BYTES - len(self._head)]
            if len(self._head) == HEAD_BYTES:
                self._judge()
        self._hash.update(data)
        self._scan.write(data)
        self._store(data)

    def finish(self) -> None:
        """All bytes have come, and are stored.

        Raises:
            as `write`, and FileInfected
        """
        if not self.file.content_type:
            self._judge()
        if found := self._scan.finish():
            raise FileInfected(self.file.name, found)
        self._writer.finish(content_type=self.file.content_type)
        self.file.sha256 = self._hash.hexdigest()

    def _judge(self) -> None:
        self.file.content_type = content_type_check(bytes(self._head), name=self.file.name)

    def _store(self, data: bytes) -> None:
        self._writer.write(data, content_type=self.file.content_type)
        if self._writer.upload_id != self.file.upload_id:
            # Kept before more is sent, so that whoever clears up knows what to abort.
            self.file.upload_id = self._writer.upload_id
            self.file.save(update_fields=["upload_id"])


def content_type_check(head: bytes, *, name: str) -> str:
    """The content type of a file that begins with `head`.

    Raises:
        TypeRefused: it is not one of FILES_ALLOWED_TYPES.
    """
    content_type = content_type_judge(head, name=name)
    if content_type not in settings.FILES_ALLOWED_TYPES:
        raise TypeRefused(name, content_type)
    return content_type
