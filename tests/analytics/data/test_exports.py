"""Exports in five formats: whole, exact, counted and hashed."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from analytics.exports.models import Export, ExportFormat
from analytics.exports.services import export_stream
from analytics.exports.tally import Tally
from analytics.task_status import TaskStatus
from tests.analytics.data.rows import stored_table
from tests.analytics.http import errors

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis, pytest.mark.s3]
EXPORT = "/api/v1/data/export"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def exported(client: APIClient, **body: Any) -> bytes:
    """The file; its record says the same of it."""
    answer = client.post(EXPORT, body)
    assert answer.status_code == 200, answer.content
    data = b"".join(answer)
    record = client.get(f"/api/v1/data/exports/{answer['X-Export-Id']}").json()
    assert record["status"] == "succeeded"
    assert (record["bytes"], record["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    return data


def rows_told(client: APIClient) -> int:
    return Export.objects.latest("created_at").rows


def plain(value: Any) -> Any:
    """A value as CSV has it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date() | UUID() | int() | str():
            return str(value)
    return value


def test_csv_holds_every_row(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    columns = ["id", "text", "big", "flag", "uid", "day", "moment", "maybe_int", "maybe_text"]
    data = exported(
        client, table_name=everything, columns=columns, sort=[{"field": "id"}], format="csv", escape_formulas=False
    )
    found = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert found[0] == columns
    assert found[1:] == [[plain(row[name]) for name in columns] for _, row in frame.iterrows()]
    assert rows_told(client) == len(frame)


def test_formulas_are_escaped_unless_told_otherwise(client: APIClient, clickhouse: None) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "fine", "", "a=1"]
    with stored_table("formulas", {"=name": "String", "n": "Int8"}, [(text, -1) for text in texts]):
        safe = exported(client, table_name="formulas", format="csv").decode()
        raw = exported(client, table_name="formulas", format="csv", escape_formulas=False).decode()
    rows = list(csv.reader(io.StringIO(safe, newline="")))
    assert rows[0] == ["'=name", "n"]
    assert rows[1:] == [[f"'{text}" if text[:1] in tuple("=+-@\t\r") else text, "-1"] for text in texts]
    assert [row[0] for row in csv.reader(io.StringIO(raw, newline=""))] == ["=name", *texts]


def test_json_and_ndjson(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    columns = ["id", "text", "big", "float", "flag", "maybe_int", "tags", "doc.in.deep"]
    body: dict[str, Any] = {"table_name": everything, "columns": columns, "sort": [{"field": "id"}]}
    whole = json.loads(exported(client, **body, format="json"))
    assert rows_told(client) == len(frame)
    lines = [json.loads(line) for line in exported(client, **body, format="ndjson").splitlines()]
    assert rows_told(client) == len(frame)
    expected = [
        {name: row[name] for name in columns[:-1]} | {"doc.in.deep": json.loads(row["doc"]).get("in", {}).get("deep")}
        for _, row in frame.iterrows()
    ]
    assert whole == lines == expected


def test_parquet(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    columns = ["id", "text", "big", "float", "dec", "flag", "uid", "day", "moment", "maybe_int", "kind", "tags"]
    data = exported(client, table_name=everything, columns=columns, sort=[{"field": "id"}], format="parquet")
    rows = pq.read_table(io.BytesIO(data)).to_pylist()
    assert rows_told(client) == len(rows) == len(frame)
    for row, (_, expected) in zip(rows, frame.iterrows(), strict=True):
        assert row == {name: str(expected[name]) if name == "uid" else expected[name] for name in columns}


def test_a_sheet(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    columns = ["id", "text", "big", "dec", "flag", "moment", "maybe_int"]
    body: dict[str, Any] = {"table_name": everything, "columns": columns, "sort": [{"field": "id"}]}
    sheet = zipfile.ZipFile(io.BytesIO(exported(client, **body, format="xlsx"))).read("xl/worksheets/sheet1.xml")
    assert rows_told(client) == len(frame)
    root = ElementTree.fromstring(sheet)  # noqa: S314  # our own
    assert root.find(f".//{SHEET}f") is None  # no formula
    found = [[_cell(cell) for cell in row] for row in root.iter(f"{SHEET}row")]
    assert found[0] == columns
    assert len(found) == len(frame) + 1
    for row, (_, expected) in zip(found[1:], frame.iterrows(), strict=True):
        big = expected["big"]
        assert row[0] == expected["id"]
        assert row[2] == (str(big) if big >= 2**53 else big)
        assert Decimal(str(row[3])) == expected["dec"]
        assert row[5] == pytest.approx(
            (expected["moment"] - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86400
        )


def _cell(cell: ElementTree.Element) -> Any:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    value = cell.find(f"{SHEET}v")
    return float(value.text) if value is not None and value.text else None


def test_a_sheet_has_its_bound(everything: str, client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.exports.plans.XLSX_ROWS_MAX", 119)
    answer = client.post(EXPORT, {"table_name": everything, "format": "xlsx"})
    assert (answer.status_code, errors(answer)) == (422, [("too_many_rows", "format")])


def test_aggregates_and_verbatim_queries(everything: str, client: APIClient, frame: pd.DataFrame) -> None:
    count = [{"function": "count"}, {"function": "sum", "field": "big"}]
    data = exported(client, table_name=everything, group_by=["low"], aggregations=count, format="parquet")
    assert {row["low"]: row["count"] for row in pq.read_table(io.BytesIO(data)).to_pylist()} == dict(
        frame["low"].value_counts()
    )
    paged = exported(client, table_name=everything, page=1, page_size=5, format="ndjson")
    assert len(paged.splitlines()) == len(frame)  # a page is what a screen shows; an export is all


NUL = "null_characters_not_allowed"


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"table_name": "events"}, "required", "format"),
        ({"table_name": "events", "format": "xml"}, "unknown_format", "format"),
        ({"table_name": "evnts", "format": "csv"}, "unknown_table", "table_name"),
        ({"table_name": "events", "format": "csv", "columns": ["x"]}, "unknown_field", "columns.0"),
        ([], "required", "format"),
        ({"table_name": "events", "format": "csv", "columns": ["properties.\0"]}, NUL, "columns.0"),
        ({"table_name": "events", "format": "csv", "x\0": 1}, NUL, "body"),
        (
            {"table_name": "events", "format": "csv", "filters": json.loads("[" * 300 + "]" * 300)},
            "too_deep",
            "filters",
        ),
        (
            {
                "table_name": "events",
                "format": "csv",
                "filters": {"conditions": [{"field": "user_id", "operator": "in", "value": ["a", "\0"]}]},
            },
            NUL,
            "filters.conditions.0.value.1",
        ),
        (
            {"table_name": "events", "format": "csv", "aggregations": [{"function": "count", "alias": "a\0"}]},
            NUL,
            "aggregations.0.alias",
        ),
    ],
)
def test_refusals(body: Any, code: str, attr: str, client: APIClient) -> None:
    for path in (EXPORT, f"{EXPORT}?async=true"):
        answer = client.post(path, body)
        assert (answer.status_code, errors(answer)) == (422, [(code, attr)])
    assert not Export.objects.exists()


def test_who_goes_away_stops_the_query(owner: User, clickhouse: None) -> None:
    rows = [(number, "x" * 200) for number in range(50_000)]
    with stored_table("large", {"n": "UInt32", "text": "String"}, rows):
        question = {"table_name": "large"}
        _, chunks = export_stream(user=owner, question=question, file_format=ExportFormat.CSV, escape_formulas=True)
        next(chunks)
        chunks.close()  # what the web server does
    record = Export.objects.get()
    assert (record.status, record.sha256) == (TaskStatus.CANCELLED, "")


def test_what_breaks_off_is_recorded(client: APIClient, everything: str, settings: Settings) -> None:
    settings.CLICKHOUSE_HTTP_URL = "http://127.0.0.1:1"
    answer = client.post(EXPORT, {"table_name": everything, "format": "csv"})
    assert answer.status_code == 503
    assert not Export.objects.exists()


@given(
    st.lists(st.lists(st.text(max_size=6) | st.sampled_from(['"', "\n", '","', '\n"']), min_size=2, max_size=2)),
    st.integers(1, 9),
)
def test_rows_of_csv_are_counted_wherever_it_is_cut(rows: list[list[str]], size: int) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b"], *rows])
    data = text.getvalue().encode()
    tally = Tally(ExportFormat.CSV)
    assert b"".join(tally.passing(data[at : at + size] for at in range(0, len(data), size))) == data
    assert tally.rows == len(rows)
