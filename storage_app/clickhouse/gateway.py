"""Every question and every write to ClickHouse goes through here.

SQL holds `{name:Type}` where values go; the server puts them in, nothing is ever formatted into the text.
Every function raises the errors of `storage_app.clickhouse.errors`.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from storage_app.clickhouse import connections
from storage_app.clickhouse.abandonment import stopped_with_requester
from storage_app.clickhouse.calls import Call, new_query_id
from storage_app.clickhouse.decoding import Row, row_decoder
from storage_app.clickhouse.errors import NETWORK_ERROR, TOO_MANY_SIMULTANEOUS_QUERIES, StoreUnavailable
from storage_app.clickhouse.parameters import bind

Params = Mapping[str, Any]
Settings = Mapping[str, Any]

CANCEL_TIMEOUT_SECONDS = 10
PING_TIMEOUT_SECONDS = 3

_PAUSE_BEFORE_SECOND_TRY = {NETWORK_ERROR: 0.0, TOO_MANY_SIMULTANEOUS_QUERIES: 0.2}
"""Seconds, by the codes after which a read is asked once more."""
# Counters that nobody reads here: to decode those of a small query takes 0.2 ms. Inserts wait for them.
_READ: dict[str, Any] = {"send_profile_events": 0}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result, with ClickHouse's name of its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class QueryResult:
    """All rows of a result. Times are aware and UTC."""

    columns: list[Column]
    rows: list[Row]
    rows_read: int = 0
    """How many rows the server looked at."""


class RowStream(Iterator[Row]):
    """The rows of a running query, each handed out once. Times are aware and UTC."""

    def __init__(self, columns: list[Column], rows: Iterator[Row]) -> None:
        self.columns = columns
        self._rows = rows

    def __next__(self) -> Row:
        return next(self._rows)


def query(
    sql: str,
    params: Params | None = None,
    *,
    settings: Settings | None = None,
    timeout_seconds: float = 30,
    query_id: str | None = None,
) -> list[Row]:
    """All rows. May be asked twice when the connection breaks, so `sql` only reads."""
    result = query_columns(sql, params, settings=settings, timeout_seconds=timeout_seconds, query_id=query_id)
    return result.rows


def query_columns(
    sql: str,
    params: Params | None = None,
    *,
    settings: Settings | None = None,
    timeout_seconds: float = 30,
    query_id: str | None = None,
    reader: bool = False,
) -> QueryResult:
    """All rows with their columns. May be asked twice when the connection breaks, so `sql` only reads.

    `reader`: as the user who can only read, which is how the questions of users are asked.
    """
    call = Call("query", sql, timeout_seconds, {**_READ, **(settings or {})}, query_id or new_query_id())
    bound = bind(sql, params)

    def ask() -> QueryResult:
        with _stopped_with_requester(call, reader=reader), call.made():
            client = connections.thread_client(timeout_seconds, reader=reader, asks_again=True)
            rows, header = client.execute(sql, bound, with_column_types=True, **call.options())
        columns = _columns(header)
        progress = client.last_query.progress
        return QueryResult(columns, _decoded(rows, columns), rows_read=progress.rows if progress else 0)

    return _asked_again(ask)


@contextmanager
def stream(
    sql: str,
    params: Params | None = None,
    *,
    settings: Settings | None = None,
    timeout_seconds: float = 600,
    query_id: str | None = None,
    reader: bool = False,
) -> Iterator[RowStream]:
    """Rows one after the other, in constant memory, over a connection of its own (`reader`: as in query_columns).

    Leaving the block before the last row closes the connection, upon which the server stops the query.
    """
    call = Call("stream", sql, timeout_seconds, settings, query_id or new_query_id())
    bound = bind(sql, params)
    with _stopped_with_requester(call, reader=reader), connections.own_client(timeout_seconds, reader=reader) as client:
        with call.made():
            answer = client.execute_iter(sql, bound, with_column_types=True, **call.options())
            columns = _columns(next(answer))
        with closing(_streamed(call, answer, columns)) as rows:
            yield RowStream(columns, rows)


def insert(
    sql: str,
    rows_or_columns: Sequence[Sequence[Any]],
    *,
    columnar: bool = False,
    settings: Settings | None = None,
    timeout_seconds: float = 60,
    query_id: str | None = None,
) -> int:
    """Sends data to `INSERT INTO … VALUES` or `INSERT INTO … SELECT … FROM input(…) FORMAT Native`.

    Never sent twice: a caller who tries again brings an `insert_deduplication_token` in `settings`.

    Returns: how many rows were sent.
    """
    call = Call("insert", sql, timeout_seconds, settings, query_id or new_query_id())
    with call.made():
        client = connections.thread_client(timeout_seconds)
        sent: int = client.execute(sql, list(rows_or_columns), columnar=columnar, **call.options())
    return sent


def execute(
    sql: str,
    params: Params | None = None,
    *,
    settings: Settings | None = None,
    timeout_seconds: float = 60,
    query_id: str | None = None,
) -> None:
    """One statement that changes something (DDL, OPTIMIZE, INSERT … SELECT). Never sent twice."""
    call = Call("execute", sql, timeout_seconds, settings, query_id or new_query_id())
    bound = bind(sql, params)
    with call.made():
        connections.thread_client(timeout_seconds).execute(sql, bound, **call.options())


def cancel(query_id: str) -> bool:
    """Stops a running query, from any thread or process, and waits until it has stopped.

    Those whose ids are this one and a hyphen and more are parts of it.

    Returns: whether it was running.
    """
    sql = "KILL QUERY WHERE query_id = {query_id:String} OR startsWith(query_id, concat({query_id:String}, '-')) SYNC"
    call = Call("cancel", sql, CANCEL_TIMEOUT_SECONDS)
    with call.made(), connections.own_client(CANCEL_TIMEOUT_SECONDS) as client:
        stopped = client.execute(sql, bind(sql, {"query_id": query_id}), **call.options())
    return bool(stopped)


def ping() -> None:
    """Asks the server for a sign of life, within a few seconds."""
    query("SELECT 1", timeout_seconds=PING_TIMEOUT_SECONDS)


def create_database(name: str) -> None:
    """Makes the database `name`, if it is missing; until then no connection can be opened to it."""
    sql = "CREATE DATABASE IF NOT EXISTS {name:Identifier}"
    call = Call("execute", sql, 60)
    with call.made(), connections.own_client(60, database="") as client:
        client.execute(sql, bind(sql, {"name": name}), **call.options())


def _stopped_with_requester(call: Call, *, reader: bool) -> AbstractContextManager[None]:
    """The questions of users are stopped when those go away; what the product asks for itself is short."""
    return stopped_with_requester(call.query_id, cancel) if reader else nullcontext()


def _asked_again(ask: Callable[[], QueryResult]) -> QueryResult:
    try:
        return ask()
    except StoreUnavailable as error:
        if error.code not in _PAUSE_BEFORE_SECOND_TRY:
            raise
        time.sleep(_PAUSE_BEFORE_SECOND_TRY[error.code])
    return ask()


def _columns(header: Sequence[tuple[str, str]]) -> list[Column]:
    return [Column(name, kind) for name, kind in header]


def _decoded(rows: list[Row], columns: list[Column]) -> list[Row]:
    decode = row_decoder([column.type for column in columns])
    return [decode(row) for row in rows] if decode else rows


def _streamed(call: Call, answer: Iterator[Row], columns: list[Column]) -> Generator[Row, None, None]:
    decode = row_decoder([column.type for column in columns])
    with call.made():
        yield from map(decode, answer) if decode else answer
