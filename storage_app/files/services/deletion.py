"""Files that go: deleted, expired, abandoned."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from storage_app.files import object_store
from storage_app.files.errors import FileStoreUnavailable
from storage_app.files.models import LISTED, FileState, StoredFile

logger = structlog.get_logger(__name__)


def file_delete(*, file: StoredFile) -> bool:
    """Delete a file, whatever its state: from now on nobody sees it.

    False: its bytes stay until the object store is back, and `files_delete_pending` comes by.
    """
    StoredFile.objects.filter(pk=file.pk).update(state=FileState.DELETING)
    try:
        if file.upload_id:
            object_store.multipart_abort(key=file.key, upload_id=file.upload_id)
        object_store.object_delete(key=file.key)
    except FileStoreUnavailable as error:
        logger.warning("file_bytes_not_deleted", file_id=str(file.pk), reason=str(error))
        return False
    StoredFile.objects.filter(pk=file.pk, state=FileState.DELETING).delete()
    return True


def files_delete_pending() -> int:
    """Delete what has expired, uploads that nobody went on with, and what could not be deleted before."""
    now = timezone.now()
    expired = StoredFile.objects.filter(state__in=LISTED, expires_at__lte=now)
    abandoned = StoredFile.objects.filter(state=FileState.UPLOADING, created_at__lte=abandoned_before(now))
    deleting = StoredFile.objects.filter(state=FileState.DELETING)
    return sum(file_delete(file=file) for files in (expired, abandoned, deleting) for file in files.iterator())


def abandoned_before(now: datetime) -> datetime:
    """An upload that began before this is not gone on with."""
    return now - timedelta(hours=settings.FILES_ABANDONED_HOURS)
