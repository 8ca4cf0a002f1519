"""Questions that are kept in PostgreSQL, with their exports: it takes no NUL."""

from collections.abc import Iterable, Mapping
from typing import Any

from analytics.query.problems import QueryProblem
from analytics.query.requests import DEPTH_MAX

_NAME_SHOWN = 64


def kept_question_check(data: Any) -> None:
    """Decoded JSON that can be kept.

    Raises:
        QueryProblem: names the text that cannot.
    """
    path = _nul_path(data)
    if path is not None:
        raise QueryProblem("null_characters_not_allowed", "Null characters are not allowed.", path or "body")


def _nul_path(data: Any, depth: int = 0) -> str | None:
    """Where the first text with a NUL is; None: nowhere, as far down as a question may go."""
    if isinstance(data, str):
        return "" if "\0" in data else None
    parts: Iterable[tuple[Any, Any]] = ()
    if depth > DEPTH_MAX:
        return None
    if isinstance(data, Mapping):
        if any("\0" in str(name) for name in data):
            return ""
        parts = data.items()
    elif isinstance(data, list):
        parts = enumerate(data)
    for name, each in parts:
        if (inner := _nul_path(each, depth + 1)) is not None:
            return f"{str(name)[:_NAME_SHOWN]}.{inner}".rstrip(".")
    return None
