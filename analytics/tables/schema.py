"""Columns of a table, and a mark that changes whenever its rows do."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from uuid import UUID

from accounts.models import User
from analytics.query.problems import QueryProblem, unknown
from analytics.query.tables import Column, Table
from analytics.tables.access import TableSource, readable_tables
from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 10

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
# Block numbers grow with every insert, versions with every mutation, partitions go when they are dropped; none of them
# changes by a merge, after which the rows are the same.
_NEWEST = """
SELECT max(max_block_number), max(data_version), groupBitXor(cityHash64(partition_id))
FROM system.parts
WHERE active AND database = currentDatabase() AND table = {table:String}
"""


@dataclass(frozen=True, slots=True)
class Version:
    """Which table this is, and since when with these columns."""

    uuid: UUID
    changed_at: datetime


def table_find(*, user: User, name: str) -> tuple[Table, Version]:
    """A table the user may read, with its columns.

    Raises:
        QueryProblem: there is no such table, or not for this user.
    """
    sources = readable_tables(user)
    source = sources.get(name)
    if source is None:
        raise unknown("table", name, sources, attr="table_name")
    version = _version(source.stored_as)
    if version is None:
        raise QueryProblem("unknown_table", f"The table {name[:128]!r} holds no data yet.", "table_name")
    return _table(source, version), version


def table_newest(*, table: Table) -> tuple[int, int, int]:
    """A mark of the table's rows: another one after each insert and each change, the same after a merge."""
    rows = gateway.query(_NEWEST, {"table": table.stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    block, version, partitions = rows[0]
    return block, version, partitions


def _version(stored_as: str) -> Version | None:
    rows = gateway.query(_VERSION, {"table": stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    return Version(*rows[0]) if rows else None


@lru_cache(maxsize=1024)
def _columns(stored_as: str, version: Version) -> tuple[tuple[str, str], ...]:
    """Asked once for each version of a table in each process."""
    _ = version
    rows = gateway.query(_COLUMNS, {"table": stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    return tuple((name, kind) for name, kind in rows)


def _table(source: TableSource, version: Version) -> Table:
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
        policy=source.policy,
    )
