"""What Celery's workers do with exports."""

from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from analytics.exports import running
from analytics.exports.selectors import export_stranded_ids


@shared_task
def export_run(export_id: str) -> None:
    """Write one export; one that a store could not answer comes again later."""
    try:
        wait_seconds = running.export_run(export_id=UUID(export_id))
    except SoftTimeLimitExceeded:
        running.export_fail(export_id=UUID(export_id), error="The export took longer than is allowed.")
        return
    if wait_seconds is not None:
        export_run.apply_async((export_id,), countdown=wait_seconds)


@shared_task
def exports_resume() -> None:
    """Wake a worker for each export whose message was lost or whose worker died."""
    for export_id in export_stranded_ids():
        export_run.delay(str(export_id))
