"""One table with a column of every kind, and a client that asks it."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.analytics.data.rows import stored_table
from tests.analytics.http import AsUser

TABLE = 'Kinds of "everything" `ü` {p0:String}'
ODD = "n`a\"m'e \\ {x:UInt8} ф"
COLUMNS = {
    "id": "UInt32",
    "text": "String",
    "low": "LowCardinality(String)",
    "int": "Int32",
    "big": "UInt64",
    "float": "Float64",
    "single": "Float32",
    "dec": "Decimal(18, 4)",
    "flag": "Bool",
    "uid": "UUID",
    "day": "Date",
    "moment": "DateTime64(3, 'UTC')",
    "second": "DateTime('UTC')",
    "maybe_int": "Nullable(Int64)",
    "maybe_text": "Nullable(String)",
    "maybe_moment": "Nullable(DateTime64(3, 'UTC'))",
    "kind": "Enum8('red' = 1, 'green' = 2)",
    "tags": "Array(String)",
    "numbers": "Array(Int64)",
    "doc": "String",
    ODD: "String",
}
TEXTS = [
    "",
    "a",
    "A",
    "ab",
    "a%b",
    "a_b",
    "Äpfel",
    "äpfel",
    "naïve ☃",
    "'; DROP TABLE events --",
    "back\\slash",
    "x\ty\nz",
]
Ask = Callable[..., Any]


def _row(number: int, dice: random.Random) -> dict[str, Any]:
    at = datetime(2025, 3, 29, 20, tzinfo=UTC) + timedelta(milliseconds=dice.randrange(0, 3 * 86_400_000, 500))
    document: dict[str, Any] = {}
    if number % 7:
        choices = [1, 2, 2.5, "1", "Firefox", True, False, None, {"x": 1}, [1], 2**53 + 1]
        one, two, three = dice.choices(choices, k=3)
        document = {"v": dice.choice(choices), "in": {"deep": dice.choice(TEXTS)}}
        document["list"] = dice.choice([[one, {"v": two}], [one, {"v": two}], {"1": {"v": two}, "0": one}, [], "0", 1])
        document["a.b"] = {'c"\\': three}
    return {
        "id": number,
        "text": dice.choice(TEXTS),
        "low": dice.choice(["x", "y", "zebra"]),
        "int": dice.choice([-(2**31), -5, 0, 3, 2**31 - 1]),
        "big": dice.choice([0, 3, 2**53 + 1, 2**64 - 1]),
        "float": dice.choice([-1.5, 0.0, 0.1, 1e300]),
        "single": dice.choice([0.1, 0.5, -2.0]),
        "dec": Decimal(dice.choice(["-1.5", "0", "12345678.1234", "0.0001"])),
        "flag": dice.random() < 0.5,
        "uid": UUID(int=dice.randrange(4)),
        "day": date(2025, 3, dice.randrange(1, 31)),
        "moment": at,
        "second": at.replace(microsecond=0),
        "maybe_int": dice.choice([None, -1, 0, 7]),
        "maybe_text": dice.choice([None, "", "a", "Äpfel"]),
        "maybe_moment": dice.choice([None, at]),
        "kind": dice.choice(["red", "green"]),
        "tags": dice.sample(["a", "b", "A"], dice.randrange(4)),
        "numbers": dice.choices([1, 2, 3], k=dice.randrange(3)),
        "doc": json.dumps(document),
        ODD: dice.choice(TEXTS),
    }


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """The rows, each value as Python's own."""
    dice = random.Random(8)
    rows = [_row(number, dice) for number in range(120)]
    columns = {name: pd.Series([row[name] for row in rows], dtype=object) for name in COLUMNS}
    return pd.DataFrame(columns)


@pytest.fixture(scope="session")
def clickhouse(request: pytest.FixtureRequest) -> None:
    """A database to make tables in."""
    request.getfixturevalue("_clickhouse_migrated")


@pytest.fixture(scope="module")
def everything(clickhouse: None, frame: pd.DataFrame) -> Iterator[str]:
    """The table with those rows; gives its name."""
    rows = [tuple(row) for row in frame.itertuples(index=False)]
    with stored_table(TABLE, COLUMNS, rows, order_by="id", order=("id",), json_columns=frozenset({"doc"})):
        yield TABLE


@pytest.fixture
def client(owner: User, as_user: AsUser) -> APIClient:
    """A teacher's."""
    return as_user(owner)


@pytest.fixture
def ask(client: APIClient) -> Ask:
    """`ask("query", table_name=…)` is the body of a good answer."""

    def _ask(call: str, **body: Any) -> Any:
        answer = client.post(f"/api/v1/data/{call}", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return _ask
