"""Somebody with a password, a client without credentials, a clock for the account cache, quick hashing."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import aging_cache
from accounts.models import User
from tests.accounts.authenticator import Authenticator
from tests.accounts.clock import Clock
from tests.accounts.passwords import PASSWORD


@pytest.fixture(autouse=True)
def _quick_hashing(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.passwords.QuickArgon2Hasher"]


@pytest.fixture
def member(stranger: User) -> User:
    """The stranger, with the password PASSWORD."""
    stranger.set_password(PASSWORD)
    stranger.save()
    return stranger


@pytest.fixture
def client() -> APIClient:
    """Nobody."""
    return APIClient()


@pytest.fixture
def login(client: APIClient, member: User) -> Callable[[], dict[str, Any]]:
    """`login()` signs the member in and gives the answer's body."""

    def sign_in() -> dict[str, Any]:
        response = client.post("/api/v1/auth/login", {"email": member.email, "password": PASSWORD})
        assert response.status_code == 200
        body: dict[str, Any] = response.json()
        return body

    return sign_in


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the caches of accounts go by."""
    stopped = Clock()
    monkeypatch.setattr(aging_cache, "time", stopped)
    return stopped


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    """An authenticator app."""
    return Authenticator(monkeypatch)
