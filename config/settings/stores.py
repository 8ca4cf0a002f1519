"""Where the stores are: PostgreSQL, ClickHouse, Redis, S3. Each by one URL or by the names its users know."""

from typing import Any
from urllib.parse import unquote

from botocore.config import Config

from config.settings.environment import choice, env, integer, refuse, required, url


def _postgresql() -> dict[str, Any]:
    if text := env.str("DATABASE_URL", ""):
        parts = url("DATABASE_URL", text, ("postgresql", "postgres", "psql"))
        name = unquote(parts.path.lstrip("/"))
        if not name:
            raise refuse("DATABASE_URL", "must name a database: postgresql://user:password@host:5432/name")
        where = {
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname,
            "PORT": parts.port or 5432,
        }
    elif host := env.str("POSTGRES_HOST", ""):
        where = {
            "NAME": env.str("POSTGRES_DB", "tidewatch"),
            "USER": env.str("POSTGRES_USER", "tidewatch"),
            "PASSWORD": required("POSTGRES_PASSWORD"),
            "HOST": host,
            "PORT": integer("POSTGRES_PORT", 5432, low=1, high=65535),
        }
    else:
        raise refuse("DATABASE_URL", "is not set (nor is POSTGRES_HOST)")
    return where | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        # The pool asks a connection before it hands it out: after a restart of PostgreSQL all of them are dead.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": integer("DATABASE_POOL_SIZE", 8, low=1, high=200),
                "timeout": 5,
                "max_idle": 300,
                "reconnect_timeout": 10,
            },
            "connect_timeout": 5,
        },
    }


def _clickhouse() -> dict[str, Any]:
    if text := env.str("CLICKHOUSE_URL", ""):
        parts = url("CLICKHOUSE_URL", text, ("clickhouse", "clickhouses"))
        return {
            "host": parts.hostname,
            "port": parts.port or (9440 if parts.scheme == "clickhouses" else 9000),
            "user": unquote(parts.username or "default"),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.lstrip("/")) or "tidewatch",
            "secure": parts.scheme == "clickhouses",
        }
    if host := env.str("CLICKHOUSE_HOST", ""):
        return {
            "host": host,
            "port": integer("CLICKHOUSE_PORT", 9000, low=1, high=65535),
            "user": env.str("CLICKHOUSE_USER", "default"),
            "password": env.str("CLICKHOUSE_PASSWORD", ""),
            "database": env.str("CLICKHOUSE_DATABASE", "tidewatch"),
            "secure": False,
        }
    raise refuse("CLICKHOUSE_URL", "is not set (nor is CLICKHOUSE_HOST)")


def _clickhouse_reader(main: dict[str, Any]) -> dict[str, Any]:
    """The same database for the questions of users, as somebody who can only read."""
    if text := env.str("CLICKHOUSE_READER_URL", ""):
        parts = url("CLICKHOUSE_READER_URL", text, ("clickhouse", "clickhouses"))
        return main | {
            "host": parts.hostname,
            "port": parts.port or (9440 if parts.scheme == "clickhouses" else 9000),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "secure": parts.scheme == "clickhouses",
        }
    if password := env.str("CLICKHOUSE_READER_PASSWORD", ""):
        return main | {"user": env.str("CLICKHOUSE_READER_USER", "tidewatch_reader"), "password": password}
    raise refuse("CLICKHOUSE_READER_URL", "is not set (nor is CLICKHOUSE_READER_PASSWORD)")


def _clickhouse_http(reader: dict[str, Any]) -> str:
    scheme, port = ("https", 8443) if reader["secure"] else ("http", 8123)
    text: str = env.str("CLICKHOUSE_HTTP_URL", "") or f"{scheme}://{reader['host']}:{port}"
    url("CLICKHOUSE_HTTP_URL", text, ("http", "https"))
    return text


def _s3_endpoint() -> str:
    endpoint: str = env.str("S3_ENDPOINT_URL", "")
    if endpoint:
        url("S3_ENDPOINT_URL", endpoint, ("http", "https"))
        return endpoint
    if minio := env.str("MINIO_ENDPOINT", ""):
        # MinIO's own clients take host:port without a scheme.
        endpoint = minio if "://" in minio else f"http://{minio}"
        url("MINIO_ENDPOINT", endpoint, ("http", "https"))
        return endpoint
    raise refuse("S3_ENDPOINT_URL", "is not set (nor is MINIO_ENDPOINT)")


def _s3_storage() -> dict[str, Any]:
    style: Any = choice("S3_ADDRESSING_STYLE", "path", ("path", "virtual"))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": _s3_endpoint(),
            "access_key": env.str("S3_ACCESS_KEY", "") or required("MINIO_ACCESS_KEY"),
            "secret_key": env.str("S3_SECRET_KEY", "") or required("MINIO_SECRET_KEY"),
            "bucket_name": env.str("S3_BUCKET", "tidewatch"),
            "region_name": env.str("S3_REGION", "us-east-1"),
            "file_overwrite": False,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": style},
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 3},
                # The checksums boto3 adds of its own accord are unknown to many an S3 that is not Amazon's.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        },
    }


def _s3_links(storage: dict[str, Any]) -> dict[str, Any]:
    """The same store as those outside reach it: a link is signed for the host it names."""
    public: str = env.str("S3_PUBLIC_ENDPOINT_URL", "")
    if not public:
        return storage
    url("S3_PUBLIC_ENDPOINT_URL", public, ("http", "https"))
    return storage | {"OPTIONS": storage["OPTIONS"] | {"endpoint_url": public}}


def _redis() -> str:
    text = required("REDIS_URL")
    url("REDIS_URL", text, ("redis", "rediss"))
    return text


DATABASES = {"default": _postgresql()}
CLICKHOUSE = _clickhouse()
CLICKHOUSE_READER = _clickhouse_reader(CLICKHOUSE)
CLICKHOUSE_HTTP_URL = _clickhouse_http(CLICKHOUSE_READER)
REDIS_URL = _redis()

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

_S3 = _s3_storage()
STORAGES: dict[str, dict[str, Any]] = {
    "default": _S3,
    "links": _s3_links(_S3),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
