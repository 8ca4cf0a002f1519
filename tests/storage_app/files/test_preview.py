"""GET /files/preview/{path}"""

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.storage_app.files.uploading import PNG, URL, errors, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]
TIME = "DateTime64(3, 'UTC')"


def preview(client: APIClient, name: str, content: bytes, **parameters: Any) -> Any:
    uploaded(client, name, content)
    return client.get(f"{URL}/preview/{name}", parameters)


def parquet(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(columns).to_parquet(stream)
    return stream.getvalue()


CSV = b"id,score,name,at,ok,none\n1,1.5,Ada,2025-03-01T10:00:00Z,true,\n2,,B\xc3\xb6b,2025-03-02,false,\n"
NDJSON = b'{"id": 1, "deep": {"a": [1]}, "at": "2025-03-01"}\n\n{"id": 18446744073709551615, "at": null}\n'


@pytest.mark.parametrize(
    ("name", "content", "types", "first"),
    [
        (
            "a.csv",
            CSV,
            ["Int64", "Nullable(Float64)", "String", TIME, "Bool", "Nullable(String)"],
            {"id": 1, "score": 1.5, "name": "Ada", "at": "2025-03-01T10:00:00Z", "ok": True, "none": None},
        ),
        ("a.csv", b"a;b\n1;2\n", ["Int64", "Int64"], {"a": 1, "b": 2}),
        ("a.csv", b"a\n1\n", ["Int64"], {"a": 1}),
        ("a.csv", "Größe,b\n1,2\n".encode("utf-16"), ["Int64", "Int64"], {"Größe": 1, "b": 2}),
        ("a.csv", b"\xef\xbb\xbfa,b\n1,2\n", ["Int64", "Int64"], {"a": 1, "b": 2}),
        ("a.csv", b"a,b\n", ["String", "String"], None),
        ("a.tsv", b"a\tb\n1,5\tx y\n", ["String", "String"], {"a": "1,5", "b": "x y"}),
        (
            "a.ndjson",
            NDJSON,
            ["UInt64", "Nullable(String)", f"Nullable({TIME})"],
            {"id": 1, "deep": {"a": [1]}, "at": "2025-03-01"},
        ),
        ("a.ndjson", b"\n", [], None),
        (
            "a.parquet",
            parquet(a=[1, None], b=["x", "y"], c=pd.to_datetime(["2025-03-01", "2025-03-02"]), d=[[1], [2]]),
            ["Nullable(Int64)", "String", TIME, "String"],
            {"a": 1.0, "b": "x", "c": "2025-03-01 00:00:00", "d": [1]},
        ),
        ("a.parquet", parquet(a=[]), ["String"], None),
    ],
)
def test_it_works(
    as_user: AsUser, owner: User, name: str, content: bytes, types: list[str], first: dict[str, Any] | None
) -> None:
    answer = preview(as_user(owner), name, content)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert [column["type"] for column in body["columns"]] == types
    assert (body["data"][0] if body["data"] else None) == first


def test_the_first_rows_of_many(as_user: AsUser, owner: User) -> None:
    content = b"n,text\n" + b"".join(b"%d,%s\n" % (n, b"x" * 100) for n in range(50_000))
    client = as_user(owner)
    assert [row["n"] for row in preview(client, "a.csv", content, rows=3).json()["data"]] == [0, 1, 2]
    assert len(client.get(f"{URL}/preview/a.csv").json()["data"]) == 20
    many = parquet(n=list(range(200_000)))
    assert preview(client, "a.parquet", many, rows=1000).json()["data"][-1] == {"n": 999}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", PNG),
        ("a.txt", b"a,b\n"),
        ("a.csv", b""),
        ("a.ndjson", b"no JSON\n"),
        ("a.ndjson", b"[1]\n"),
        ("a.ndjson", b"[" * 100_000),
        ("a.csv", b"a,b\n1,2,3\n1,2,3,4\n"),
        ("a.parquet", b"PAR1\x00\x01 and nothing else"),
    ],
)
def test_no_table(as_user: AsUser, owner: User, name: str, content: bytes) -> None:
    answer = preview(as_user(owner), name, content)
    assert (answer.status_code, errors(answer)["code"]) == (422, "no_preview")


@pytest.mark.parametrize("rows", ["0", "1001", "x"])
def test_rows(as_user: AsUser, owner: User, rows: str) -> None:
    answer = preview(as_user(owner), "a.csv", b"a\n1\n", rows=rows)
    assert (answer.status_code, errors(answer)["attr"]) == (400, "rows")


def test_another_users_file(as_user: AsUser, owner: User, colleague: User) -> None:
    uploaded(as_user(owner), "a.csv")
    assert as_user(colleague).get(f"{URL}/preview/a.csv").status_code == 404
