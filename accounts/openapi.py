"""How the OpenAPI document shows our authentication."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object

from accounts.authentication import opens_to_read_keys


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's hook has no types
    """A JWT in the Authorization header."""

    target_class = "accounts.authentication.JWTAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The security scheme's object."""
        return build_bearer_security_scheme_object("Authorization", "Bearer", bearer_format="JWT")


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    """An API key in the Authorization header, where one opens anything."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Reading where the permission says so, and sending events (see EventCollection.post)."""
        reads = opens_to_read_keys(auto_schema.view, auto_schema.method)
        return [{self.name: []}] if reads else []

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The security scheme's object."""
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key <key>`"}
