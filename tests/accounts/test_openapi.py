"""What the OpenAPI document says of the accounts."""

from typing import Any

import pytest
from rest_framework.test import APIClient


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The whole document."""
    published: dict[str, Any] = APIClient().get("/openapi.json").json()
    return published


@pytest.mark.parametrize(
    ("path", "method", "statuses", "secured"),
    [
        ("register", "post", {"201", "400", "403"}, False),
        ("login", "post", {"200", "400", "401"}, False),
        ("refresh", "post", {"200", "400", "401"}, False),
        ("logout", "post", {"204", "400", "401"}, False),
        ("me", "get", {"200", "401"}, True),
        ("me", "patch", {"200", "400", "401"}, True),
    ],
)
def test_every_endpoint_is_there(
    document: dict[str, Any], path: str, method: str, statuses: set[str], secured: bool
) -> None:
    operation = document["paths"][f"/api/v1/auth/{path}"][method]

    assert statuses <= operation["responses"].keys()
    assert operation["tags"] == ["Accounts"]
    assert operation.get("security", []) == ([{"bearer": []}] if secured else [])
    if method != "get":
        assert operation["requestBody"]["content"].keys() == {"application/json"}


def test_the_security_schemes_are_a_bearer_jwt_and_an_api_key(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert (schemes["apiKey"]["in"], schemes["apiKey"]["name"]) == ("header", "Authorization")


@pytest.mark.parametrize(
    ("path", "method", "opens"),
    [
        ("events", "get", True),
        ("events", "post", True),
        ("api-keys", "get", False),
        ("metrics/calculate", "post", False),
    ],
)
def test_it_says_what_an_api_key_opens(document: dict[str, Any], path: str, method: str, opens: bool) -> None:
    assert ({"apiKey": []} in document["paths"][f"/api/v1/{path}"][method]["security"]) is opens


@pytest.mark.parametrize(
    ("operation", "field", "codes"),
    [
        ("AuthRegister", "Email", {"required", "invalid", "unique"}),
        ("AuthRegister", "Username", {"invalid", "max_length", "unique"}),
        ("AuthRegister", "Password", {"required", "password_too_common", "password_too_similar"}),
        ("AuthLogin", "Email", {"required"}),
        ("AuthRefresh", "Refresh", {"required", "max_length"}),
        ("AuthMeUpdate", "Username", {"invalid", "unique"}),
    ],
)
def test_every_reason_for_a_400_is_there(document: dict[str, Any], operation: str, field: str, codes: set[str]) -> None:
    component = document["components"]["schemas"][f"{operation}{field}ErrorComponent"]

    assert codes <= set(component["properties"]["code"]["enum"])
