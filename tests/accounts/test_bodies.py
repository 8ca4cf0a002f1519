"""What is no JSON object is refused alike by every endpoint of the accounts."""

import pytest
from rest_framework.test import APIClient

URLS = ["register", "login", "refresh", "logout"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b'[{"email": "ada@example.org"}]', "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"null", "application/json", 400),
        (b"7", "application/json", 400),
        (b"NaN", "application/json", 400),
        (b"email=ada%40example.org", "application/x-www-form-urlencoded", 415),
        (rb'{"email": "\ud800@example.org", "password": "\ud800", "refresh": "\ud800"}', "application/json", 400),
        (b"<a/>", "text/xml", 415),
    ],
)
def test_it_is_refused(client: APIClient, name: str, content: bytes, content_type: str, status: int) -> None:
    response = client.post(f"/api/v1/auth/{name}", content, content_type=content_type)

    assert response.status_code == status
    assert response.json()["errors"][0]["code"]


@pytest.mark.parametrize("name", [*URLS, "me"])
def test_other_methods_are_refused(client: APIClient, name: str) -> None:
    assert client.delete(f"/api/v1/auth/{name}").status_code in {401, 405}
