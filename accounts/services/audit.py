"""The audit log: adding to it is all there is."""

from dataclasses import asdict
from typing import Any

from accounts.models import AuditEntry, Outcome
from accounts.origin import Origin


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
