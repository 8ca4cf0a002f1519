"""Asks for analyses by a worker and calls them off."""

import hashlib
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import Span
from analytics.devices.services.running import query_id_of
from analytics.devices.tasks import device_analysis_run
from analytics.kept_task import UNFINISHED, TaskStatus
from analytics.services.task_runs import task_cancel, task_enqueue
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

ROWS_AN_INSERT = 2000


class DeviceGone(LookupError):
    """A device was deleted while its analysis was asked for."""


def device_analysis_create(*, requested_by_id: int, device_ids: Sequence[UUID], span: Span) -> DeviceAnalysisTask:
    """A task for these devices, or the unfinished one that the same person already asked for.

    Raises:
        DeviceGone
    """
    try:
        with transaction.atomic():
            return _get_or_create(requested_by_id, sorted(set(device_ids)), span)
    except IntegrityError as error:
        raise DeviceGone from error


def device_analysis_cancel(*, task: DeviceAnalysisTask) -> bool:
    """Call off an analysis that has not finished, and stop its query. False: it had finished."""
    if not task_cancel(task=task):
        return False
    try:
        gateway.cancel(query_id_of(task))
    except StoreError as error:
        # It is called off all the same: its worker finds out when the query has ended.
        logger.warning("device_analysis_not_stopped", task_id=str(task.pk), reason=error.detail)
    return True


def _get_or_create(requested_by_id: int, device_ids: list[UUID], span: Span) -> DeviceAnalysisTask:
    task, is_new = DeviceAnalysisTask.objects.get_or_create(
        wish=_wish(requested_by_id, device_ids, span),
        status__in=UNFINISHED,
        defaults={
            "requested_by_id": requested_by_id,
            "start": span.start,
            "end": span.end,
            "total": len(device_ids),
            "run_after": timezone.now(),
            "status": TaskStatus.PENDING,
        },
    )
    if is_new:
        analyses = (DeviceAnalysis(task=task, device_id=device_id) for device_id in device_ids)
        DeviceAnalysis.objects.bulk_create(analyses, batch_size=ROWS_AN_INSERT)
        transaction.on_commit(partial(task_enqueue, task=task, message=device_analysis_run))
    return task


def _wish(requested_by_id: int, device_ids: list[UUID], span: Span) -> str:
    """The same for the same wish of the same person."""
    return hashlib.sha256(repr((requested_by_id, span, device_ids)).encode()).hexdigest()
