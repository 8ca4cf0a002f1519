"""POST /auth/login."""

from typing import Any
from unittest.mock import patch

import jwt
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from rest_framework.test import APIClient
from rest_framework_simplejwt.settings import api_settings

from accounts.models import RefreshToken, User
from tests.accounts.passwords import PASSWORD
from tests.accounts.together import together

URL = "/api/v1/auth/login"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "identifier",
    [
        {"email": "stranger@example.org"},
        {"email": "Stranger@EXAMPLE.org"},
        {"email": "stranger"},
        {"username": "stranger"},
        {"username": "STRANGER"},
        {"username": "stranger@example.org"},
        {"email": "", "username": "stranger"},
        {"email": None, "username": "stranger"},
    ],
)
def test_it_works(client: APIClient, member: User, identifier: dict[str, str]) -> None:
    response = client.post(URL, identifier | {"password": PASSWORD})

    assert response.status_code == 200
    answer = response.json()
    assert answer["user"]["id"] == member.pk
    assert answer.keys() == {"user", "access", "refresh"}


def test_the_alias_serves_the_same_view(client: APIClient, member: User) -> None:
    assert client.post("/auth/login", {"email": member.email, "password": PASSWORD}).status_code == 200


def test_the_access_token_says_who_and_which_role(client: APIClient, member: User) -> None:
    answer = client.post(URL, {"email": member.email, "password": PASSWORD}).json()

    claims = jwt.decode(answer["access"], api_settings.SIGNING_KEY, algorithms=[api_settings.ALGORITHM])
    assert claims["user_id"] == str(member.pk)
    assert claims["role"] == "student"
    assert claims["token_type"] == "access"
    assert claims["exp"] - claims["iat"] == api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()


def test_the_refresh_token_is_remembered_but_not_kept(client: APIClient, member: User) -> None:
    answer = client.post(URL, {"email": member.email, "password": PASSWORD}).json()

    stored = RefreshToken.objects.get(user=member)
    assert stored.jti.hex == jwt.decode(answer["refresh"], options={"verify_signature": False})["jti"]
    assert answer["refresh"] not in {str(value) for value in vars(stored).values()}


def test_it_notes_when(client: APIClient, member: User) -> None:
    client.post(URL, {"email": member.email, "password": PASSWORD})

    member.refresh_from_db()
    assert member.last_login is not None


@pytest.mark.django_db(transaction=True)
def test_many_at_once_who_know_their_passwords(client: APIClient, member: User) -> None:
    def sign_in() -> int:
        return APIClient().post(URL, {"email": member.email, "password": PASSWORD}).status_code

    assert together(*[sign_in] * 8) == [200] * 8


def test_an_old_access_token_does_not_hinder(client: APIClient, member: User) -> None:
    client.credentials(HTTP_AUTHORIZATION="Bearer not.a.token")

    assert client.post(URL, {"email": member.email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("identifier", "password", "is_active"),
    [
        ("stranger@example.org", "wrong horse battery", True),
        ("stranger@example.org", PASSWORD.upper(), True),
        ("stranger@example.org", f"{PASSWORD} ", True),
        ("stranger@example.org", PASSWORD, False),
        ("nobody@example.org", PASSWORD, True),
        ("nobody", PASSWORD, True),
        ("' OR 1=1 --", PASSWORD, True),
        ("%", PASSWORD, True),
        ("strang_r", PASSWORD, True),
    ],
)
def test_every_refusal_has_the_same_words_and_costs_one_hash(
    client: APIClient, member: User, identifier: str, password: str, is_active: bool
) -> None:
    User.objects.update(is_active=is_active)
    hashes: list[str] = []
    original = Argon2PasswordHasher.encode

    def counted(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashes.append("encode")
        return original(self, password, salt)

    original_verify = Argon2PasswordHasher.verify

    def counted_verify(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        hashes.append("verify")
        return bool(original_verify(self, password, encoded))

    with (
        patch.object(Argon2PasswordHasher, "encode", counted),
        patch.object(Argon2PasswordHasher, "verify", counted_verify),
    ):
        response = client.post(URL, {"email": identifier, "password": password})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "authentication_failed",
                "detail": "No active account has this name and this password.",
                "attr": None,
            }
        ],
    }
    assert len(hashes) == 1
    assert not RefreshToken.objects.exists()


@pytest.mark.parametrize(
    ("sent", "attr"),
    [
        ({}, "password"),
        ({"email": "a@example.org"}, "password"),
        ({"password": PASSWORD}, "email"),
        ({"email": None, "password": PASSWORD}, "email"),
        ({"email": ["a@example.org"], "password": PASSWORD}, "email"),
        ({"username": {"$ne": ""}, "password": PASSWORD}, "username"),
        ({"email": "a\x00@example.org", "password": PASSWORD}, "email"),
        ({"username": "a\x00", "password": PASSWORD}, "username"),
        ({"email": "a@example.org", "password": "a\x00"}, "password"),
        ({"email": "a@example.org", "password": "x" * 1025}, "password"),
        ({"email": "a@example.org", "password": ["x"]}, "password"),
        ({"email": "a" * 255, "password": PASSWORD}, "email"),
    ],
)
def test_what_is_no_login_is_refused(client: APIClient, sent: dict[str, Any], attr: str) -> None:
    response = client.post(URL, sent)

    assert response.status_code == 400
    assert attr in {error["attr"] for error in response.json()["errors"]}
