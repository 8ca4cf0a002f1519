"""The same people in every test, and a client that speaks as one of them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.tokens import access_token_sign


def _person(name: str, role: Role) -> User:
    return User.objects.create_user(email=f"{name}@example.org", username=name, role=role)


@pytest.fixture
def owner(db: None) -> User:
    """A teacher: whatever the test is about is theirs."""
    return _person("owner", Role.TEACHER)


@pytest.fixture
def colleague(db: None) -> User:
    """Another teacher."""
    return _person("colleague", Role.TEACHER)


@pytest.fixture
def stranger(db: None) -> User:
    """A student."""
    return _person("stranger", Role.STUDENT)


@pytest.fixture
def admin(db: None) -> User:
    """An admin."""
    return _person("admin", Role.ADMIN)


@pytest.fixture
def as_user() -> Callable[[User], APIClient]:
    """`as_user(owner)` is a client that sends the owner's access token."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token_sign(user=user)}")
        return client

    return client_of
