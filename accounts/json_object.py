"""A JSON object that PostgreSQL can keep, as a field of a request; for every app."""

import json
from typing import Any

from rest_framework import serializers

MAX_DEPTH = 100


class JSONObjectField(serializers.DictField):
    """An object of at most `max_bytes`, as it came."""

    def __init__(self, *, max_bytes: int, **options: Any) -> None:
        super().__init__(**options)
        self._max_bytes = max_bytes
        self.error_messages |= {
            "too_large": f"Ensure this takes at most {max_bytes} bytes.",
            "text": "Ensure this has no NUL characters and no halves of characters.",
            "number": "Ensure that every number is finite.",
            "depth": f"Ensure this is nested at most {MAX_DEPTH} deep.",
        }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object."""
        if _depth_exceeds(data, MAX_DEPTH):
            self.fail("depth")
        value: dict[str, Any] = super().to_internal_value(data)
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            size = len(text.encode())
        except UnicodeEncodeError:
            self.fail("text")
        except ValueError:
            self.fail("number")
        if size > self._max_bytes:
            self.fail("too_large")
        if "\\u0000" in text and _has_nul(value):
            self.fail("text")
        return value


def _depth_exceeds(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_depth_exceeds(each, depth - 1) for each in inner)


def _has_nul(value: Any) -> bool:
    match value:
        case str():
            return "\0" in value
        case dict():
            return any("\0" in key or _has_nul(inner) for key, inner in value.items())
        case list():
            return any(_has_nul(inner) for inner in value)
    return False
