"""Query parameters that name nothing are refused, in place of being passed over in silence."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

T = TypeVar("T")
PAGE = ("limit", "offset")


class QueryParameters(serializers.Serializer[T]):
    """What an endpoint takes behind its `?`: its fields, and what `beside` names, which others read."""

    beside: ClassVar[tuple[str, ...]] = ()

    def to_internal_value(self, data: Any) -> Any:
        """The values.

        Raises:
            ValidationError: also for each name that is not known.
        """
        known = [*self.fields, *self.beside]
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in known]):
            raise serializers.ValidationError({name: [_refusal(name, known)] for name in unknown})
        return super().to_internal_value(data)


def _refusal(name: str, known: list[str]) -> ErrorDetail:
    matches = get_close_matches(name[:64].lower(), known, n=1)
    hint = f" Did you mean {matches[0]}?" if matches else ""
    names = ", ".join(known) or "none"
    return ErrorDetail(f"There is no query parameter of this name. Known: {names}.{hint}", code="unknown_parameter")
