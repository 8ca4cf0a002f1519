"""Writes an export to the file store, however often its task is delivered and wherever its worker died."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F
from django.utils import timezone
from rest_framework.exceptions import APIException, Throttled

from analytics.exports.models import Export, ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.tally import Tally
from analytics.exports.writing import export_chunks
from analytics.query.problems import QueryProblem
from analytics.services.task_runs import MAX_ATTEMPTS
from analytics.task_status import UNFINISHED, TaskStatus
from storage_app import advisory_lock
from storage_app.clickhouse.errors import StoreError, StoreUnavailable
from storage_app.files.errors import FileStoreUnavailable, ScannerUnavailable
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.uploads import file_write

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 15
PROGRESS_BYTES = 4 * 1024 * 1024
"""How often, in bytes, progress is noted and calling off is noticed."""
_PASSING = (StoreUnavailable, FileStoreUnavailable, ScannerUnavailable, Throttled)


class _Cancelled(Exception):
    """Called off while it was written."""


def export_run(*, export_id: UUID) -> float | None:
    """Write an export, from the beginning; gives the seconds after which to try again, if it must be.

    Nothing happens where another worker has it or it has finished. What a worker that died had stored is no file yet,
    and is cleared up as an abandoned upload.
    """
    with advisory_lock.held(export_id) as is_ours:
        export = _claim(export_id) if is_ours else None
        return _attempt(export) if export else None


def export_fail(*, export_id: UUID, error: str) -> None:
    """End an unfinished export with a reason its owner can read."""
    export_finish(export_id=export_id, status=TaskStatus.FAILED, error=error)


def export_finish(*, export_id: UUID, status: TaskStatus, **values: Any) -> bool:
    """End an unfinished export. False: it had ended."""
    unfinished = Export.objects.filter(pk=export_id, status__in=UNFINISHED)
    return bool(unfinished.update(status=status, finished_at=timezone.now(), **values))


def error_told(error: Exception) -> str:
    """What the owner may read of an error."""
    if isinstance(error, QueryProblem | StoreError | APIException):
        return str(error.detail)
    return "The export failed."


def _claim(export_id: UUID) -> Export | None:
    claimed = Export.objects.unfinished().filter(pk=export_id)
    values = {"status": TaskStatus.RUNNING, "started_at": timezone.now(), "rows": 0, "bytes": 0}
    if not claimed.update(attempts=F("attempts") + 1, **values):
        return None
    export = Export.objects.select_related("owner").get(pk=export_id)
    if export.attempts > MAX_ATTEMPTS:
        export_fail(export_id=export_id, error=f"The export was interrupted {MAX_ATTEMPTS} times.")
        return None
    return export


def _attempt(export: Export) -> float | None:
    try:
        _write(export)
    except _Cancelled:
        logger.info("export_cancelled", export_id=str(export.pk))
    except _PASSING as error:
        wait_seconds = RETRY_SECONDS * export.attempts
        logger.warning("export_put_off", export_id=str(export.pk), seconds=wait_seconds, reason=str(error))
        due = timezone.now() + timedelta(seconds=wait_seconds)
        running = Export.objects.filter(pk=export.pk, status=TaskStatus.RUNNING)
        running.update(status=TaskStatus.PENDING, run_after=due)
        return wait_seconds
    except (QueryProblem, StoreError, APIException) as error:
        export_fail(export_id=export.pk, error=error_told(error))
    return None


def _write(export: Export) -> None:
    if not export.owner.is_active:
        raise QueryProblem("inactive", "The account is deactivated.", "owner")
    kind, escape = ExportFormat(export.format), export.escape_formulas
    plan = export_plan(
        user=export.asker, question=export.question, file_format=kind, escape_formulas=escape, counted=True
    )
    tally = Tally(kind)
    made = export_chunks(plan, kind, tally, caller=str(export.owner_id), escape_formulas=escape)
    with closing(made) as chunks:
        file = file_write(owner=export.owner, path=_path(export), chunks=_watched(export, tally, chunks))
    counts = {"rows": tally.rows, "bytes": tally.bytes, "sha256": tally.sha256}
    if not export_finish(export_id=export.pk, status=TaskStatus.SUCCEEDED, path=file.path, **counts):
        file_delete(file=file)  # called off at the last moment


def _watched(export: Export, tally: Tally, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, with progress noted; stops where the export was called off."""
    noted = -PROGRESS_BYTES
    for chunk in chunks:
        if tally.bytes - noted >= PROGRESS_BYTES:
            noted = tally.bytes
            running = Export.objects.filter(pk=export.pk, status=TaskStatus.RUNNING)
            if not running.update(rows=max(0, tally.rows), bytes=tally.bytes):
                raise _Cancelled
        yield chunk


def _path(export: Export) -> str:
    """In the owner's files, by the table's name as far as a file can be named so."""
    table = str(export.question.get("table_name", "export"))
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in table)[:40]
    return f"exports/{plain}-{export.created_at:%Y%m%d-%H%M%S}-{str(export.pk)[:8]}.{export.format}"
