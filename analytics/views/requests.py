"""What every view does with what came in."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.serializers import Serializer

from analytics.models import ID_MAX_LENGTH

TAGS = ["Metrics"]
PAGE = [OpenApiParameter("limit", int, description="1 to 1,000"), OpenApiParameter("offset", int)]


def checked(serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """What a request holds, or a refusal."""
    filled = serializer(data=data)
    filled.is_valid(raise_exception=True)
    checked: dict[str, Any] = filled.validated_data
    return checked


def possible_id(text: str) -> str:
    """An id from a path, when any event could carry it."""
    if len(text) > ID_MAX_LENGTH or "\0" in text:
        raise NotFound
    return text
