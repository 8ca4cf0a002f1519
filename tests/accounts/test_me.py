"""GET and PATCH /auth/me."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User

URL = "/api/v1/auth/me"
AsUser = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db


def test_it_works(owner: User, as_user: AsUser) -> None:
    response = as_user(owner).get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "id": owner.pk,
        "email": "owner@example.org",
        "username": "owner",
        "first_name": "",
        "last_name": "",
        "role": "teacher",
        "date_joined": owner.date_joined.isoformat().replace("+00:00", "Z"),
    }


def test_nobody_has_no_profile(client: APIClient) -> None:
    assert client.get(URL).status_code == 401
    assert client.patch(URL, {"first_name": "Ada"}).status_code == 401


def test_a_change_shows_at_once(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    client.get(URL)

    response = client.patch(URL, {"username": "Ada", "first_name": "Ada", "last_name": "Lovelace ☃"})

    assert response.status_code == 200
    assert client.get(URL).json() == response.json()
    assert response.json()["username"] == "Ada"
    assert response.json()["last_name"] == "Lovelace ☃"


def test_what_is_not_sent_stays(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    client.patch(URL, {"first_name": "Ada"})

    assert client.patch(URL, {"last_name": "Lovelace"}).json()["first_name"] == "Ada"
    assert client.patch(URL, {}).status_code == 200


def test_ones_own_username_in_another_case_is_free(owner: User, as_user: AsUser) -> None:
    assert as_user(owner).patch(URL, {"username": "OWNER"}).json()["username"] == "OWNER"


def test_email_role_and_state_cannot_be_changed_here(stranger: User, as_user: AsUser) -> None:
    sent = {"email": "x@example.org", "role": "admin", "is_active": False, "password": "x", "id": 1}
    before = User.objects.values().get(pk=stranger.pk)

    assert as_user(stranger).patch(URL, sent).status_code == 200

    assert User.objects.values().get(pk=stranger.pk) == before


@pytest.mark.parametrize(
    ("sent", "attr"),
    [
        ({"username": "colleague"}, "username"),
        ({"username": "COLLEAGUE"}, "username"),
        ({"username": "colleague@example.org"}, "username"),
        ({"username": ""}, "username"),
        ({"username": None}, "username"),
        ({"username": "a\x00"}, "username"),
        ({"username": "a" * 151}, "username"),
        ({"first_name": None}, "first_name"),
        ({"first_name": "a\x00"}, "first_name"),
        ({"first_name": ["a"]}, "first_name"),
        ({"last_name": "a" * 151}, "last_name"),
        ([], None),
        ("text", None),
    ],
)
def test_values(owner: User, colleague: User, as_user: AsUser, sent: Any, attr: str | None) -> None:
    response = as_user(owner).patch(URL, sent)

    assert response.status_code == 400
    if attr is not None:
        assert {error["attr"] for error in response.json()["errors"]} == {attr}
    owner.refresh_from_db()
    assert owner.username == "owner"


def test_a_deactivated_account_is_gone_at_once(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    client.get(URL)
    User.objects.update(is_active=False)

    assert client.get(URL).status_code == 401
    assert client.patch(URL, {"first_name": "Ada"}).status_code == 401
