"""Passwords and keys of the local servers, made once a data directory."""

import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from devstack import environment_file


@dataclass(frozen=True)
class Credentials:
    """The names are those of the environment."""

    SECRET_KEY: str
    JWT_SECRET_KEY: str
    SOURCES_SECRET_KEYS: str
    POSTGRES_PASSWORD: str
    CLICKHOUSE_PASSWORD: str
    CLICKHOUSE_READER_PASSWORD: str
    S3_ACCESS_KEY: str
    S3_SECRET_KEY: str


def load_or_make(file: Path) -> Credentials:
    """Those in the file; what is missing there is made and added."""
    stored = environment_file.read(file)
    names = [field.name for field in fields(Credentials)]
    credentials = Credentials(**{name: stored.get(name) or secrets.token_hex(32) for name in names})
    if any(not stored.get(name) for name in names):
        environment_file.write_private(file, stored | asdict(credentials))
    return credentials
