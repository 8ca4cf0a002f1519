"""A file of SQL falls apart where ClickHouse would take it apart."""

import pytest

from storage_app.clickhouse.statements import split_statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        (" ;\n; -- nothing\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;\n", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        (r"SELECT 'it\'s; fine'; SELECT 2", [r"SELECT 'it\'s; fine'", "SELECT 2"]),
        ("SELECT 'it''s; fine'; SELECT 2", ["SELECT 'it''s; fine'", "SELECT 2"]),
        (r"SELECT 'ends with \\'; SELECT 2", [r"SELECT 'ends with \\'", "SELECT 2"]),
        ('SELECT `a;b`, "c;d"; SELECT 2', ['SELECT `a;b`, "c;d"', "SELECT 2"]),
        ("SELECT 1 -- one; or two?\n, 2; SELECT 3", ["SELECT 1  \n, 2", "SELECT 3"]),
        ("SELECT 1 /* ; ' */ + 1; SELECT 2", ["SELECT 1   + 1", "SELECT 2"]),
        ("# a comment; too\nSELECT 1", ["SELECT 1"]),
        ("SELECT '-- no comment', '/* nor this */'", ["SELECT '-- no comment', '/* nor this */'"]),
        ("SELECT 5 - 3, 6 / 2, $1", ["SELECT 5 - 3, 6 / 2, $1"]),
        ("SELECT $tag$a; 'b$tag$; SELECT 2", ["SELECT $tag$a; 'b$tag$", "SELECT 2"]),
        ("SELECT 'line\nbreak;'", ["SELECT 'line\nbreak;'"]),
    ],
)
def test_splitting(text: str, statements: list[str]) -> None:
    assert split_statements(text) == statements


@pytest.mark.parametrize("text", ["SELECT 1;\nSELECT 'open; ", "SELECT 1;\n/* open ;", 'SELECT 1;\n"open'])
def test_what_is_never_closed_is_named_by_its_line(text: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        split_statements(text)
