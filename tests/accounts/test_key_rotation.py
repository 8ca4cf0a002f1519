"""A new JWT_SECRET_KEY, with the old one in JWT_PREVIOUS_SECRET_KEYS."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import access_token_sign
from tests.accounts.forgery import forge

ME = "/api/v1/auth/me"
NEW = "n" * 64
pytestmark = pytest.mark.django_db


@pytest.fixture
def rotate(settings: Any) -> Callable[..., None]:
    """`rotate(keep_old=True)` puts the new key in the place of the old one."""

    def put(*, keep_old: bool) -> None:
        old = settings.SIMPLE_JWT["SIGNING_KEY"]
        settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"SIGNING_KEY": NEW}
        settings.JWT_PREVIOUS_SECRET_KEYS = ("o" * 64, old) if keep_old else ()

    return put


def status(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return int(client.get(ME).status_code)


def test_tokens_of_the_old_key_stay_good(login: Callable[[], dict[str, Any]], rotate: Callable[..., None]) -> None:
    old = login()

    rotate(keep_old=True)

    assert status(old["access"]) == 200
    new = APIClient().post("/auth/refresh", {"refresh": old["refresh"]}).json()
    assert jwt.decode(new["access"], NEW, algorithms=["HS256"])["role"] == "student"
    assert status(new["access"]) == 200


def test_without_the_old_key_they_do_not(login: Callable[[], dict[str, Any]], rotate: Callable[..., None]) -> None:
    old = login()

    rotate(keep_old=False)

    assert status(old["access"]) == 401
    assert APIClient().post("/auth/refresh", {"refresh": old["refresh"]}).status_code == 401


@pytest.mark.parametrize("forgery", ["expired", "other key", "no algorithm", "changed user"])
def test_forgeries_with_either_key_are_refused(stranger: User, rotate: Callable[..., None], forgery: str) -> None:
    of_the_old_key = forge(forgery, access_token_sign(user=stranger))
    rotate(keep_old=True)
    of_the_new_key = forge(forgery, access_token_sign(user=stranger))

    assert status(of_the_old_key) == 401
    assert status(of_the_new_key) == 401
