"""Writes an export to its owner's files."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from uuid import UUID

import structlog
from rest_framework.exceptions import APIException, Throttled

from analytics.exports.models import Export, ExportFormat
from analytics.exports.plans import export_plan
from analytics.exports.tally import Tally
from analytics.exports.writing import export_chunks
from analytics.query.problems import QueryProblem
from analytics.services.task_runs import task_advance, task_fail, task_run
from storage_app.clickhouse.errors import QueryInvalid, StoreError
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.uploads import file_write

logger = structlog.get_logger(__name__)

PROGRESS_BYTES = 4 * 1024 * 1024
"""How often, in bytes, progress is noted and calling off is noticed."""


class _CalledOff(Exception):
    """The export was cancelled while it was written."""


def export_run(*, task_id: UUID) -> int | None:
    """Write an export, from the beginning; gives the seconds after which to try again, if it must be.

    What a worker that died had stored is no file yet, and is cleared up as an abandoned upload.
    """
    return task_run(model=Export, task_id=task_id, work=_attempt)


def error_told(error: Exception) -> str:
    """What the owner may read of an error."""
    if isinstance(error, QueryProblem | StoreError | APIException):
        return str(error.detail)
    return "The export failed."


def _attempt(export: Export) -> None:
    try:
        _write(export)
    except _CalledOff:
        logger.info("export_called_off", export_id=str(export.pk))
    except Throttled:
        raise  # it passes
    except (QueryProblem, QueryInvalid, APIException) as error:
        task_fail(model=Export, task_id=export.pk, error=error_told(error))


def _write(export: Export) -> None:
    if not export.requested_by.is_active:
        raise QueryProblem("inactive", "The account is deactivated.", "owner")
    _note(export, rows=0, bytes=0)  # an earlier attempt may have come further
    kind, escape = ExportFormat(export.format), export.escape_formulas
    plan = export_plan(
        user=export.asker, question=export.question, file_format=kind, escape_formulas=escape, counted=True
    )
    _note(export, total_rows=plan.rows)
    tally = Tally(kind)
    made = export_chunks(plan, kind, tally, caller=str(export.requested_by_id), escape_formulas=escape)
    with closing(made) as chunks:
        file = file_write(owner=export.requested_by, path=_path(export), chunks=_watched(export, tally, chunks))
    counts = {"rows": tally.rows, "bytes": tally.bytes, "sha256": tally.sha256}
    if not task_advance(task=export, succeeded=True, path=file.path, **counts):
        file_delete(file=file)  # called off at the last moment


def _watched(export: Export, tally: Tally, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, with progress noted; stops where the export was called off."""
    noted = -PROGRESS_BYTES
    for chunk in chunks:
        if tally.bytes - noted >= PROGRESS_BYTES:
            noted = tally.bytes
            _note(export, rows=max(0, tally.rows), bytes=tally.bytes)
        yield chunk


def _note(export: Export, **progress: int | None) -> None:
    if not task_advance(task=export, succeeded=False, **progress):
        raise _CalledOff


def _path(export: Export) -> str:
    """In the owner's files, by the table's name as far as a file can be named so."""
    table = str(export.question.get("table_name", "export"))
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in table)[:40]
    return f"exports/{plain}-{export.created_at:%Y%m%d-%H%M%S}-{str(export.pk)[:8]}.{export.format}"
