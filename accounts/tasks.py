"""What runs on a schedule, and later."""

from uuid import UUID

import structlog
from celery import shared_task

from accounts.services import audit, erasures, refresh_tokens, sign_in_attempts

logger = structlog.get_logger(__name__)


@shared_task
def refresh_tokens_delete_expired() -> int:
    """Delete expired refresh tokens; gives their number."""
    deleted = refresh_tokens.refresh_tokens_delete_expired()
    logger.info("refresh_tokens_deleted", deleted_count=deleted)
    return deleted


@shared_task
def sign_in_attempts_delete_old() -> int:
    """Delete old attempts to sign in; gives their number."""
    deleted = sign_in_attempts.sign_in_attempts_delete_old()
    logger.info("sign_in_attempts_deleted", deleted_count=deleted)
    return deleted


@shared_task
def audit_entries_delete_old() -> int:
    """Delete what AUDIT_RETENTION_DAYS lets go of the audit log; gives how many lines."""
    deleted = audit.audit_entries_delete_old()
    logger.info("audit_entries_deleted", deleted_count=deleted)
    return deleted


@shared_task
def erasure_run(erasure_id: str) -> None:
    """Erase one person."""
    erasures.erasure_run(erasure_id=UUID(erasure_id))


@shared_task
def erasures_resume() -> None:
    """Wake a worker for each erasure that was interrupted, is paused, or is to be looked over once more."""
    for erasure_id in erasures.erasures_due():
        erasure_run.delay(str(erasure_id))
