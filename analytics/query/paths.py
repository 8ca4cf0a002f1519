"""Paths into JSON: their parts, and how ClickHouse follows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analytics.query.problems import QueryProblem
from analytics.query.values import Parameters

PATH_MAX_PARTS = 16
_PART = re.compile(r'"(?P<quoted>(?:[^"\\]|\\["\\])*)"(?=\.|\Z)|(?P<plain>[^".][^.]*)')
_ESCAPED = re.compile(r'\\(["\\])')
_NUMBER = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PathPart:
    """A step down: an object's key; where the step leads into an array, the element of this number, from 0."""

    key: str
    number: int | None = None


def path_parts(path: str, *, attr: str) -> list[PathPart]:
    """The steps of a path such as `items.0."a.b"`.

    Raises:
        QueryProblem
    """
    parts = list(_parts(path))
    if None in parts or len(parts) > PATH_MAX_PARTS:
        detail = (
            f"A path has 1 to {PATH_MAX_PARTS} parts, none of them empty: properties.items.0.name. "
            'A key with a dot stands in quotes: properties."a.b"; a quote or a backslash in them behind a backslash.'
        )
        raise QueryProblem("invalid_path", detail, attr)
    return [part for part in parts if part]


def _parts(path: str) -> Iterator[PathPart | None]:
    """None where it cannot be read."""
    position = -1
    while position < len(path):
        match = _PART.match(path, position + 1)
        if match is None:
            yield None
            return
        yield _part(match)
        position = match.end()


def _part(match: re.Match[str]) -> PathPart:
    plain: str | None = match["plain"]
    if plain is None:
        return PathPart(_ESCAPED.sub(r"\1", match["quoted"]))
    return PathPart(plain, int(plain) if _NUMBER.fullmatch(plain) else None)


def path_arguments(document: str, parts: list[PathPart], parameters: Parameters) -> str:
    """What ClickHouse's JSON functions take to reach the end of a path."""
    keys: list[str] = []
    for part in parts:
        key = parameters.add(part.key, "String")
        if part.number is None:
            keys.append(key)
            continue
        # To these functions a number is a place, in an array and in an object alike, and counts from 1. Which of both
        # there is must be seen first; the lambda names what would otherwise stand there three times, at each number.
        inside = f"JSONExtractRaw({', '.join([document, *keys])})" if keys else document
        place = parameters.add(part.number + 1, "UInt32")
        step = f"if(JSONType(node) = 'Array', JSONExtractRaw(node, {place}), JSONExtractRaw(node, {key}))"
        document, keys = f"arrayMap(node -> {step}, [{inside}])[1]", []
    return ", ".join([document, *keys])
