"""The SQL of imported tables. Names are quoted here, values are bound elsewhere.

A run loads a table beside the real one and puts it in its place at the end, by one statement. The comment of a table
names the run that made it, so that a run whose worker died after the exchange knows that it is done.
"""

from collections.abc import Sequence

from analytics.sources.column_types import Column

ROW_NUMBER = "row\x1f"
"""Of an upsert: which of two rows with one key came later. No other column's name has a control character."""

FIND = """
SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
"""
COLUMNS = """
SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position
"""
BESIDE = """
SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
"""


def quoted(name: str) -> str:
    """A name as SQL."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def _declared(columns: Sequence[Column]) -> str:
    return ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)


def create(*, table: str, columns: Sequence[Column], key: Sequence[str], run: str) -> str:
    """A table of rows, sorted by its key where it has one."""
    order = f"({_list(key)})" if key else "tuple()"
    return f"CREATE TABLE {quoted(table)} ({_declared(columns)}) ENGINE = MergeTree ORDER BY {order} COMMENT '{run}'"


def create_like(*, table: str, like: str, run: str) -> str:
    """An empty table of the same form."""
    return f"CREATE TABLE {quoted(table)} AS {quoted(like)} COMMENT '{run}'"


def create_latest(*, table: str, columns: Sequence[Column], key: Sequence[str], run: str) -> str:
    """A table that keeps, when read FINAL, the last row of each key."""
    return (
        f"CREATE TABLE {quoted(table)} ({_declared(columns)}, {quoted(ROW_NUMBER)} UInt64)"
        f" ENGINE = ReplacingMergeTree({quoted(ROW_NUMBER)}) ORDER BY ({_list(key)}) COMMENT '{run}'"
    )


def insert(*, table: str, names: Sequence[str]) -> str:
    """Rows from outside."""
    return f"INSERT INTO {quoted(table)} ({_list(names)}) VALUES"


def copy_latest(*, latest: str, table: str, names: Sequence[str]) -> str:
    """The last row of each key."""
    return f"INSERT INTO {quoted(table)} ({_list(names)}) SELECT {_list(names)} FROM {quoted(latest)} FINAL"  # noqa: S608  # quoted


def copy_others(*, old: str, latest: str, table: str, names: Sequence[str], key: Sequence[str]) -> str:
    """The rows of the old table that no new row has the key of."""
    return (
        f"INSERT INTO {quoted(table)} ({_list(names)}) SELECT {_list(names)} FROM {quoted(old)}"  # noqa: S608  # quoted
        f" WHERE ({_list(key)}) NOT IN (SELECT {_list(key)} FROM {quoted(latest)})"
    )


def without_key(*, table: str, key: Sequence[str]) -> str:
    """How many rows lack a part of their key."""
    lacks = " OR ".join(f"isNull({quoted(name)})" for name in key)
    return f"SELECT count() FROM {quoted(table)} WHERE {lacks}"  # noqa: S608  # quoted


def copy_parts(*, old: str, table: str) -> str:
    """All rows of a table of the same form, without reading them: its files are linked."""
    return f"ALTER TABLE {quoted(table)} ATTACH PARTITION tuple() FROM {quoted(old)}"


def exchange(*, one: str, other: str) -> str:
    """Each takes the other's name, at once."""
    return f"EXCHANGE TABLES {quoted(one)} AND {quoted(other)}"


def rename(*, table: str, to: str) -> str:
    """Another name."""
    return f"RENAME TABLE {quoted(table)} TO {quoted(to)}"


def drop(*, table: str) -> str:
    """Away, at once, if it is there; of any size."""
    return f"DROP TABLE IF EXISTS {quoted(table)} SYNC SETTINGS max_table_size_to_drop = 0"
