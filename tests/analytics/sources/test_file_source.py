"""A stored file becomes a table."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accounts.models import User
from analytics.sources.models import ImportedTable
from analytics.sources.tables import stored_name
from storage_app.clickhouse import gateway
from tests.analytics.http import AsUser
from tests.analytics.sources.conftest import SOURCES, Sync
from tests.analytics.sources.stored import columns, rows, upload

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.s3]
Make = Callable[..., dict[str, Any]]

CITIES = b"city;people;founded;capital\nBerlin;3700000;1237-10-28;true\nK\xc3\xb6ln;;;false\n"


def test_one_call_makes_a_file_a_source(owner: User, as_user: AsUser, make: Make, sync: Sync) -> None:
    path = upload(as_user, owner, "My Cities.csv", b"city,people\nBerlin,3700000\nBonn,\n")
    source = make(type="file", config={"path": path})
    assert (source["name"], source["table_name"], source["mode"]) == ("My Cities.csv", "my_cities", "replace")
    run = sync(source["id"])
    assert (run.status, run.error) == ("succeeded", "")
    assert (run.rows_read, run.rows_written, run.rows_refused) == (2, 2, 0)
    assert columns("my_cities") == {"city": "String", "people": "Nullable(Int64)"}
    assert rows("my_cities") == [("Berlin", 3_700_000), ("Bonn", None)]
    table = ImportedTable.objects.get()
    assert (table.name, table.stored_as, table.source_id) == ("my_cities", stored_name("my_cities"), source["id"])
    answer = as_user(owner).get(f"{SOURCES}/{source['id']}").json()
    assert answer["last_run"]["id"] == str(run.pk)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["taxis", "flights_2001_20k", "seattle_weather"])
def test_real_tables_are_as_pandas_reads_them(
    owner: User, as_user: AsUser, make: Make, sync: Sync, shared_data: Path, name: str
) -> None:
    packed = (shared_data / "data" / f"table_{name}.csv.gz").read_bytes()
    path = upload(as_user, owner, f"{name}.csv.gz", packed)
    source = make(type="file", config={"path": path})
    run = sync(source["id"])
    assert (run.status, run.rows_refused) == ("succeeded", 0)

    expected = pd.read_csv(shared_data / "data" / f"table_{name}.csv.gz")
    times = [column for column in expected if column in {"date", "pickup", "dropoff"}]
    expected[times] = expected[times].apply(pd.to_datetime)
    found = columns(source["table_name"])
    kinds = {"i": "Int64", "f": "Float64", "b": "Bool", "M": "Date", "O": "String", "U": "String"}
    assert list(found) == list(expected)
    for column, kind in found.items():
        expected_kind = kinds[expected[column].dtype.kind]
        assert expected_kind in kind, column
        assert kind.startswith("Nullable") == bool(expected[column].isna().any()), column
    for column in map(str, expected.select_dtypes("number")):
        sql = f"SELECT count(`{column}`), sum(`{column}`), min(`{column}`), max(`{column}`)"
        [figures] = gateway.query(f"{sql} FROM {stored_name(source['table_name'])}")
        values = expected[column]
        assert figures == pytest.approx((values.count(), values.sum(), values.min(), values.max()))
    for column in times:
        sql = f"SELECT toString(min(`{column}`)), toString(max(`{column}`))"
        [(first, last)] = gateway.query(f"{sql} FROM {stored_name(source['table_name'])}")
        assert [pd.Timestamp(first), pd.Timestamp(last)] == [expected[column].min(), expected[column].max()]


def test_a_packed_file(owner: User, as_user: AsUser, make: Make, sync: Sync) -> None:
    path = upload(as_user, owner, "cities.csv.gz", gzip.compress(CITIES))
    source = make(type="file", config={"path": path})
    run = sync(source["id"])
    assert run.status == "succeeded"
    # 1237 is before what a Date holds.
    assert columns("cities")["founded"] == "Nullable(String)"
    assert rows("cities", "people")[0][:2] == ("Berlin", 3_700_000)
