"""What every view does with what came in."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from accounts.models import ApiKey, User
from accounts.selectors import visible_courses
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


def visible_course(request: Request, course_id: str) -> str:
    """A course's id from a path, when any event could carry it and the caller may see the course."""
    courses = visible_courses(request.user)
    if courses is not None and course_id not in courses:
        raise NotFound("There is no such course.")
    return possible_id(course_id)


def signed_in(request: Request) -> User:
    """Whoever asks; the permission classes have let nobody else through."""
    if not isinstance(request.user, User):
        raise TypeError("a view without authentication")
    return request.user


def by_key(request: Request) -> bool:
    """Whether a key asks, in place of its owner."""
    return isinstance(request.auth, ApiKey)
