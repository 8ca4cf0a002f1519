"""Names and types: what is written in some type is found to be of it, and read back as it was."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.sources.batches import Data
from analytics.sources.column_types import TypeUnknown, reader_of, type_normal
from analytics.sources.converting import batch_convert, targets_of
from analytics.sources.errors import SourceFailed
from analytics.sources.formats.csv_rows import CsvOptions
from analytics.sources.formats.reading import FormatOptions, data_open
from analytics.sources.inference import columns_infer
from analytics.sources.names import column_names, table_name_from
from analytics.sources.statements import quoted
from analytics.sources.values import Unfit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def opened(data: bytes, **options: Any) -> Data:
    form = options.pop("format", None)
    return data_open(
        file=io.BytesIO(data), name="", options=FormatOptions(form, CsvOptions(**options)), max_bytes=10**9
    )


def read(data: Data) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]], list[Any]]:
    """Columns, rows and refusals."""
    columns = columns_infer(data=data)
    targets = targets_of(data=data, columns=columns)
    rows: list[tuple[Any, ...]] = []
    refused: list[Any] = []
    for batch in data.batches:
        values, bad = batch_convert(batch=batch, targets=targets)
        rows += zip(*values, strict=True)
        refused += bad
    return [(column.name, column.type) for column in columns], rows, refused


moments = st.timedeltas(datetime(1900, 1, 1, tzinfo=UTC) - EPOCH, datetime(2299, 12, 31, tzinfo=UTC) - EPOCH).map(
    lambda since: EPOCH + since
)
TYPED: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], str], Callable[[Any], Any]]] = {
    "Int64": (st.integers(-(2**63), 2**63 - 1), str, lambda value: value),
    "Float64": (st.floats(allow_nan=False, allow_infinity=False), repr, lambda value: value),
    "Bool": (st.booleans(), lambda value: str(value).lower(), lambda value: value),
    "Date": (st.dates(date(1970, 1, 1), date(2149, 6, 6)), str, lambda value: value),
    "DateTime64(3, 'UTC')": (moments, datetime.isoformat, lambda value: (value - EPOCH) // MS),
    "UUID": (st.uuids(), str, lambda value: value),
}


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("form", ["csv", "ndjson"])
@settings(max_examples=40)
@given(values=st.data())
def test_what_is_written_is_read(name: str, form: str, values: st.DataObject) -> None:
    strategy, write, kept = TYPED[name]
    column = values.draw(st.lists(st.none() | strategy, min_size=1, max_size=20).filter(any))
    if form == "csv":
        lines = "".join(f"{'' if value is None else write(value)},x\n" for value in column)
        data = opened(f"a,b\n{lines}".encode())
    else:
        own = name in {"Int64", "Float64", "Bool"}
        texts = [value if own or value is None else write(value) for value in column]
        data = opened("".join(json.dumps({"a": text, "b": "x"}) + "\n" for text in texts).encode())
    columns, rows, refused = read(data)
    is_nullable = None in column
    # A whole number of a Float64 and a lone 0 are written as narrower types too.
    if not (name == "Float64" and all(value is None or float(value).is_integer() for value in column)):
        assert columns[0] == ("a", f"Nullable({name})" if is_nullable else name)
    assert [row[0] for row in rows] == [None if value is None else kept(value) for value in column]
    assert refused == []


texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=20), separator=st.sampled_from(",;\t|"))
def test_any_text_is_read_as_it_was(rows: list[tuple[str, str]], separator: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two"), *rows])
    data = opened(file.getvalue().encode(), delimiter=separator)
    values = [row for batch in data.batches for row in zip(*batch.columns, strict=True)]
    assert values == rows


@given(st.lists(st.text(max_size=200), max_size=30))
def test_names_are_different_and_can_be_quoted(raw: list[str]) -> None:
    names = column_names(raw)
    assert len(set(names)) == len(raw)
    assert all(0 < len(name) <= 128 and name.isprintable() | True and "\0" not in name for name in names)
    assert column_names(names) == names
    for name in names:
        inner = quoted(name)[1:-1]
        assert inner.replace("\\\\", "").replace("\\`", "").count("`") == 0


@pytest.mark.parametrize(
    ("data", "options", "columns"),
    [
        (b"a;b\n1;2,5\n", {}, [("a", "Int64"), ("b", "String")]),
        (b"a\tb\n1\t2\n", {}, [("a", "Int64"), ("b", "Int64")]),
        (b"1,2\n3,4\n", {}, [("column_1", "Int64"), ("column_2", "Int64")]),
        (b"1,2\n3,4\n", {"header": True}, [("1", "Int64"), ("2", "Int64")]),
        (b"a,b\nc,d\n", {"header": False}, [("column_1", "String"), ("column_2", "String")]),
        (b",n\nx,1\n", {}, [("column_1", "String"), ("n", "Int64")]),
        (b"'a,b',c\n1,2\n", {"quote": "'"}, [("a,b", "Int64"), ("c", "Int64")]),
        ("\ufeffa,b\n1,2\n".encode(), {}, [("a", "Int64"), ("b", "Int64")]),
        ("ä,b\n1,2\n".encode("utf-16"), {}, [("ä", "Int64"), ("b", "Int64")]),
        ("ä,b\n1,2\n".encode("latin-1"), {"encoding": "latin-1"}, [("ä", "Int64"), ("b", "Int64")]),
        (b"zip,n\n01067,1\n80331,2\n", {}, [("zip", "String"), ("n", "Int64")]),
        (b"n\n18446744073709551615\n", {}, [("n", "UInt64")]),
        (b"n\n18446744073709551616\n", {}, [("n", "Float64")]),
        (b"n,m\n1,NA\n,x\n", {}, [("n", "Nullable(Int64)"), ("m", "String")]),
        (b"d\n1950-01-01\n", {}, [("d", "Date32")]),
        (b"d\n2025-02-30\n", {}, [("d", "String")]),
        (b"a,b\r1,2\r", {}, [("a", "Int64"), ("b", "Int64")]),
        (b'{"a":1}\n{"a":1.5,"b":{"c":[1]}}\n', {}, [("a", "Float64"), ("b", "Nullable(String)")]),
        (b'{"a":1}\n{"a":"x"}\n', {}, [("a", "String")]),
        (b'{"a":"1"}\n', {}, [("a", "String")]),
        (b"_row_exists,_row_exists\n1,2\n", {}, [("_row_exists_2", "Int64"), ("_row_exists_3", "Int64")]),
        (b"\0\n\0", {"header": True}, [("column_1", "String")]),
        (b"<html>\nx\n", {"format": "csv"}, [("<html>", "String")]),
    ],
)
def test_what_is_found_out(data: bytes, options: Any, columns: Any) -> None:
    assert read(opened(data, **options))[0] == columns


def test_lines_are_counted_as_an_editor_does() -> None:
    data = opened(b'a,b\n1,"two\nlines"\n\n3\n4,x\n\xff,y\n5,z,\n')
    _, rows, refused = read(data)
    assert [(each.line, each.reason) for each in refused] == [
        (5, "has 1 values, not 2"),
        (8, "has 3 values, not 2"),
        (7, "a: '\\udcff' is not valid Unicode"),
    ]
    assert rows == [("1", "two\nlines"), ("4", "x")]


def test_ndjson_rows_that_are_none() -> None:
    data = opened(b'{"a":1}\nnonsense\n[1]\n' + b"[" * 5000 + b"\n" + b'{"a":2}\n' * 10_000 + b'{"a":3,"b":4}\n')
    _, rows, refused = read(data)
    assert len(rows) == 10_001
    assert [(each.line, each.reason) for each in refused] == [
        (2, "is not JSON"),
        (3, "is not a JSON object"),
        (4, "is nested too deeply"),
        (10_005, "names b, which no line before did"),
    ]


@given(st.integers(1, 1100))
def test_nested_values_are_text_however_deep(depth: int) -> None:
    line = b'{"a":' + b"[" * depth + b"]" * depth + b"}\n"
    _, rows, refused = read(opened(b'{"a":"x"}\n' + line))
    if refused:
        assert (depth > 100, refused[0].reason) == (True, "is nested too deeply")
    else:
        assert rows[1:] == [("[" * depth + "]" * depth,)]


def test_nested_values_take_the_room_of_their_text() -> None:
    data = opened((b'{"a":[' + b"{}," * 100_000 + b"1]}\n") * 3)
    assert [type(value) for batch in data.batches for value in batch.columns[0]] == [str] * 3


def test_what_is_told_of_a_refused_row_can_be_kept() -> None:
    """PostgreSQL takes no NUL."""
    _, _, refused = read(opened(b'{"a":1}\n' * 10_000 + b'{"a\\u0000b\\u0000":"\\u0000"}\n'))
    assert [each.reason for each in refused] == ["names a\ufffdb\ufffd, which no line before did"]
    assert "\0" not in refused[0].row


def test_a_row_over_many_lines_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value and each line is short; together they would fill the memory."""
    monkeypatch.setattr("analytics.sources.formats.csv_rows.ROW_MAX_CHARACTERS", 1000)
    lines = b'1,"\n' + b'",a,a,a,"\n' * 200 + b'"\n'
    with pytest.raises(SourceFailed, match="A row has more than 1,000 characters"):
        read(opened(b"a,b\n" + lines))


def test_a_sample_may_end_within_a_quote() -> None:
    data = data_open(
        file=io.BytesIO(b'a,b\n1,"x\ny"\n2,"z\n'), name="", options=FormatOptions(), max_bytes=10**9, is_cut=True
    )
    assert read(data)[1] == [(1, "x\ny")]


def parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2)
    return file.getvalue()


def test_parquet_values_that_python_does_not_know_are_refused() -> None:
    far = pa.array([10**12, 0, None], pa.timestamp("s"))
    texts = pa.array([b"\xff", b"a", b"b"], pa.binary()).view(pa.string())
    for table, column in ((pa.table({"a": far}), "DateTime64(3, 'UTC')"), (pa.table({"a": texts}), "String")):
        columns, rows, refused = read(opened(parquet(table)))
        assert columns == [("a", f"Nullable({column})" if column != "String" else column)]
        assert (len(rows), [each.line for each in refused]) == (2, [1])


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_a_damaged_footer_ends_nothing_but_the_reading(flip: int) -> None:
    """pyarrow ends the whole process where the statistics in a footer make no sense."""
    good = parquet(pa.table({"n": [1, 2, None], "s": ["x", "y", "z"], "l": [[1], [], None]}))
    assert [kind for _, kind in read(opened(good))[0]] == ["Nullable(Int64)", "String", "Nullable(String)"]
    footer = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    readable = 0
    for place in range(footer, len(good) - 8):
        damaged = bytearray(good)
        damaged[place] ^= flip
        with suppress(SourceFailed):
            read(opened(bytes(damaged), format="parquet"))
            readable += 1
    assert 0 < readable < len(good) - 8 - footer


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'a,b\n1,"never closed\n' + b"x\n" * 600_000, "quote is never closed"),
        (b",".join([b"x"] * 1001) + b"\n", "1001 columns"),
        (b"[1]\n" * 3, ""),
        (b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le")[:-1], "encoded"),
        (b",".join([b"x"] * 400_000) + b"\n1\n", "400000 columns"),
        (b'a,b\n1,x\n2,"y\n3,z\n4,z\n', "opened in line 3 and never closed"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><html><body>Please sign in</body></html>\n", "web page"),
        (b"<html>\n<p>a,b\n</html>\n", "web page"),
    ],
)
def test_damage(data: bytes, error: str) -> None:
    if not error:
        assert read(opened(data))[0] == [("[1]", "String")]
        return
    with pytest.raises(SourceFailed, match=error):
        read(opened(data))


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("Int8", "128", None), ("Int8", "-128", -128), ("UInt64", "-1", None), ("Int64", "1_000", None),
        ("Int64", "٣", None), ("Int64", 5.0, 5), ("Int64", True, None), ("Float64", "1e309", None),
        ("Float64", "inf", None), ("Float64", ".5", 0.5), ("Decimal(5, 2)", "123.45", Decimal("123.45")),
        ("Decimal(5, 2)", "1234.5", None), ("Decimal(5, 2)", "0.001", None), ("Decimal(5, 2)", "1e400", None),
        ("Bool", "YES", True), ("Bool", "2", None), ("Date", "1969-12-31", None), ("Date32", "2300-01-01", None),
        ("DateTime64(3, 'UTC')", "2025-03-10 12:00", 1741608000000),
        ("DateTime64(3, 'UTC')", "2025-03-10T12:00:00,5+0100", 1741604400500),
        ("DateTime64(3, 'UTC')", "0001-01-01T00:00:00+14:00", None), ("UUID", "0" * 32, None),
        ("UUID", "00000000-0000-0000-0000-000000000001", UUID(int=1)), ("String", b"\xff", None),
        ("String", {"a": "ä"}, '{"a": "ä"}'), ("String", 1.5, "1.5"), ("Nullable(String)", "", None),
    ],
)  # fmt: skip
def test_values(kind: str, raw: Any, value: Any) -> None:
    reader = reader_of(kind)
    if value is None and not kind.startswith("Nullable"):
        with pytest.raises(Unfit):
            reader.value(raw)
    else:
        assert reader.value(raw) == value


@pytest.mark.parametrize("name", ["", "Int", "Array(Int8)", "Nullable(Nullable(Int8))", "Decimal(2, 3)", "String--"])
def test_no_types(name: str) -> None:
    with pytest.raises(TypeUnknown):
        type_normal(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sales 2025 (1).csv.gz", "sales_2025_1"), ("2025.csv", "t_2025"), ("数据.csv", "imported"), ("a/b/c.csv", "c"),
        (".csv", "csv"), ("x" * 100, "x" * 63),
    ],
)  # fmt: skip
def test_names_of_tables(text: str, name: str) -> None:
    assert table_name_from(text) == name
