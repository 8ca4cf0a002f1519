"""Columns of a table, and its state, which changes whenever its rows do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from uuid import UUID

from accounts.models import User
from analytics.query.problems import QueryProblem
from analytics.query.tables import Column, Policy, Table
from analytics.tables.access import TableSource, table_source_find
from analytics.tables.parts import TIMEOUT_SECONDS, Mark, mark_read
from storage_app.clickhouse import gateway

_VERSION = """
SELECT uuid, metadata_modification_time
FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
"""
# What is computed when a row is written belongs to the table's own business.
_COLUMNS = """
SELECT name, type
FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind IN ('', 'DEFAULT')
ORDER BY position
"""
VERSION_SECONDS = 2.0
"""How long a change of columns, in the same table, may take to show."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which table this is, and since when with these columns."""

    uuid: UUID
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TableState:
    """A table as it is now: another one after each insert and each change, the same after a merge."""

    version: Version
    mark: Mark


def table_find(*, user: User, name: str) -> tuple[Table, TableState]:
    """A table the user may read, with its columns, and its state of now, for answers that are kept.

    Raises:
        QueryProblem: there is no such table, or not for this user.
    """
    source = table_source_find(user=user, name=name)
    mark = mark_read(source.stored_as)
    version = _version(source, is_current=lambda known: _is_of(known, mark))
    return _table(source, version, source.policy(user)), TableState(version, mark)


def table_shape(*, user: User, name: str) -> Table:
    """The table alone, which costs less to find.

    Raises:
        QueryProblem: as table_find.
    """
    source = table_source_find(user=user, name=name)
    version = _version(source, is_current=lambda _: not source.is_swapped)
    return _table(source, version, source.policy(user))


_versions: dict[str, tuple[float, Version]] = {}


def _version(source: TableSource, *, is_current: Callable[[Version], bool]) -> Version:
    """The one known for no longer than VERSION_SECONDS, if it `is_current`; or the store's."""
    asked_at, known = _versions.get(source.stored_as, (0.0, None))
    if known and time.monotonic() - asked_at <= VERSION_SECONDS and is_current(known):
        return known
    rows = gateway.query(_VERSION, {"table": source.stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    if not rows:
        raise QueryProblem("unknown_table", f"The table {source.name[:128]!r} holds no data yet.", "table_name")
    version = Version(*rows[0])
    _versions[source.stored_as] = (time.monotonic(), version)
    return version


def _is_of(version: Version, mark: Mark) -> bool:
    """Whether the parts are this table's; of a table without parts nobody knows."""
    return bool(mark.directories) and all(each.endswith(f"/{version.uuid}") for each in mark.directories)


@lru_cache(maxsize=1024)
def _columns(stored_as: str, version: Version) -> tuple[tuple[str, str], ...]:
    """Asked once for each version of a table in each process."""
    _ = version
    rows = gateway.query(_COLUMNS, {"table": stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    return tuple((name, kind) for name, kind in rows)


def _table(source: TableSource, version: Version, policy: Policy | None) -> Table:
    columns = {
        name: Column(name, kind, is_json=name in source.json_columns)
        for name, kind in _columns(source.stored_as, version)
    }
    return Table(
        name=source.name,
        columns=MappingProxyType(columns),
        stored_as=source.stored_as,
        final=source.final,
        time_column=source.time_column,
        order=source.order,
        policy=policy,
    )
