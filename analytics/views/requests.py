"""What every view does with what came in."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from accounts.models import User
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


def signed_in(request: Request) -> User:
    """Whoever asks; the permission classes have let nobody else through."""
    if not isinstance(request.user, User):
        raise TypeError("a view without authentication")
    return request.user
