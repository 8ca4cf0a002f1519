"""How a question is asked, which its request says in headers: under which name, and whether anew."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

_REQUEST_ID_HEADER = "X-Request-ID"
_NAME_MAX_LENGTH = 128
ASKING_HEADERS = [
    OpenApiParameter(
        "Cache-Control", str, OpenApiParameter.HEADER, description="no-cache: ask the store, whatever is kept."
    ),
    OpenApiParameter(
        _REQUEST_ID_HEADER, str, OpenApiParameter.HEADER, description="A name under which the query can be cancelled."
    ),
]


def asked_how(request: Request) -> dict[str, Any]:
    """`name` and `fresh`, for the selectors that ask."""
    return {
        "name": request.headers.get(_REQUEST_ID_HEADER, "")[:_NAME_MAX_LENGTH],
        "fresh": "no-cache" in request.headers.get("Cache-Control", "").lower(),
    }
