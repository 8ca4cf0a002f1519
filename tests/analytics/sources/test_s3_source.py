"""Sources of S3 objects: in our own store, which SOURCES_ALLOWED_HOSTS lists for these tests."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings as django_settings

from config.settings.sources import AllowedHost
from storage_app import s3
from tests.analytics.sources.conftest import Sync
from tests.analytics.sources.stored import columns, rows

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.s3]
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def store(settings: Any) -> Callable[[str, bytes], dict[str, Any]]:
    """Put an object there; gives the config of a source of it."""
    options = django_settings.STORAGES["default"]["OPTIONS"]
    parts = urlsplit(options["endpoint_url"])
    settings.SOURCES_ALLOWED_HOSTS = [AllowedHost(f"{parts.hostname}/32", parts.port)]

    def _store(key: str, data: bytes) -> dict[str, Any]:
        s3.client().put_object(Bucket=s3.bucket(), Key=key, Body=data)
        url = f"{options['endpoint_url']}/{s3.bucket()}/{quote(key)}"
        return {"url": url, "access_key": options["access_key"], "secret_key": options["secret_key"]}

    return _store


def test_parquet(store: Any, make: Make, sync: Sync) -> None:
    moment = datetime(2025, 3, 10, 12, tzinfo=UTC)
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int32()),
            "d": pa.array([Decimal("1.50"), Decimal("-2.25")]),
            "t": pa.array([moment, moment], pa.timestamp("ns", tz="Europe/Berlin")),
            "s": pa.array(["x", "y"]),
            "c": pa.array(["x", None]).dictionary_encode(),
            "l": pa.array([[1, 2], []]),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=1)
    source = make(type="s3", config=store("a folder/tä ble.parquet", file.getvalue()))
    assert (source["table_name"], source["secrets"]) == ("ta_ble", ["secret_key"])
    run = sync(source["id"])
    assert (run.status, run.error) == ("succeeded", "")
    assert columns("ta_ble") == {
        "n": "Nullable(Int64)", "d": "Decimal(3, 2)", "t": "DateTime64(3, 'UTC')", "s": "String",
        "c": "Nullable(String)", "l": "String",
    }  # fmt: skip
    assert rows("ta_ble", "n") == [
        (1, Decimal("1.50"), moment, "x", "x", "[1, 2]"),
        (None, Decimal("-2.25"), moment, "y", None, "[]"),
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_a_text_repeated_many_times(store: Any, make: Make, sync: Sync, settings: Any, kind: pa.DataType) -> None:
    """A few kilobytes that become gigabytes when each value stands for itself."""
    settings.SOURCES_MAX_BYTES = 100_000_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 100_000], kind))
    file = io.BytesIO()
    pq.write_table(pa.table({"s": texts}), file)
    assert len(file.getvalue()) < 50_000
    run = sync(make(type="s3", config=store("bomb.parquet", file.getvalue()))["id"])
    assert (run.status, run.error) == ("failed", "Unpacked it is larger than 100,000,000 bytes.")


def test_a_table_of_pandas_with_long_nested_rows(store: Any, make: Make, sync: Sync) -> None:
    frame = pd.DataFrame({"s": ["ä"] * 300, "l": [list(range(30_000))] * 300})
    file = io.BytesIO()
    frame.to_parquet(file)
    run = sync(make(type="s3", config=store("p.parquet", file.getvalue()))["id"])
    assert (run.status, run.rows_written, run.error) == ("succeeded", 300, "")
    assert columns("p")["s"] == "String"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"secret_key": "wrong"}, "answered 403"),
        ({"url": "/nothing"}, "answered 404"),
    ],
)
def test_refusals(store: Any, make: Make, sync: Sync, change: dict[str, str], error: str) -> None:
    config = store("a.csv", b"a\n1\n")
    if "url" in change:
        change = {"url": config["url"] + change["url"]}
    assert error in sync(make(type="s3", config=config | change)["id"]).error


def test_a_store_inside_is_not_reached(store: Any, make: Make, sync: Sync, settings: Any) -> None:
    config = store("a.csv", b"a\n1\n")
    settings.SOURCES_ALLOWED_HOSTS = []
    assert "SOURCES_ALLOWED_HOSTS" in sync(make(type="s3", config=config)["id"]).error
