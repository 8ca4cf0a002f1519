"""From an upload under way to a file that shows."""

from collections.abc import Sequence
from itertools import islice

from django.conf import settings
from django.db import transaction
from rest_framework.exceptions import NotFound

from accounts.models import User
from storage_app.files.errors import NameRefused, QuotaExceeded
from storage_app.files.models import LISTED, FileState, StoredFile
from storage_app.files.names import NameInvalid, name_check, numbered, path_check

_PROBED_AT_ONCE = 100


def file_quota_left(*, owner: User) -> int:
    """In bytes; 0 or less: nothing more."""
    return int(settings.FILES_QUOTA_BYTES) - StoredFile.objects.bytes_used(owner)


def path_in_folder(*, folder: str, name: str, name_field: str) -> str:
    """The path of a name in a folder of the owner's space; empty: the space itself.

    Raises:
        NameRefused: of `name_field` or of `prefix`.
    """
    folder = folder.removesuffix("/")
    field = name_field
    try:
        name = name_check(name)
        field = "prefix" if folder else name_field
        return path_check(f"{folder}/{name}" if folder else name)
    except NameInvalid as error:
        raise NameRefused(str(error), field=field) from None


def files_publish(*, owner: User, files: Sequence[StoredFile], state: FileState = FileState.READY) -> None:
    """Let files be seen, all or none, each under its path or, where that is taken, the next free one.

    Raises:
        QuotaExceeded
        NotFound: a file is no upload under way any more.
    """
    with transaction.atomic():
        # One owner's files are published one by one: nobody takes the same path or the same rest of the quota.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        for file in files:
            file.path = _free_path(owner, file.path)
            _publish(file, state)
        if file_quota_left(owner=owner) < 0:
            raise QuotaExceeded(settings.FILES_QUOTA_BYTES)


def _publish(file: StoredFile, state: FileState) -> None:
    under_way = StoredFile.objects.filter(pk=file.pk, state=FileState.UPLOADING)
    file.state, file.upload_id = state, ""
    fields = ("path", "state", "size", "sha256", "content_type", "upload_id", "expires_at")
    if not under_way.update(**{name: getattr(file, name) for name in fields}):
        raise NotFound("The upload is not under way any more.")


def _free_path(owner: User, wanted: str) -> str:
    paths = numbered(wanted)
    while True:
        probed = list(islice(paths, _PROBED_AT_ONCE))
        taken = set(
            StoredFile.objects.filter(owner=owner, state__in=LISTED, path__in=probed).values_list("path", flat=True)
        )
        if free := next((path for path in probed if path not in taken), None):
            return free
