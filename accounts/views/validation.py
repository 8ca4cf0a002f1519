"""What a body brings, once it is checked."""

from typing import Any

from rest_framework.serializers import Serializer


def validated(serializer: Serializer[Any]) -> dict[str, Any]:
    """Its data.

    Raises:
        ValidationError: each field with what is wrong with it.
    """
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data
