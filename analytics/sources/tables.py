"""Tables in ClickHouse that a run loads beside the real one, and puts in its place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from analytics.sources import statements
from analytics.sources.column_types import Column
from analytics.sources.models import Mode
from storage_app.clickhouse import gateway

STORED_PREFIX = "imported_"
"""In front of every imported table's name in ClickHouse, so that none is ever one of our own."""
BESIDE_PREFIX = "importing_"
COPY_TIMEOUT_SECONDS = 3600


def stored_name(table_name: str) -> str:
    """What ClickHouse calls an imported table."""
    return STORED_PREFIX + table_name


def table_columns(*, table: str) -> list[Column]:
    """As they are in ClickHouse; none where there is no such table."""
    return [Column(name, kind) for name, kind in gateway.query(statements.COLUMNS, {"table": table})]


def made_by(*, table: str) -> str | None:
    """Which run made the table that is in place; None where there is none."""
    rows = gateway.query(statements.FIND, {"table": table})
    return str(rows[0][0]) if rows else None


def rows_without_key(*, table: str, key: Sequence[str]) -> int:
    """How many rows of the table in place could not be told from others."""
    [(count,)] = gateway.query(statements.without_key(table=table, key=key), timeout_seconds=COPY_TIMEOUT_SECONDS)
    return int(count)


def table_drop(*, table: str) -> None:
    """Away with it."""
    gateway.execute(statements.drop(table=table))


def beside_names() -> list[str]:
    """The tables of runs that are under way, or were killed."""
    return [name for (name,) in gateway.query(statements.BESIDE, {"prefix": BESIDE_PREFIX})]


def beside_drop(*, prefix: str) -> None:
    """Those whose names begin so."""
    for name in beside_names():
        if name.startswith(prefix):
            table_drop(table=name)


class Beside:
    """The table of one run, until it takes the real one's place."""

    def __init__(
        self, *, run_id: UUID, attempt: int, target: str, mode: str, columns: Sequence[Column], key: Sequence[str]
    ) -> None:
        self.run = str(run_id)
        self.prefix = f"{BESIDE_PREFIX}{run_id.hex}"
        self.target = target
        self.mode = mode
        self.columns = list(columns)
        self.key = list(key)
        # Of one attempt: a worker that was thought dead and is not writes into a table of its own.
        self.table = f"{self.prefix}_{attempt}"
        self.latest = f"{self.table}_latest"
        self._rows = 0

    @property
    def names(self) -> list[str]:
        """Of its columns."""
        return [column.name for column in self.columns]

    def create(self) -> None:
        """Empty, also when an earlier attempt of the run has left one."""
        beside_drop(prefix=self.prefix)
        if self.mode == Mode.APPEND and made_by(table=self.target) is not None:
            gateway.execute(statements.create_like(table=self.table, like=self.target, run=self.run))
        else:
            gateway.execute(statements.create(table=self.table, columns=self.columns, key=self.key, run=self.run))
        if self.mode == Mode.UPSERT:
            sql = statements.create_latest(table=self.latest, columns=self.columns, key=self.key, run=self.run)
            gateway.execute(sql)

    def insert(self, columns: list[list[Any]]) -> None:
        """More rows."""
        rows = len(columns[0])
        if self.mode == Mode.UPSERT:
            numbers = list(range(self._rows, self._rows + rows))
            sql = statements.insert(table=self.latest, names=[*self.names, statements.ROW_NUMBER])
            gateway.insert(sql, [*columns, numbers], columnar=True)
        else:
            gateway.insert(statements.insert(table=self.table, names=self.names), columns, columnar=True)
        self._rows += rows

    def complete(self) -> None:
        """With the rows of the real table that stay."""
        is_there = made_by(table=self.target) is not None
        if self.mode == Mode.UPSERT:
            _copy(statements.copy_latest(latest=self.latest, table=self.table, names=self.names))
            if is_there:
                _copy(
                    statements.copy_others(
                        old=self.target, latest=self.latest, table=self.table, names=self.names, key=self.key
                    )
                )
        elif self.mode == Mode.APPEND and is_there:
            _copy(statements.copy_parts(old=self.target, table=self.table))

    def take_place(self) -> None:
        """Become the real table; what was there until now is dropped afterwards, by `drop`."""
        if made_by(table=self.target) is None:
            gateway.execute(statements.rename(table=self.table, to=self.target))
        else:
            gateway.execute(statements.exchange(one=self.table, other=self.target))

    def is_in_place(self) -> bool:
        """Whether this run's table is the real one already."""
        return made_by(table=self.target) == self.run

    def drop(self) -> None:
        """Whatever of it is still beside the real table."""
        table_drop(table=self.table)
        table_drop(table=self.latest)


def _copy(sql: str) -> None:
    gateway.execute(sql, timeout_seconds=COPY_TIMEOUT_SECONDS)
