"""Asks for calculations, and calls them off."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from analytics.metrics.period import Period
from analytics.metrics.registry import metrics_in_order
from analytics.models import UNFINISHED, MetricTask, TaskStatus
from analytics.selectors.metric_tasks import PATIENCE
from analytics.tasks import metric_task_run

logger = structlog.get_logger(__name__)


def metric_task_create(
    *, requested_by_id: int | None, period: Period, metrics: Sequence[str], course_id: str | None
) -> MetricTask:
    """A task for these metrics, or the unfinished one that somebody already asked for; None: of every course."""
    now = timezone.now()
    with transaction.atomic():
        task, is_new = MetricTask.objects.get_or_create(
            course_id=course_id,
            start=period.start,
            end=period.end,
            timezone=period.timezone,
            metrics=metrics_in_order(metrics),
            status__in=UNFINISHED,
            defaults={"requested_by_id": requested_by_id, "run_after": now, "status": TaskStatus.PENDING},
        )
        if is_new:
            transaction.on_commit(partial(_enqueue, task.pk))
    return task


def metric_task_cancel(*, task: MetricTask) -> bool:
    """Call off a task that has not finished; what it has stored stays. False: it had finished."""
    cancelled = MetricTask.objects.unfinished().filter(pk=task.pk)
    return bool(cancelled.update(status=TaskStatus.CANCELLED, finished_at=timezone.now()))


def _enqueue(task_id: UUID) -> None:
    try:
        metric_task_run.delay(str(task_id))
    except OperationalError as error:
        # The task is kept; the next metric_tasks_resume sends it, without the patience it has for a message under way.
        MetricTask.objects.filter(pk=task_id).update(run_after=timezone.now() - PATIENCE)
        logger.warning("metric_task_not_enqueued", task_id=str(task_id), reason=str(error))
