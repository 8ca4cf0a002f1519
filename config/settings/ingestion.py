"""Limits of what comes in, and of the buffer between accepting and storing."""

from config.settings.core import ENVIRONMENT
from config.settings.environment import integer

MEBIBYTE = 1024 * 1024

EVENTS_MAX_COUNT = integer("EVENTS_MAX_COUNT", 10_000, low=1, high=100_000)
EVENTS_MAX_BYTES = integer("EVENTS_MAX_BYTES", 10 * MEBIBYTE, low=1024, high=100 * MEBIBYTE)
# The views bound their own bodies; this bounds what Django reads for forms and the other endpoints.
DATA_UPLOAD_MAX_MEMORY_SIZE = EVENTS_MAX_BYTES

BUFFER_MAX_ENTRIES = integer("BUFFER_MAX_ENTRIES", 200_000, low=1, high=100_000_000)
BUFFER_MAX_BYTES = integer("BUFFER_MAX_BYTES", 1024 * MEBIBYTE, low=MEBIBYTE, high=1024 * 1024 * MEBIBYTE)
WRITER_MAX_ROWS = integer("WRITER_MAX_ROWS", 50_000, low=1, high=1_000_000)
WRITER_MAX_WAIT_MS = integer("WRITER_MAX_WAIT_MS", 500, low=1, high=60_000)
WRITER_LEASE_SECONDS = integer("WRITER_LEASE_SECONDS", 10, low=1, high=600)

EVENT_CONFLICT_WINDOW_DAYS = integer("EVENT_CONFLICT_WINDOW_DAYS", 7, low=1, high=90)
EVENT_CONFLICT_WINDOW_MAX_IDS = integer("EVENT_CONFLICT_WINDOW_MAX_IDS", 10_000_000, low=1000, high=2_000_000_000)
# Readings a minute; 0: no limit. More patience with who develops, as with requests.
_PATIENCE = 20 if ENVIRONMENT == "development" else 1
READINGS_PER_DEVICE_PER_MINUTE = integer(
    "READINGS_PER_DEVICE_PER_MINUTE", 60_000 * _PATIENCE, low=0, high=1_000_000_000
)
READINGS_PER_OWNER_PER_MINUTE = integer(
    "READINGS_PER_OWNER_PER_MINUTE", 6_000_000 * _PATIENCE, low=0, high=1_000_000_000
)
IDEMPOTENCY_KEY_HOURS = integer("IDEMPOTENCY_KEY_HOURS", 24, low=1, high=24 * 90)
DEVICE_SILENCE_GRACE_SECONDS = integer("DEVICE_SILENCE_GRACE_SECONDS", 60, low=0, high=86400)
DEVICES_PER_OWNER = integer("DEVICES_PER_OWNER", 10_000, low=1, high=10_000_000)
PIPELINE_STUCK_SECONDS = integer("PIPELINE_STUCK_SECONDS", 60, low=5, high=86400)
