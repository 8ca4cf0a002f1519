"""Brings the ClickHouse schema up to date: numbered SQL files, one statement a step, each recorded when it is done.

A step that ran but died before it was recorded runs again, so each statement is safe to repeat (`IF NOT EXISTS`).
Two migrators must not run at once: see `migration_lock`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable

from django.conf import settings

from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import (
    UNKNOWN_DATABASE,
    UNKNOWN_TABLE,
    QueryInvalid,
    StoreError,
    StoreUnavailable,
    server_reason,
)
from storage_app.clickhouse.statements import split_statements

DIRECTORY = files("storage_app.clickhouse") / "migrations"
STEP_TIMEOUT_SECONDS = 6 * 3600

_FILE_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32, name String, step UInt32, steps UInt32, checksum String, applied_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree ORDER BY (number, step)
"""


class MigrationError(Exception):
    """The files, or what is recorded of them, are not in order; or a step failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """Statement number `step` of the `steps` in the file `name`."""

    number: int
    name: str
    step: int
    steps: int
    sql: str

    @property
    def checksum(self) -> str:
        """Of the statement without its comments."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.name} step {self.step}/{self.steps}"


@dataclass(frozen=True, slots=True)
class Applied:
    """What is recorded of a step that was done."""

    number: int
    name: str
    step: int
    steps: int
    checksum: str


def pending(directory: Traversable = DIRECTORY) -> list[Step]:
    """The steps still to be done, in order. Changes nothing.

    Raises:
        MigrationError: a misnamed file, a gap or a double number, a file that changed after it was applied.
    """
    steps = _read_steps(directory)
    applied = _read_applied()
    _check_unchanged(steps, applied)
    done = {(record.number, record.step) for record in applied}
    return [step for step in steps if (step.number, step.step) not in done]


def migrate(directory: Traversable = DIRECTORY) -> list[Step]:
    """Do all that is pending; the steps done."""
    steps = pending(directory)
    for step in steps:
        apply(step)
    return steps


def apply(step: Step) -> None:
    """Do one step and record it.

    Raises:
        MigrationError: the server did not take it.
        StoreUnavailable: the server cannot be used now.
    """
    _make_records()
    try:
        gateway.execute(step.sql, timeout_seconds=STEP_TIMEOUT_SECONDS)
    except StoreUnavailable:
        raise
    except StoreError as error:
        raise MigrationError(f"{step} failed: {server_reason(error.__cause__ or error)}") from error
    row = (step.number, step.name, step.step, step.steps, step.checksum, datetime.now(UTC))
    gateway.insert("INSERT INTO schema_migrations (number, name, step, steps, checksum, applied_at) VALUES", [row])


def _make_records() -> None:
    try:
        gateway.execute(_TABLE)
    except QueryInvalid as error:
        if error.code != UNKNOWN_DATABASE:
            raise
        gateway.create_database(settings.CLICKHOUSE["database"])
        gateway.execute(_TABLE)


def _read_steps(directory: Traversable) -> list[Step]:
    names = sorted(entry.name for entry in directory.iterdir() if entry.name.endswith(".sql"))
    steps: list[Step] = []
    for expected, name in enumerate(names, start=1):
        number = _number(name)
        if number != expected:
            problem = "is there twice" if number < expected else f"comes where {expected:04} is expected"
            raise MigrationError(f"{name}: number {number:04} {problem}")
        steps += _file_steps(number, name, (directory / name).read_text(encoding="utf-8"))
    return steps


def _number(name: str) -> int:
    match = _FILE_NAME.fullmatch(name)
    if match is None:
        raise MigrationError(f"{name}: a migration is named NNNN_what_it_does.sql")
    return int(match["number"])


def _file_steps(number: int, name: str, text: str) -> list[Step]:
    try:
        statements = split_statements(text)
    except ValueError as error:
        raise MigrationError(f"{name}: {error}") from error
    if not statements:
        raise MigrationError(f"{name}: there is no statement in it")
    return [Step(number, name, step, len(statements), sql) for step, sql in enumerate(statements, start=1)]


def _read_applied() -> list[Applied]:
    sql = "SELECT number, name, step, steps, checksum FROM schema_migrations ORDER BY number, step"
    try:
        return [Applied(*row) for row in gateway.query(sql)]
    except QueryInvalid as error:
        if error.code in {UNKNOWN_DATABASE, UNKNOWN_TABLE}:
            return []
        raise


def _check_unchanged(steps: Sequence[Step], applied: Sequence[Applied]) -> None:
    """What was applied must still be in the files; a file of which only a part was applied may change in the rest."""
    known = {(step.number, step.step): step for step in steps}
    done = Counter(record.number for record in applied)
    for record in applied:
        step = known.get((record.number, record.step))
        if step is None or (step.name, step.checksum) != (record.name, record.checksum):
            raise MigrationError(f"{record.name}: step {record.step} was changed or removed after it was applied")
        if done[record.number] == record.steps != step.steps:
            raise MigrationError(f"{record.name}: a step was added after it was applied")
