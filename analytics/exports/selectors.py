"""Reads of exports."""

from uuid import UUID

from django.utils import timezone
from rest_framework.exceptions import APIException

from accounts.models import User
from analytics.exports.models import Export
from analytics.selectors.task_runs import PATIENCE
from analytics.task_status import TaskStatus
from storage_app import advisory_lock
from storage_app.files.selectors import FileLink, file_link


def export_stranded_ids() -> list[UUID]:
    """Exports nobody works on: their message was lost, or their worker died in the middle."""
    overdue = Export.objects.unfinished().filter(run_after__lt=timezone.now() - PATIENCE)
    return [
        export.pk
        for export in overdue.order_by("run_after")
        if export.status == TaskStatus.PENDING or not advisory_lock.is_held(export.pk)
    ]


def export_link(*, export: Export, owner: User) -> FileLink | None:
    """Where the file can be fetched from; None: there is none, not yet or not any more."""
    if not export.path:
        return None
    try:
        return file_link(viewer=owner, shown_path=export.path)
    except APIException:
        return None  # deleted, or expired
