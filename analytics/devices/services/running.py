"""Runs an analysis that was asked for: one query for all its devices, a result for each."""

from uuid import UUID

from django.conf import settings

from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import Span, devices_analyse
from analytics.services.task_runs import task_advance, task_run

ROWS_AN_UPDATE = 500


def device_analysis_run(*, task_id: UUID) -> int | None:
    """Analyse and store; gives the seconds after which to run it again, if it must be."""
    return task_run(model=DeviceAnalysisTask, task_id=task_id, work=_analyse)


def query_id_of(task: DeviceAnalysisTask) -> str:
    """Under which id its query can be stopped. No two run at once, wherever the first one's worker is."""
    return f"device-analysis-{task.pk}"


def _analyse(task: DeviceAnalysisTask) -> None:
    analyses = list(task.analyses.all())  # less those whose device was deleted since
    figures = devices_analyse(
        device_ids=[analysis.device_id for analysis in analyses],
        span=Span(task.start, task.end),
        timeout_seconds=settings.TASK_TIME_LIMIT_SECONDS,
        query_id=query_id_of(task),
    )
    for analysis in analyses:
        analysis.result = {**figures[analysis.device_id]}
    for first in range(0, len(analyses), ROWS_AN_UPDATE):
        DeviceAnalysis.objects.bulk_update(analyses[first : first + ROWS_AN_UPDATE], ["result"])
        if not task_advance(task=task, succeeded=False, done=min(first + ROWS_AN_UPDATE, len(analyses))):
            return
    task_advance(task=task, succeeded=True)
