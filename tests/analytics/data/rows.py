"""A table of every kind of column, and the same rows as pandas has them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from analytics.query.tables import Policy
from analytics.tables import access
from analytics.tables.access import TableSource
from storage_app.clickhouse import gateway


@contextmanager
def stored_table(
    name: str,
    columns: dict[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    order_by: str = "tuple()",
    **source: Any,
) -> Iterator[None]:
    """A table with these columns and rows, which everybody may ask."""
    identifiers = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    gateway.execute(f"DROP TABLE IF EXISTS {quoted(name)} SYNC")
    gateway.execute(f"CREATE TABLE {quoted(name)} ({identifiers}) ENGINE = MergeTree ORDER BY {order_by}")
    if rows:
        gateway.insert(f"INSERT INTO {quoted(name)} VALUES", rows)
    policy: Policy | None = source.pop("policy", None)
    built_in = access._BUILT_IN
    built_in[name] = TableSource(name=name, stored_as=name, policy=lambda user: policy, is_swapped=True, **source)
    try:
        yield
    finally:
        del built_in[name]
        gateway.execute(f"DROP TABLE {quoted(name)} SYNC")


def quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
