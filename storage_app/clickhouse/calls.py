"""One conversation with the server: its options, its log line, its errors."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog

from storage_app.clickhouse.errors import DRIVER_FAILURES, server_reason, translate

logger = structlog.get_logger(__name__)


def new_query_id() -> str:
    """An id no other query has."""
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, for how long, and under which id it can be cancelled."""

    kind: str
    sql: str
    timeout_seconds: float
    settings: Mapping[str, Any] | None = None
    query_id: str = field(default_factory=new_query_id)

    def options(self) -> dict[str, Any]:
        """What the driver is told beside the SQL and the data."""
        settings: dict[str, Any] = {"max_execution_time": self.timeout_seconds}
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            settings["log_comment"] = f"request_id={request_id}"
        return {"query_id": self.query_id, "settings": {**settings, **(self.settings or {})}}

    @contextmanager
    def made(self) -> Iterator[None]:
        """Around the driver's part: logs it with its duration, and translates what it raises."""
        started = time.perf_counter()
        log = logger.bind(kind=self.kind, query_id=self.query_id)
        try:
            yield
        except DRIVER_FAILURES as error:
            failure = translate(error)
            log.info("clickhouse_failed", code=failure.code, reason=server_reason(error))
            raise failure from error
        finally:
            duration_ms = round((time.perf_counter() - started) * 1000, 1)
            log.debug("clickhouse_call", duration_ms=duration_ms, sql=" ".join(self.sql.split()))
