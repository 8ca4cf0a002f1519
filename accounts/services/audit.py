"""The audit log: adding to it, and forgetting what is too old."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, Outcome
from accounts.origin import SYSTEM, Origin

DELETE_CHUNK = 1000


def audit_record(
    *,
    origin: Origin,
    action: str,
    outcome: Outcome = Outcome.ALLOWED,
    object_type: str = "",
    object_id: object = "",
    **details: Any,
) -> None:
    """Add a line. Never put a secret into `details`."""
    AuditEntry.objects.create(
        **asdict(origin),
        action=action,
        outcome=outcome,
        object_type=object_type,
        object_id=str(object_id).replace("\0", "")[:255],
        details=details,
    )


def audit_entries_delete_old() -> int:
    """Delete lines older than AUDIT_RETENTION_DAYS, 1,000 at a time; gives their number. That leaves a line itself.

    The database lets no other way delete any, and none of the last 30 days go (migration 0010).
    """
    if not settings.AUDIT_RETENTION_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    total = 0
    while deleted := _expire(before, DELETE_CHUNK):
        total += deleted
    if total:
        audit_record(
            origin=SYSTEM, action="audit.expire", object_type="auditentry", before=before.isoformat(), deleted=total
        )
    return total


def _expire(before: datetime, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_auditentry_expire(%s, %s)", [before, most])
        [deleted] = cursor.fetchone() or (0,)
        return int(deleted)
