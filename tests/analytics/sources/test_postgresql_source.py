"""Sources of PostgreSQL databases: our own, which SOURCES_ALLOWED_HOSTS lists for these tests."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from accounts.models import User
from config.settings.sources import AllowedHost
from tests.analytics.http import AsUser, errors
from tests.analytics.sources.conftest import SOURCES, Sync
from tests.analytics.sources.stored import columns, rows

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]
Make = Callable[..., dict[str, Any]]
SCHEMA = "sources_test"


@pytest.fixture
def database(settings: Any) -> dict[str, Any]:
    """The config of a source that reads the tests' own database."""
    where = connection.settings_dict
    settings.SOURCES_ALLOWED_HOSTS = [AllowedHost(str(where["HOST"]), int(where["PORT"]))]
    return {
        "host": where["HOST"],
        "port": int(where["PORT"]),
        "database": where["NAME"],
        "user": where["USER"],
        "password": where["PASSWORD"],
    }


@pytest.fixture
def outside(database: dict[str, Any]) -> Any:
    """A connection whose changes others see, and a schema that is gone afterwards."""
    info = {"host": database["host"], "port": database["port"], "dbname": database["database"]}
    with psycopg.connect(**info, user=database["user"], password=database["password"], autocommit=True) as made:
        made.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        made.execute(f"CREATE SCHEMA {SCHEMA}")
        yield made
        made.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def test_types_and_values(outside: Any, database: dict[str, Any], make: Make, sync: Sync) -> None:
    one = uuid.uuid4()
    outside.execute(
        f'CREATE TABLE {SCHEMA}."O\'rders" (i int8, s int2, f float8, n numeric(12, 3), m numeric, b bool, d date,'
        " t timestamp, z timestamptz, u uuid, j jsonb, a int[], x text)"
    )
    outside.execute(
        f"INSERT INTO {SCHEMA}.\"O'rders\" VALUES (%s, 7, 0.1, 123456789.125, 2.5, true, '1950-02-03',"  # noqa: S608
        " '2025-03-10 12:00:00.5', '2025-03-10 12:00:00+02', %s, '{\"k\": [1]}', '{1,2}', %s),"
        " (null, null, null, null, null, null, null, null, null, null, null, null, null)",
        [2**63 - 1, one, "O'Brien \\ \" ü"],
    )
    source = make(type="postgresql", config={**database, "table": f"{SCHEMA}.O'rders"})
    assert (source["table_name"], source["secrets"]) == ("o_rders", ["password"])
    assert "password" not in source["config"]
    run = sync(source["id"])
    assert (run.status, run.error, run.rows_read) == ("succeeded", "", 2)
    assert [kind.removeprefix("Nullable(").removesuffix(")") for kind in columns("o_rders").values()] == [
        "Int64", "Int64", "Float64", "Decimal(12, 3)", "Float64", "Bool", "Date32", "DateTime64(3, 'UTC')",
        "DateTime64(3, 'UTC')", "UUID", "String", "String", "String",
    ]  # fmt: skip
    noon = datetime(2025, 3, 10, 12, tzinfo=UTC)
    assert rows("o_rders", "i") == [
        (
            2**63 - 1, 7, 0.1, Decimal("123456789.125"), 2.5, True, date(1950, 2, 3), noon.replace(microsecond=500_000),
            noon.replace(hour=10), one, '{"k": [1]}', "[1, 2]", "O'Brien \\ \" ü",
        ),
        (None,) * 13,
    ]  # fmt: skip


def test_a_query_of_many_rows(outside: Any, database: dict[str, Any], make: Make, sync: Sync) -> None:
    query = "SELECT n, n % 7 AS m FROM generate_series(1, 20000) AS n; "
    source = make(type="postgresql", table_name="t", config={**database, "query": query})
    assert sync(source["id"]).rows_written == 20_000
    assert rows("t", "n")[-1] == (20_000, 20_000 % 7)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM {schema}.t",
        "SELECT 1; DROP TABLE {schema}.t",
        "SELECT 1; COMMIT; DROP TABLE {schema}.t",
        "WITH gone AS (DELETE FROM {schema}.t RETURNING 1) SELECT * FROM gone",
        "SELECT * FROM {schema}.nothing",
        "SELECT set_config('default_transaction_read_only', 'off', false); DELETE FROM {schema}.t",
    ],
)
def test_nothing_is_changed(outside: Any, database: dict[str, Any], make: Make, sync: Sync, query: str) -> None:
    outside.execute(f"CREATE TABLE {SCHEMA}.t AS SELECT 1 AS a")
    source = make(type="postgresql", table_name="t", config={**database, "query": query.format(schema=SCHEMA)})
    run = sync(source["id"])
    assert (run.status, run.error[:20]) == ("failed", "The database refused")
    assert outside.execute(f"SELECT a FROM {SCHEMA}.t").fetchall() == [(1,)]  # noqa: S608


def test_a_database_inside_is_not_reached(database: dict[str, Any], make: Make, sync: Sync, settings: Any) -> None:
    settings.SOURCES_ALLOWED_HOSTS = []
    for place, host in enumerate((database["host"], "localhost", "::1", "0")):
        source = make(type="postgresql", table_name=f"t{place}", config={**database, "host": host, "table": "users"})
        assert "SOURCES_ALLOWED_HOSTS" in sync(source["id"]).error


def test_a_wrong_password_is_told_without_it(
    database: dict[str, Any], make: Make, owner: User, as_user: AsUser, capfd: pytest.CaptureFixture[str]
) -> None:
    config = {**database, "user": "nobody-there", "password": "sesame-open", "table": "t"}
    source = make(type="postgresql", config=config)
    answer = as_user(owner).post(f"{SOURCES}/{source['id']}/test")
    assert (answer.status_code, errors(answer)) == (422, [("unreachable", None)])
    captured = capfd.readouterr()
    assert "sesame-open" not in captured.out + captured.err + answer.content.decode()


def test_a_query_that_takes_too_long(
    database: dict[str, Any], make: Make, sync: Sync, settings: Any, outside: Any
) -> None:
    settings.SOURCES_TRANSFER_SECONDS = 1
    source = make(type="postgresql", table_name="t", config={**database, "query": "SELECT pg_sleep(30)"})
    assert sync(source["id"]).error == "The query takes longer than is allowed."
    assert django_settings.SOURCES_TRANSFER_SECONDS == 1
