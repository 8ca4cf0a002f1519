"""Limits of stored files, how long links and uploads live, and the virus scanner."""

from config.settings.environment import env, integer

_GIBIBYTE = 1024**3

FILES_MAX_BYTES = integer("FILES_MAX_BYTES", 5 * _GIBIBYTE, low=1, high=1024 * _GIBIBYTE)
FILES_QUOTA_BYTES = integer("FILES_QUOTA_BYTES", 20 * _GIBIBYTE, low=1, high=1024 * 1024 * _GIBIBYTE)
FILES_LINK_SECONDS = integer("FILES_LINK_SECONDS", 300, low=1, high=86400)
# Also how long the links of a direct upload work; S3 signs for a week at most.
FILES_ABANDONED_HOURS = integer("FILES_ABANDONED_HOURS", 24, low=1, high=7 * 24)
FILES_EXPORT_HOURS = integer("FILES_EXPORT_HOURS", 72, low=1, high=366 * 24)
FILES_CLEANUP_INTERVAL_SECONDS = integer("FILES_CLEANUP_INTERVAL_SECONDS", 600, low=1, high=86400)
FILES_RECONCILE_INTERVAL_SECONDS = integer("FILES_RECONCILE_INTERVAL_SECONDS", 6 * 3600, low=1, high=7 * 86400)
FILES_ALLOWED_TYPES: list[str] = env.list(
    "FILES_ALLOWED_TYPES",
    default=[
        "text/csv",
        "text/tab-separated-values",
        "text/plain",
        "text/markdown",
        "application/json",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/pdf",
        "application/zip",
        "application/gzip",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
    ],
)

CLAMAV_HOST: str = env.str("CLAMAV_HOST", "")
CLAMAV_PORT = integer("CLAMAV_PORT", 3310, low=1, high=65535)
