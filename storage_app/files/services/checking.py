"""Reads a file that did not pass through this process: its hash, and what the virus scanner says."""

import hashlib
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from storage_app.files import object_store
from storage_app.files.errors import FileTooLarge, ObjectMissing
from storage_app.files.models import FileState, StoredFile
from storage_app.files.virus_scanner import Scan

logger = structlog.get_logger(__name__)

_UNCHECKED = (FileState.CHECKING, FileState.READY)
_PATIENCE = timedelta(minutes=15)


def file_check(*, file_id: UUID) -> None:
    """Hash and scan a file; an infected one loses its bytes.

    Raises:
        FileStoreUnavailable, ScannerUnavailable
    """
    file = StoredFile.objects.filter(pk=file_id, state__in=_UNCHECKED, sha256="").first()
    if file is None:
        return
    try:
        sha256, found = _read(file)
    except ObjectMissing:
        logger.warning("file_lost", file_id=str(file_id))  # reconciliation says so to its owner
        return
    except FileTooLarge:
        found = "a file too large to scan"
        sha256 = ""
    unchecked = StoredFile.objects.filter(pk=file_id, state__in=_UNCHECKED)
    if found:
        logger.warning("file_infected", file_id=str(file_id), found=found)
        unchecked.update(state=FileState.INFECTED, sha256=sha256)
        object_store.object_delete(key=file.key)
    else:
        unchecked.update(state=FileState.READY, sha256=sha256)


def file_unchecked_ids() -> list[UUID]:
    """Files whose check was lost on the way."""
    waiting = StoredFile.objects.filter(state__in=_UNCHECKED, sha256="", created_at__lte=timezone.now() - _PATIENCE)
    return list(waiting.values_list("pk", flat=True))


def _read(file: StoredFile) -> tuple[str, str]:
    sha256 = hashlib.sha256()
    with closing(Scan()) as scan:
        for chunk in object_store.object_stream(key=file.key):
            sha256.update(chunk)
            scan.write(chunk)
        return sha256.hexdigest(), scan.finish()
