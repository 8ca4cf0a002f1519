"""What runs on a schedule."""

import structlog
from celery import shared_task

from accounts.services import refresh_tokens

logger = structlog.get_logger(__name__)


@shared_task
def refresh_tokens_delete_expired() -> int:
    """Delete expired refresh tokens; gives their number."""
    deleted = refresh_tokens.refresh_tokens_delete_expired()
    logger.info("refresh_tokens_deleted", deleted_count=deleted)
    return deleted
