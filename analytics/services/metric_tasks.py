"""Asks for calculations."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from analytics.metrics.period import Period
from analytics.models import UNFINISHED, MetricTask, TaskStatus
from analytics.services.task_runs import task_enqueue
from analytics.tasks import metric_task_run


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
            metrics=sorted(set(metrics)),
            status__in=UNFINISHED,
            defaults={"requested_by_id": requested_by_id, "run_after": now, "status": TaskStatus.PENDING},
        )
        if is_new:
            transaction.on_commit(partial(task_enqueue, task=task, message=metric_task_run))
    return task
