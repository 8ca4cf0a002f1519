"""Statements of questions on their way through the gateway: as the reader, within limits, for somebody's account."""

import time
from dataclasses import dataclass, field
from uuid import uuid4

import redis
import structlog
from django.conf import settings

from analytics.asking.budget import budget_charge, budget_check
from analytics.query.statements import Statement
from analytics.redis_store import client
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryRefused
from storage_app.clickhouse.gateway import QueryResult

logger = structlog.get_logger(__name__)
_PREFIX = "tidewatch:asking:"


@dataclass(slots=True)
class Asker:
    """Who asks. `name`, where the caller gave the request one, lets them cancel it."""

    caller: str
    name: str = ""
    query_id: str = field(default_factory=lambda: uuid4().hex)

    def ask(self, statement: Statement) -> QueryResult:
        """The statement's answer.

        Raises:
            Throttled, and the errors of storage_app.clickhouse.errors
        """
        budget_check(self.caller)
        self._note()
        started = time.perf_counter()
        rows_read = 0
        try:
            result = gateway.query_columns(
                statement.sql,
                statement.parameters,
                settings=statement.settings | limits(),
                timeout_seconds=settings.QUERY_TIMEOUT_SECONDS,
                query_id=self.query_id,
                reader=True,
            )
            rows_read = result.rows_read
        except QueryRefused as error:
            if error.limit == "rows_read":
                rows_read = settings.QUERY_MAX_ROWS_READ
            raise
        finally:
            self.query_id = uuid4().hex  # ClickHouse knows a query that has just ended for a moment longer
            budget_charge(self.caller, seconds=time.perf_counter() - started, rows=rows_read)
        return result

    def _note(self) -> None:
        if not self.name:
            return
        try:
            client().set(_key(self.caller, self.name), self.query_id, ex=settings.QUERY_TIMEOUT_SECONDS + 5)
        except redis.RedisError as error:
            logger.warning("query_not_cancellable", reason=str(error))


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
    query_id = client().get(_key(caller, name))
    return isinstance(query_id, bytes) and gateway.cancel(query_id.decode())


def _key(caller: str, name: str) -> str:
    return f"{_PREFIX}{caller}:{name}"
