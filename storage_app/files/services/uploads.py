"""Files that pass through this process on their way to the object store."""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.models import User
from storage_app.files.errors import NameRefused
from storage_app.files.models import StoredFile
from storage_app.files.multipart import multipart_read
from storage_app.files.names import NameInvalid, name_check
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.incoming import IncomingFile
from storage_app.files.services.publishing import file_quota_left, files_publish, path_in_folder


class _Files:
    """Takes the files of one request; whatever goes wrong with one, none of them stays."""

    def __init__(self, *, owner: User) -> None:
        self.done: list[StoredFile] = []
        self._owner = owner
        self._bytes_left = file_quota_left(owner=owner)
        self._incoming: IncomingFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        begun = list(self.done)
        if self._incoming is not None:
            self._incoming.close()
            begun.append(self._incoming.file)
        if error is not None:
            for file in begun:
                file_delete(file=file)

    def start(self, *, name: str) -> None:
        """A file begins."""
        try:
            name = name_check(name)
        except NameInvalid as error:
            raise NameRefused(str(error), field="file") from None
        self._incoming = IncomingFile(owner=self._owner, path=name, max_bytes=self._bytes_left)

    def write(self, data: bytes) -> None:
        """More of it."""
        if self._incoming is not None:
            self._incoming.write(data)

    def end(self) -> None:
        """It is whole."""
        if self._incoming is not None:
            self._incoming.finish()
            self._incoming.close()
            self._bytes_left -= self._incoming.file.size
            self.done.append(self._incoming.file)
            self._incoming = None


def files_upload(*, owner: User, request: HttpRequest) -> list[StoredFile]:
    """Store the files of a multipart request, all or none. Its field `prefix` names the folder they go to.

    Raises:
        an APIException of storage_app.files.errors, ValidationError: no file; FileStoreUnavailable
    """
    with _Files(owner=owner) as files:
        fields = multipart_read(request, files)
        if not files.done:
            raise ValidationError({"file": [ErrorDetail("Send at least one file.", code="required")]})
        folder = fields.get("prefix", "")
        for file in files.done:
            file.path = path_in_folder(folder=folder, name=file.name, name_field="file")
        files_publish(owner=owner, files=files.done)
    return files.done


def file_write(*, owner: User, path: str, chunks: Iterable[bytes]) -> StoredFile:
    """Store what this platform made for somebody, an export; it expires after FILES_EXPORT_HOURS.

    Raises:
        as `files_upload`
    """
    folder, _, name = path.rpartition("/")
    path = path_in_folder(folder=folder, name=name, name_field="path")
    incoming = IncomingFile(owner=owner, path=path, max_bytes=file_quota_left(owner=owner))
    with closing(incoming), ExitStack() as on_failure:
        on_failure.callback(file_delete, file=incoming.file)
        for chunk in chunks:
            incoming.write(chunk)
        incoming.finish()
        incoming.file.expires_at = timezone.now() + timedelta(hours=settings.FILES_EXPORT_HOURS)
        files_publish(owner=owner, files=[incoming.file])
        on_failure.pop_all()
    return incoming.file
