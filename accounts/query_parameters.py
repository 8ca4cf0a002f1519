"""Query parameters that name nothing are refused, in place of being passed over in silence."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.views import APIView

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
        if isinstance(data, Mapping):
            query_names_check(data, takes=self)
        return super().to_internal_value(data)


class NoQuery(QueryParameters[Any]):
    """Nothing."""


class PageQuery(QueryParameters[Any]):
    """Which page."""

    beside = PAGE


class StrictQuery(APIView):
    """A view that refuses what it does not take behind the `?`, before it looks at anything else."""

    takes: ClassVar[type[QueryParameters[Any]]] = NoQuery

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """DRF's, and then that."""
        super().initial(request, *args, **kwargs)
        query_names_check(request.query_params, takes=self.takes())


def query_names_check(names: Iterable[str], *, takes: QueryParameters[Any]) -> None:
    """Whether each name is one of those that are taken.

    Raises:
        ValidationError
    """
    known = [*takes.fields, *takes.beside]
    if unknown := [name for name in names if name not in known]:
        raise serializers.ValidationError({name: [_refusal(name, known)] for name in unknown})


def _refusal(name: str, known: list[str]) -> ErrorDetail:
    matches = get_close_matches(name[:64].lower(), known, n=1)
    hint = f" Did you mean {matches[0]}?" if matches else ""
    names = ", ".join(known) or "none"
    return ErrorDetail(f"There is no query parameter of this name. Known: {names}.{hint}", code="unknown_parameter")
