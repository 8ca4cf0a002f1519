"""Reads of files."""

from dataclasses import dataclass

from django.conf import settings
from rest_framework.exceptions import NotFound

from accounts.models import User
from storage_app.files import object_store
from storage_app.files.errors import NameRefused, NotAvailable
from storage_app.files.models import FileState, StoredFile, StoredFileQuerySet
from storage_app.files.names import NameInvalid, shown_path_read

BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FileLink:
    """Where a file's bytes can be fetched from, for `expires_in` seconds."""

    url: str
    expires_in: int


def file_list(
    *,
    viewer: User,
    prefix: str = "",
    content_type: str = "",
    min_size: int | None = None,
    max_size: int | None = None,
) -> StoredFileQuerySet:
    """The files this user sees, newest first; a content type that ends in / stands for all that begin so."""
    files = StoredFile.objects.visible_to(viewer).with_shown_path(viewer).shown_path_begins(prefix)
    if content_type.endswith("/"):
        files = files.filter(content_type__startswith=content_type)
    elif content_type:
        files = files.filter(content_type=content_type)
    if min_size is not None:
        files = files.filter(size__gte=min_size)
    if max_size is not None:
        files = files.filter(size__lte=max_size)
    return files


def file_get(*, viewer: User, shown_path: str) -> StoredFile:
    """The file that this user's lists show under this path.

    Raises:
        NameRefused: no path at all.
        NotFound: it is not there, or another's.
    """
    try:
        owner_id, path = shown_path_read(shown_path)
    except NameInvalid as error:
        raise NameRefused(str(error), field="path") from None
    owner_id = viewer.pk if owner_id is None else owner_id
    files = StoredFile.objects.visible_to(viewer).with_shown_path(viewer)
    # An owner's id may have more digits than the database takes.
    file = files.filter(owner_id=owner_id, path=path).first() if owner_id <= BIGINT_MAX else None
    if file is None:
        raise NotFound("There is no such file.")
    return file


def file_link(*, viewer: User, shown_path: str) -> FileLink:
    """A link to a file's bytes.

    Raises:
        as `file_get`, and NotAvailable
    """
    file = file_ready(viewer=viewer, shown_path=shown_path)
    url = object_store.object_url(key=file.key, name=file.name, content_type=file.content_type)
    return FileLink(url, settings.FILES_LINK_SECONDS)


def file_ready(*, viewer: User, shown_path: str) -> StoredFile:
    """A file whose bytes are there.

    Raises:
        as `file_get`, and NotAvailable
    """
    file = file_get(viewer=viewer, shown_path=shown_path)
    if file.state != FileState.READY:
        raise NotAvailable(FileState(file.state).value)
    return file
