"""Results as bytes in one of ClickHouse's own formats, over its HTTP interface: no row passes through Python.

Asked as the reader. Every value is bound, as everywhere; what goes wrong is one of `storage_app.clickhouse.errors`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import structlog
from django.conf import settings

from storage_app.clickhouse import gateway
from storage_app.clickhouse.abandonment import stopped_with_requester
from storage_app.clickhouse.connections import CONNECT_TIMEOUT_SECONDS, QUERY_MAX_BYTES, SOCKET_MARGIN_SECONDS
from storage_app.clickhouse.errors import NETWORK_ERROR, QueryInvalid, StoreUnavailable, by_code

logger = structlog.get_logger(__name__)

CHUNK_BYTES = 256 * 1024
_ERROR_BYTES = 4096
_FIELD_BYTES = 100_000
"""The server takes fields of a form up to 128 KiB, and has read them before it knows whose settings apply."""
_PIECE_COUNT = 500
_SESSION = {
    "session_timezone": "UTC",
    "max_query_size": QUERY_MAX_BYTES,
    "optimize_move_to_prewhere_if_final": 1,
    "cancel_http_readonly_queries_on_client_close": 1,
}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
_QUOTED_ESCAPES = _ESCAPES | {ord("'"): "\\'"}


@contextmanager
def stream_bytes(
    sql: str,
    params: Mapping[str, Any],
    *,
    output_format: str,
    options: Mapping[str, Any],
    timeout_seconds: float,
    query_id: str,
) -> Iterator[Iterator[bytes]]:
    """The result of a SELECT in `output_format`; leaving the block early stops the query."""
    server = settings.CLICKHOUSE_READER
    sql, parameters = _fitting(sql, params)
    fields = [("query", (None, piece)) for piece in _pieces(f"{sql} FORMAT {output_format}")]
    fields += [(f"param_{name}", (None, text)) for name, text in parameters.items()]
    wait = httpx.Timeout(timeout_seconds + SOCKET_MARGIN_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
    query = {"database": server["database"], "query_id": query_id, "max_execution_time": timeout_seconds}
    try:
        with (
            stopped_with_requester(query_id, gateway.cancel),
            httpx.Client(timeout=wait, trust_env=False) as client,
            client.stream(
                "POST",
                settings.CLICKHOUSE_HTTP_URL,
                params=query | _SESSION | dict(options),
                files=fields,
                auth=(server["user"], server["password"]),
                headers={"Accept-Encoding": "identity"},
            ) as response,
        ):
            _check(response)
            yield response.iter_raw(CHUNK_BYTES)
    except httpx.HTTPError as error:
        # Also when the server broke off: once bytes are on their way, that is how it says that the query failed.
        logger.info("clickhouse_stream_failed", query_id=query_id, reason=str(error))
        raise StoreUnavailable("The analytics database broke off its answer.", code=NETWORK_ERROR) from error


def _pieces(sql: str) -> Iterator[str]:
    """A long statement in several fields, which the server puts together again."""
    size = _FIELD_BYTES // 4  # of the longest characters
    for at in range(0, len(sql), size):
        yield sql[at : at + size]


def _fitting(sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The parameters as text, and the SQL with long lists put together from pieces.

    Raises:
        QueryInvalid: a text is longer than a field.
    """
    texts: dict[str, str] = {}
    for name, value in params.items():
        text = _parameter(value)
        if len(text.encode()) <= _FIELD_BYTES:
            texts[name] = text
            continue
        if not isinstance(value, list | tuple) or len(value) <= 1:
            raise QueryInvalid("A value of the query is too long for an export.")
        size = min(_PIECE_COUNT, len(value) // 2)
        pieces = {f"{name}_{at}": value[at : at + size] for at in range(0, len(value), size)}
        kind = sql.partition(f"{{{name}:")[2].partition("}")[0]
        together = ", ".join(f"{{{piece}:{kind}}}" for piece in pieces)
        sql, more = _fitting(sql.replace(f"{{{name}:{kind}}}", f"arrayConcat({together})"), pieces)
        texts |= more
    return sql, texts


def _check(response: httpx.Response) -> None:
    if response.status_code == httpx.codes.OK:
        return
    text = next(response.iter_raw(_ERROR_BYTES), b"").decode(errors="replace")
    code = response.headers.get("X-ClickHouse-Exception-Code", "")
    logger.info("clickhouse_failed", kind="stream", code=code, reason=text.partition("\n")[0])
    raise by_code(int(code) if code.isdecimal() else NETWORK_ERROR, text)


def _parameter(value: Any) -> str:
    """A value in the form of a tab-separated field."""
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_element(each) for each in value)}]"
    return _plain(value)


def _element(value: Any) -> str:
    if isinstance(value, bool | int | float | Decimal):
        return _plain(value)
    text = value.translate(_QUOTED_ESCAPES) if isinstance(value, str) else _plain(value)
    return f"'{text}'"


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        case int() | float() | Decimal() | date() | UUID():
            return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be a query parameter")
