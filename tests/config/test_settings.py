"""A missing or senseless setting stops the start and names itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 50,
    "JWT_SECRET_KEY": "j" * 50,
    "DATABASE_URL": "postgresql://u:p%40ss@db.example:5433/name",
    "REDIS_URL": "redis://redis.example:6379/0",
    "CLICKHOUSE_URL": "clickhouse://u:p@ch.example:9001/name",
    "CLICKHOUSE_READER_URL": "clickhouse://r:p@ch.example:9001",
    "S3_ENDPOINT_URL": "https://s3.example",
    "S3_ACCESS_KEY": "a",
    "S3_SECRET_KEY": "s",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own, and print some of them."""
    environment = {name: value for name, value in (GOOD | changes).items() if value is not None}
    code = (
        "from django.conf import settings as s;"
        "d = s.DATABASES['default'];"
        "print(d['HOST'], d['PORT'], d['USER'], d['PASSWORD'], d['NAME']);"
        "print(s.CLICKHOUSE['host'], s.CLICKHOUSE['port']);"
        "print(s.STORAGES['default']['OPTIONS']['endpoint_url'])"
    )
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", code],
        cwd=ROOT,
        env=environment | {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_works() -> None:
    started = start()
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines() == ["db.example 5433 u p@ss name", "ch.example 9001", "https://s3.example"]


def test_other_names_for_the_stores() -> None:
    started = start(
        DATABASE_URL=None,
        POSTGRES_HOST="pg.example",
        POSTGRES_PASSWORD="secret",
        CLICKHOUSE_URL=None,
        CLICKHOUSE_HOST="click.example",
        S3_ENDPOINT_URL=None,
        S3_ACCESS_KEY=None,
        S3_SECRET_KEY=None,
        MINIO_ENDPOINT="minio.example:9000",
        MINIO_ACCESS_KEY="a",
        MINIO_SECRET_KEY="s",
    )
    assert started.stdout.splitlines() == [
        "pg.example 5432 tidewatch secret tidewatch",
        "click.example 9000",
        "http://minio.example:9000",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("JWT_SECRET_KEY", ""),
        ("JWT_SECRET_KEY", "short"),
        ("JWT_ALGORITHM", "none"),
        ("ENVIRONMENT", "staging"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("REDIS_URL", None),
        ("REDIS_URL", "localhost:6379"),
        ("CLICKHOUSE_URL", None),
        ("CLICKHOUSE_URL", "http://host:8123"),
        ("CLICKHOUSE_READER_URL", None),
        ("CLICKHOUSE_HTTP_URL", "clickhouse://host:8123"),
        ("QUERY_TIMEOUT_SECONDS", "0"),
        ("S3_ENDPOINT_URL", None),
        ("S3_ENDPOINT_URL", "s3.example"),
        ("S3_PUBLIC_ENDPOINT_URL", "files.example"),
        ("S3_ADDRESSING_STYLE", "auto"),
        ("FILES_MAX_BYTES", "0"),
        ("CLAMAV_PORT", "clamd"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "soon"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0"),
        ("REGISTRATION_OPEN", "perhaps"),
        ("EVENTS_MAX_COUNT", "-1"),
        ("JWT_PREVIOUS_SECRET_KEYS", "short"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example.org/path"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("RATE_LIMIT_PER_MINUTE", "many"),
        ("LOG_LEVEL", "loud"),
        ("NIGHTLY_METRICS_AT", "25:00"),
        ("NIGHTLY_METRICS_AT", "tonight"),
        ("NIGHTLY_METRICS_TIMEZONE", "Mars/Base"),
        ("NIGHTLY_METRICS_TIMEZONE", "../UTC"),
    ],
)
def test_one_line_that_names_the_setting(name: str, value: str | None) -> None:
    stopped = start(**{name: value})
    assert stopped.returncode == 1
    [line] = stopped.stderr.strip().splitlines()
    assert line.startswith(f"Configuration error: {name} ")
    assert ".env.example" in line


def test_every_setting_is_in_the_example() -> None:
    read = r'(?:integer|flag|choice|required|_secret|env\.\w+)\(\s*"([A-Z][A-Z0-9_]+)"'
    files = (ROOT / "config" / "settings").glob("*.py")
    names = {name for file in files for name in re.findall(read, file.read_text())} - {"ENV_FILE"}
    assert len(names) > 30
    example = (ROOT / ".env.example").read_text()
    documented = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    assert names - documented == set()
    assert documented - names == {"PORT", "HOST", "DATA_DIR", "DEMO"}
