"""Celery: at least once, one task at a time a process, nothing kept in the result store."""

from celery_worker.schedule import schedule
from config.settings.environment import env, integer
from config.settings.files import FILES_CLEANUP_INTERVAL_SECONDS, FILES_RECONCILE_INTERVAL_SECONDS
from config.settings.security import REFRESH_CLEANUP_INTERVAL_SECONDS
from config.settings.stores import REDIS_URL

TASK_TIME_LIMIT_SECONDS = integer("TASK_TIME_LIMIT_SECONDS", 3600, low=10, high=86400)

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest task: otherwise Redis hands a running one to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": TASK_TIME_LIMIT_SECONDS + 600}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True  # progress and results live in PostgreSQL
CELERY_TASK_TIME_LIMIT = TASK_TIME_LIMIT_SECONDS
CELERY_TASK_SOFT_TIME_LIMIT = TASK_TIME_LIMIT_SECONDS - 5
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = schedule(
    refresh_cleanup_seconds=REFRESH_CLEANUP_INTERVAL_SECONDS,
    files_cleanup_seconds=FILES_CLEANUP_INTERVAL_SECONDS,
    files_reconcile_seconds=FILES_RECONCILE_INTERVAL_SECONDS,
)
# A caller waits for the broker a moment, then hears 503.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
