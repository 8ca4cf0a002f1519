"""No test of a whole run may leave a secret in the logs."""

import logging
import os
import re
import traceback
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.accounts.passwords import PASSWORD

_MADE = re.compile(
    r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{20,}"  # a JWT
    r"|tw_[0-9a-f]{8}_[\w-]{43}"  # an API key
    r"|(?<![\w-])(?:[a-z2-7]{4}-){3}[a-z2-7]{4}(?![\w-])"  # a recovery code, which is not within a UUID
    r"|X-Amz-Signature=[0-9a-f]{64}"  # a link to a file
)
_NAMES = ("SECRET_KEY", "JWT_SECRET_KEY", "S3_SECRET_KEY")
_URLS = ("DATABASE_URL", "CLICKHOUSE_URL", "REDIS_URL")


def known_secrets() -> list[str]:
    """Those of the environment, and the password that the people of the tests have; short ones are words as well."""
    found = [os.environ.get(name, "") for name in _NAMES]
    found += [urlsplit(os.environ.get(name, "")).password or "" for name in _URLS]
    return [PASSWORD, *(secret for secret in found if len(secret) >= 12)]


class LogWatch(logging.Handler):
    """Reads every line that is logged at the level of the settings."""

    def __init__(self) -> None:
        super().__init__()
        self.leaks: list[str] = []
        self._known = re.compile("|".join(map(re.escape, known_secrets())))

    def emit(self, record: logging.LogRecord) -> None:
        """Remember what gives a secret away."""
        line = f"{record.getMessage()} {vars(record)}"
        if record.exc_info:
            line += "".join(traceback.format_exception(*record.exc_info))
        if self._known.search(line) or _MADE.search(line):
            self.leaks.append(line)


@pytest.fixture(scope="session")
def log_watch() -> Iterator[LogWatch]:
    """One for the whole run."""
    watch = LogWatch()
    logging.getLogger().addHandler(watch)
    yield watch
    logging.getLogger().removeHandler(watch)


@pytest.fixture(autouse=True)
def _no_secret_is_logged(log_watch: LogWatch) -> Iterator[None]:
    log_watch.leaks.clear()
    yield
    assert log_watch.leaks == [], "a secret is in the log"
