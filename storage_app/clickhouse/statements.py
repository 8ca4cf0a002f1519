"""Splits a file of SQL into its statements, the way ClickHouse reads it."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" | `(?:\\.|[^`\\])*` | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<open>    ['"`] | /\* )
    | (?P<end>     ; )
    | (?P<text>    [^-\#/'"`$;]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(text: str) -> list[str]:
    """The statements of `text`, without comments and without their semicolons.

    Raises:
        ValueError: a quote or a comment that is never closed.
    """
    return [statement for raw in _raw_statements(text) if (statement := raw.strip())]


def _raw_statements(text: str) -> Iterator[str]:
    parts: list[str] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                raise ValueError(f"{token.group()} is opened on line {_line(text, token.start())} and never closed")
            case "end":
                yield "".join(parts)
                parts = []
            case "comment":
                parts.append(" ")
            case _:
                parts.append(token.group())
    yield "".join(parts)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
