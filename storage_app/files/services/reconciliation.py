"""Compares PostgreSQL and the object store, and mends what differs."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from storage_app.files import object_store
from storage_app.files.errors import FileStoreUnavailable, ObjectMissing
from storage_app.files.models import STORED, FileState, Reconciliation, StoredFile
from storage_app.files.object_store import StoredObject

logger = structlog.get_logger(__name__)

_KEPT = timedelta(days=90)


@dataclass(slots=True)
class Report:
    """What a comparison met and did; kept as a Reconciliation."""

    objects_seen: int = 0
    orphans_deleted: int = 0
    lost: int = 0
    found_again: int = 0


def files_reconcile(*, settled_before: datetime) -> Report:
    """Compare everything; what began after `settled_before` may still be on its way and is left alone.

    Objects without a record are deleted. A file whose object is missing or of another size is lost, which its owner
    sees; one that was lost and is there again is ready again.

    Raises:
        FileStoreUnavailable
    """
    Reconciliation.objects.filter(started_at__lt=timezone.now() - _KEPT).delete()
    run = Reconciliation.objects.create()
    report = Report()
    try:
        _reconcile(report, started=run.started_at, settled_before=settled_before)
    except FileStoreUnavailable as error:
        run.error = str(error)
        raise
    else:
        run.finished_at = timezone.now()
    finally:
        for name, number in asdict(report).items():
            setattr(run, name, number)
        run.save()
    level = logger.warning if report.lost or report.orphans_deleted else logger.info
    level("files_reconciled", **asdict(report))
    return report


def _reconcile(report: Report, *, started: datetime, settled_before: datetime) -> None:
    for page in object_store.object_pages():
        report.objects_seen += len(page)
        _compare(page, report, started=started, settled_before=settled_before)
    unseen = StoredFile.objects.filter(
        Q(seen_at=None) | Q(seen_at__lt=started), state__in=STORED, created_at__lt=settled_before
    )
    for file in unseen.exclude(state=FileState.LOST).iterator():
        _mark_lost(file, report)


def _compare(page: list[StoredObject], report: Report, *, started: datetime, settled_before: datetime) -> None:
    sizes = {each.key: each.size for each in page}
    records = list(StoredFile.objects.filter(key__in=sizes))
    whole = [file.pk for file in records if file.size == sizes[file.key]]
    StoredFile.objects.filter(pk__in=whole).update(seen_at=started)
    report.found_again += StoredFile.objects.filter(pk__in=whole, state=FileState.LOST).update(state=FileState.READY)
    known = {file.key for file in records}
    for each in page:
        if each.key not in known and each.modified_at < settled_before:
            object_store.object_delete(key=each.key)
            report.orphans_deleted += 1


def _mark_lost(file: StoredFile, report: Report) -> None:
    """Asked for by name before it is said: a listing may be behind."""
    try:
        is_whole = object_store.object_size(key=file.key) == file.size
    except ObjectMissing:
        is_whole = False
    if not is_whole:
        report.lost += StoredFile.objects.filter(pk=file.pk, state__in=STORED).update(state=FileState.LOST)
        logger.warning("file_lost", file_id=str(file.pk), key=file.key)
