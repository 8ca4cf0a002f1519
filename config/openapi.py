"""What the OpenAPI document shows."""

from collections.abc import Callable
from typing import Any

from drf_standardized_errors.openapi import AutoSchema as StandardizedAutoSchema
from rest_framework import serializers

Endpoint = tuple[str, str, str, Callable[..., Any]]


def canonical_paths_only(endpoints: list[Endpoint], **kwargs: Any) -> list[Endpoint]:
    """The aliases for older clients serve the same views and stay out of the document."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(("/api/v1/", "/health"))]


class AutoSchema(StandardizedAutoSchema):
    """drf-standardized-errors', with what no permission or throttle class of a view says."""

    def _should_add_http403_error_response(self) -> bool:
        # An API key that does not open it.
        return bool(self.view.get_authenticators() or super()._should_add_http403_error_response())

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.method != "DELETE" or not getattr(self.view, "delete_takes_body", False):
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # as the library leaves it
        self.method = "POST"  # the library has no body for a DELETE, though HTTP has
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"

    def _should_add_http429_error_response(self) -> bool:
        return True


class StoreDownErrorSerializer(serializers.Serializer[object]):
    """The error of a 503."""

    code = serializers.ChoiceField(["service_unavailable"])
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class StoreDownSerializer(serializers.Serializer[object]):
    """A store that is needed is down: try again after Retry-After seconds."""

    type = serializers.ChoiceField(["server_error"])
    errors = StoreDownErrorSerializer(many=True)  # type: ignore[assignment]  # the shape's name for them
