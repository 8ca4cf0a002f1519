"""POST /auth/password."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.passwords import PASSWORD

URL = "/api/v1/auth/password"
NEW = "a new horse battery"
Login = Callable[[], dict[str, Any]]
pytestmark = pytest.mark.django_db


def test_it_signs_out_everybody_else(client: APIClient, login: Login, member: User) -> None:
    mine, elsewhere = login(), login()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {mine['access']}")

    assert client.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204

    client.credentials()
    assert client.post("/api/v1/auth/refresh", {"refresh": elsewhere["refresh"]}).status_code == 401
    assert client.post("/api/v1/auth/refresh", {"refresh": mine["refresh"]}).status_code == 200
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        body = {"email": member.email, "password": password}
        assert client.post("/auth/login", body).status_code == status


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"current_password": "wrong horse"}, "current_password", "incorrect"),
        ({"current_password": None}, "current_password", "null"),
        ({"new_password": "short"}, "new_password", "password_too_short"),
        ({"new_password": "stranger@example.org"}, "new_password", "password_too_similar"),
        ({"new_password": "a\x00 horse battery"}, "new_password", "null_characters_not_allowed"),
        ({"new_password": "x9" * 600}, "new_password", "max_length"),
        ({"new_password": ["x"]}, "new_password", "invalid"),
    ],
)
def test_values(
    member: User, as_user: Callable[[User], APIClient], changes: dict[str, Any], attr: str, code: str
) -> None:
    response = as_user(member).post(URL, {"current_password": PASSWORD, "new_password": NEW} | changes)

    assert response.status_code == 400
    assert (attr, code) in {(error["attr"], error["code"]) for error in response.json()["errors"]}
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_nobody_has_no_password(client: APIClient) -> None:
    assert client.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 401
