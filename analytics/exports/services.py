"""Exports: asked for, streamed, called off."""

from collections.abc import Generator
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from analytics.exports.models import Export, ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.running import error_told
from analytics.exports.tally import Tally
from analytics.exports.tasks import export_run
from analytics.exports.writing import export_chunks
from analytics.kept_task import TaskStatus
from analytics.services.task_runs import task_advance, task_cancel, task_enqueue, task_fail
from storage_app.clickhouse.abandonment import is_gone

_GONE = "The client went away."


def export_stream(
    *, user: User, question: Any, file_format: ExportFormat, escape_formulas: bool, by_key: bool = False
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
        requested_by=user,
        question=question,
        format=file_format,
        escape_formulas=escape_formulas,
        by_key=by_key,
        is_async=False,
        status=TaskStatus.RUNNING,
        run_after=timezone.now(),
        started_at=timezone.now(),
    )
    return export, _recorded(export, tally, first, chunks)


def export_create(
    *, user: User, question: Any, file_format: ExportFormat, escape_formulas: bool, by_key: bool = False
) -> Export:
    """An export for a worker to write to the user's files; that it can be asked has been checked.

    Raises:
        as export_stream
    """
    plan = export_plan(
        user=user, question=question, file_format=file_format, escape_formulas=escape_formulas, counted=True
    )
    with transaction.atomic():
        export = Export.objects.create(
            requested_by=user,
            question=question,
            format=file_format,
            escape_formulas=escape_formulas,
            by_key=by_key,
            is_async=True,
            total_rows=plan.rows,
            run_after=timezone.now(),
        )
        transaction.on_commit(partial(task_enqueue, task=export, message=export_run))
    return export


def export_cancel(*, export: Export) -> bool:
    """Call off an export that a worker has not finished; nothing of it stays. False: it had finished."""
    return export.is_async and task_cancel(task=export)


def _recorded(
    export: Export, tally: Tally, first: list[bytes], rest: Generator[bytes, None, None]
) -> Generator[bytes, None, None]:
    """The bytes; then, or when they break off, what became of them."""
    try:
        yield from first
        yield from rest
    except GeneratorExit:
        task_cancel(task=export, reason=_GONE)
        raise
    except Exception as error:
        if is_gone():
            task_cancel(task=export, reason=_GONE)
            return
        task_fail(model=Export, task_id=export.pk, error=error_told(error))
        raise
    finally:
        rest.close()
    task_advance(task=export, succeeded=True, rows=tally.rows, bytes=tally.bytes, sha256=tally.sha256)
