"""Bytes in ClickHouse's own formats: every kind of parameter, and what goes wrong."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from storage_app.clickhouse.byte_stream import stream_bytes
from storage_app.clickhouse.calls import new_query_id
from storage_app.clickhouse.errors import QueryInvalid, StoreUnavailable

pytestmark = pytest.mark.clickhouse
HARD = "a'b\"c`\\n\\ \t\r\n\0 {x:String} ☃ %s & = +"


def read(sql: str, params: dict[str, Any] | None = None, **options: Any) -> bytes:
    with stream_bytes(
        sql, params or {}, output_format="JSONEachRow", options=options, timeout_seconds=10, query_id=new_query_id()
    ) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("String", HARD, HARD),
        ("Array(String)", [HARD, ""], [HARD, ""]),
        ("Int64", -5, -5),
        ("Array(UInt64)", [1, 2**64 - 1], [1, 2**64 - 1]),
        ("Float64", 1.5, 1.5),
        ("Bool", True, True),
        ("Array(Bool)", [True, False], [True, False]),
        ("Decimal(10, 2)", Decimal("1.25"), 1.25),
        ("UUID", UUID(int=5), str(UUID(int=5))),
        ("Array(UUID)", [UUID(int=5)], [str(UUID(int=5))]),
        ("Date32", date(1925, 1, 2), "1925-01-02"),
        ("Array(Date32)", [date(2025, 1, 2)], ["2025-01-02"]),
        ("DateTime64(3, 'UTC')", datetime(2025, 1, 2, 3, 4, 5, 678000, UTC), "2025-01-02 03:04:05.678"),
        ("Array(UInt32)", list(range(30_000)), list(range(30_000))),
        ("Array(String)", ["☃" * 1000] * 100, ["☃" * 1000] * 100),
    ],
    ids=range(15),
)
def test_parameters(kind: str, value: Any, shown: Any) -> None:
    assert json.loads(read(f"SELECT {{p:{kind}}} AS p", {"p": value}))["p"] == shown


def test_a_statement_longer_than_a_field_of_the_form() -> None:
    text = "☃'" * 200_000
    escaped = text.replace("'", "\\'")
    assert json.loads(read(f"SELECT '{escaped}' AS t, {{p:UInt8}} AS p", {"p": 5})) == {"t": text, "p": 5}


def test_what_goes_wrong(settings: Settings) -> None:
    with pytest.raises(QueryInvalid):
        read("SELECT nothing FROM events")
    with pytest.raises(QueryInvalid):
        read("DROP TABLE events")
    with pytest.raises(QueryInvalid, match="too long"):
        read("SELECT {p:String}", {"p": "☃" * 50_000})
    with pytest.raises(StoreUnavailable, match="broke off"):
        read(
            "SELECT number, throwIf(number = 3000000) FROM numbers(10000000)",
            max_block_size=10_000,
            wait_end_of_query=0,
        )
    settings.CLICKHOUSE_HTTP_URL = "http://127.0.0.1:1"
    with pytest.raises(StoreUnavailable):
        read("SELECT 1")
