"""What Celery's workers do with files."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from storage_app.files.errors import FileStoreUnavailable, ScannerUnavailable
from storage_app.files.services import checking, deletion, reconciliation


@shared_task(
    autoretry_for=(FileStoreUnavailable, ScannerUnavailable), retry_backoff=5, retry_backoff_max=600, max_retries=20
)
def file_check(file_id: str) -> None:
    """Hash and scan a file that was uploaded directly."""
    checking.file_check(file_id=UUID(file_id))


@shared_task
def files_clean_up() -> int:
    """Delete what has expired or was abandoned, and check what was forgotten; gives the number deleted."""
    for file_id in checking.file_unchecked_ids():
        file_check.delay(str(file_id))
    return deletion.files_delete_pending()


@shared_task
def files_reconcile() -> None:
    """Compare PostgreSQL and the object store; the log and the admin have the report."""
    reconciliation.files_reconcile(settled_before=deletion.abandoned_before(timezone.now()))
