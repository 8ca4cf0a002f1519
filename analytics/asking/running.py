"""Statements of questions on their way through the gateway: as the reader, within limits, for somebody's account."""

import time
from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings

from analytics.asking import exchange
from analytics.query.statements import Statement
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryRefused
from storage_app.clickhouse.gateway import QueryResult


@dataclass(slots=True)
class Asker:
    """Who asks one question, in one or more statements. `name`, where it has one, lets them cancel it."""

    caller: str
    name: str = ""
    query_id: str = field(default_factory=lambda: uuid4().hex)
    _statement_count: int = 0
    _seconds: float = 0.0
    _rows_read: int = 0
    _has_begun: bool = False

    def begin(self, *, key: str = "", token: str = "") -> bytes | bool:
        """As exchange.begin; where that gives True, `ask` as often as there are statements, and then `end`."""
        found = exchange.begin(caller=self.caller, name=self.name, query_id=self.query_id, key=key, token=token)
        self._has_begun = found is True
        return found

    def end(self, *, key: str = "", token: str = "", packed: bytes = b"") -> None:
        """Charge the caller for what was asked; as exchange.end."""
        seconds, self._seconds, rows, self._rows_read = self._seconds, 0.0, self._rows_read, 0
        self._has_begun = False
        exchange.end(caller=self.caller, seconds=seconds, rows=rows, key=key, token=token, packed=packed)

    def ask(self, statement: Statement) -> QueryResult:
        """The statement's answer. One that is a question of its own begins and ends it.

        Raises:
            Throttled, and the errors of storage_app.clickhouse.errors
        """
        if self._has_begun:
            return self._asked(statement)
        self.begin()
        try:
            return self._asked(statement)
        finally:
            self.end()

    def _asked(self, statement: Statement) -> QueryResult:
        started = time.perf_counter()
        self._statement_count += 1
        try:
            result = gateway.query_columns(
                statement.sql,
                statement.parameters,
                settings=statement.settings | limits(),
                timeout_seconds=settings.QUERY_TIMEOUT_SECONDS,
                # ClickHouse knows a query that has just ended for a moment longer.
                query_id=f"{self.query_id}-{self._statement_count}",
                reader=True,
            )
            self._rows_read += result.rows_read
        except QueryRefused as error:
            if error.limit == "rows_read":
                self._rows_read += settings.QUERY_MAX_ROWS_READ
            raise
        finally:
            self._seconds += time.perf_counter() - started
        return result


def limits() -> dict[str, int | str]:
    """Of one statement."""
    return {
        "max_memory_usage": settings.QUERY_MAX_MEMORY_BYTES,
        "max_rows_to_read": settings.QUERY_MAX_ROWS_READ,
        "max_result_rows": settings.QUERY_MAX_RESULT_ROWS,
        "read_overflow_mode": "throw",
        "result_overflow_mode": "throw",
        "timeout_overflow_mode": "throw",
    }


def query_cancel(*, caller: str, name: str) -> bool:
    """Stop what the caller asks under this name. False: nothing of theirs runs under it."""
    query_id = exchange.noted_query_id(caller=caller, name=name)
    return query_id is not None and gateway.cancel(query_id)
