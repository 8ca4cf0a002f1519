"""Exports: asked for, streamed, called off."""

from collections.abc import Generator
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from analytics.exports.models import Export, ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.running import error_told, export_finish
from analytics.exports.tally import Tally
from analytics.exports.tasks import export_run
from analytics.exports.writing import export_chunks
from analytics.selectors.task_runs import PATIENCE
from analytics.task_status import UNFINISHED, TaskStatus
from storage_app.clickhouse.abandonment import is_gone

logger = structlog.get_logger(__name__)

_GONE = "The client went away."


def export_stream(
    *, user: User, question: Any, file_format: ExportFormat, escape_formulas: bool
) -> tuple[Export, Generator[bytes, None, None]]:
    """An export and its bytes, to be sent at once. Its record says in the end whether they were all.

    Raises:
        QueryProblem, Throttled, and the errors of storage_app.clickhouse.errors
    """
    plan = export_plan(
        user=user, question=question, file_format=file_format, escape_formulas=escape_formulas, counted=False
    )
    tally = Tally(file_format)
    chunks = export_chunks(plan, file_format, tally, caller=str(user.pk), escape_formulas=escape_formulas)
    # What the store refuses at the beginning is still an answer of its own.
    first = [next(chunks, b""), next(chunks, b"")]
    export = Export.objects.create(
        owner=user,
        question=question,
        format=file_format,
        escape_formulas=escape_formulas,
        is_async=False,
        status=TaskStatus.RUNNING,
        run_after=timezone.now(),
        started_at=timezone.now(),
    )
    return export, _recorded(export, tally, first, chunks)


def export_create(*, user: User, question: Any, file_format: ExportFormat, escape_formulas: bool) -> Export:
    """An export for a worker to write to the user's files; that it can be asked has been checked.

    Raises:
        as export_stream
    """
    plan = export_plan(
        user=user, question=question, file_format=file_format, escape_formulas=escape_formulas, counted=True
    )
    with transaction.atomic():
        export = Export.objects.create(
            owner=user,
            question=question,
            format=file_format,
            escape_formulas=escape_formulas,
            is_async=True,
            total_rows=plan.rows,
            run_after=timezone.now(),
        )
        transaction.on_commit(partial(_enqueue, export.pk))
    return export


def export_cancel(*, export: Export) -> bool:
    """Call off an export that a worker has not finished; nothing of it stays. False: it had finished."""
    unfinished = Export.objects.filter(pk=export.pk, status__in=UNFINISHED, is_async=True)
    return bool(unfinished.update(status=TaskStatus.CANCELLED, finished_at=timezone.now()))


def _recorded(
    export: Export, tally: Tally, first: list[bytes], rest: Generator[bytes, None, None]
) -> Generator[bytes, None, None]:
    """The bytes; then, or when they break off, what became of them."""
    try:
        yield from first
        yield from rest
    except GeneratorExit:
        export_finish(export_id=export.pk, status=TaskStatus.CANCELLED, error=_GONE)
        raise
    except Exception as error:
        status, told = (TaskStatus.CANCELLED, _GONE) if is_gone() else (TaskStatus.FAILED, error_told(error))
        export_finish(export_id=export.pk, status=status, error=told)
        raise
    finally:
        rest.close()
    counts = {"rows": tally.rows, "bytes": tally.bytes, "sha256": tally.sha256}
    export_finish(export_id=export.pk, status=TaskStatus.SUCCEEDED, **counts)


def _enqueue(export_id: UUID) -> None:
    try:
        export_run.delay(str(export_id))
    except OperationalError as error:
        # The export is kept; the next exports_resume sends it, without the patience for a message under way.
        Export.objects.filter(pk=export_id).update(run_after=timezone.now() - PATIENCE)
        logger.warning("export_not_enqueued", export_id=str(export_id), reason=str(error))
