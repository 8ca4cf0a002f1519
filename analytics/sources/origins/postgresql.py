"""A table or a query of a PostgreSQL database, read row by row."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from analytics.sources.addresses import addresses_allowed
from analytics.sources.batches import BATCH_BYTES, BATCH_ROWS, COLUMNS_MAX_COUNT, Batch, Data
from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.names import column_names
from analytics.sources.origins.limits import Limits

CONNECT_SECONDS = 10
FETCH_ROWS = 2000
FIRST_FETCH_ROWS = 50
"""How wide rows are is known only when some have come."""
_TYPES = {
    "bool": "Bool",
    "int2": "Int64",
    "int4": "Int64",
    "int8": "Int64",
    "oid": "Int64",
    "float4": "Float64",
    "float8": "Float64",
    "date": "Date32",
    "timestamp": "DateTime64(3, 'UTC')",
    "timestamptz": "DateTime64(3, 'UTC')",
    "uuid": "UUID",
}
"""Everything else is text; numbers of any precision are below."""


@contextmanager
def postgresql_open(*, config: dict[str, Any], secrets: dict[str, Any], limits: Limits) -> Iterator[Data]:
    """The rows, over a connection that only reads.

    Raises:
        SourceFailed: here and while the rows are read.
    """
    with _explained(), _connected(config, secrets, limits) as connection, connection.cursor("source") as cursor:
        # Sent with parameters, of which there are none, a text holds one statement and no second.
        cursor.execute(_query(config), binary=True)
        described = cursor.description or []
        if not 1 <= len(described) <= COLUMNS_MAX_COUNT:
            raise LimitExceeded(f"It has {len(described)} columns; 1 to {COLUMNS_MAX_COUNT} are allowed.")
        names = column_names(column.name for column in described)
        types: list[str | None] = [f"Nullable({_type(column)})" for column in described]
        yield Data(names, types, _batches(cursor, len(names), limits))


def _connected(config: dict[str, Any], secrets: dict[str, Any], limits: Limits) -> "psycopg.Connection[Any]":
    host, port = config["host"], config["port"]
    milliseconds = int(limits.left_seconds() * 1000)
    return psycopg.connect(
        host=host,
        hostaddr=addresses_allowed(host, port)[0],  # connected to; `host` is what TLS checks
        port=port,
        dbname=config["database"],
        user=config["user"],
        password=secrets.get("password", ""),
        sslmode=config.get("sslmode") or "prefer",
        # Nothing of this machine's own: no file of passwords, no ticket.
        passfile=os.devnull,
        gssencmode="disable",
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=int(limits.stall_seconds * 1000),
        application_name="tidewatch",
        options=f"-c default_transaction_read_only=on -c statement_timeout={milliseconds} -c TimeZone=UTC"
        " -c DateStyle=ISO",
    )


def _query(config: dict[str, Any]) -> sql.SQL | sql.Composed:
    if config.get("query"):
        return sql.SQL(config["query"].strip().rstrip(";"))
    return sql.SQL("SELECT * FROM {}").format(sql.Identifier(*config["table"].split(".", 1)))


def _type(column: psycopg.Column) -> str:
    known = psycopg.adapters.types.get(column.type_code)
    name = known.name if known and column.type_code == known.oid else ""
    if name == "numeric":
        if column.precision and column.scale is not None and 0 <= column.scale <= column.precision <= 76:
            return f"Decimal({column.precision}, {column.scale})"
        return "Float64"
    return _TYPES.get(name, "String")


def _batches(cursor: "psycopg.ServerCursor[Any]", width: int, limits: Limits) -> Iterator[Batch]:
    row, size, total, wanted = 1, 0, 0, FIRST_FETCH_ROWS
    rows: list[tuple[Any, ...]] = []
    with _explained():
        while fetched := cursor.fetchmany(wanted):
            limits.left_seconds()
            rows += fetched
            came = sum(len(value) if isinstance(value, str | bytes) else 16 for each in fetched for value in each)
            wanted = max(1, min(FETCH_ROWS, BATCH_BYTES * len(fetched) // came))
            size += came
            total += came
            limits.on_bytes(total)
            if total > limits.max_bytes:
                raise LimitExceeded(f"It is larger than {limits.max_bytes:,} bytes.")
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield _batch(row, rows, width)
                row, size, rows = row + len(rows), 0, []
        if rows:
            yield _batch(row, rows, width)


def _batch(first: int, rows: list[tuple[Any, ...]], width: int) -> Batch:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Batch(list(range(first, first + len(rows))), columns or [[] for _ in range(width)])


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise LimitExceeded("The query takes longer than is allowed.") from error
        raise SourceFailed(
            "The database cannot be reached, or does not let this user in.", code="unreachable"
        ) from error
    except psycopg.Error as error:
        said = error.diag.message_primary or "it cannot be read"
        raise SourceFailed(f"The database refused: {said}", code="query_refused") from error
