"""Reads of calculation tasks."""

import time

from analytics.models import MetricTask

POLL_SECONDS = 0.2


def metric_task_wait(*, task: MetricTask, seconds: float) -> MetricTask:
    """The task as it is when it has finished, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not task.is_finished and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        task.refresh_from_db()
    return task
