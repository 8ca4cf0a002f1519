"""GET /users and PATCH /users/{id}."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import RefreshToken, User

URL = "/api/v1/users"
AsUser = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["admin", "owner", "stranger"]),
        ("search=OWN", ["owner"]),
        ("search=example.org&limit=1", ["admin"]),
        ("search=%25", []),
        ("role=student", ["stranger"]),
        ("is_active=false", []),
        ("is_active=true&role=admin", ["admin"]),
    ],
)
def test_it_works(admin: User, owner: User, stranger: User, as_user: AsUser, query: str, names: list[str]) -> None:
    response = as_user(admin).get(f"{URL}?{query}")

    assert response.status_code == 200
    assert [user["username"] for user in response.json()["results"]] == names
    for user in response.json()["results"]:
        assert user.keys() == {
            *("id", "email", "username", "first_name", "last_name", "role"),
            *("date_joined", "is_active", "last_login", "courses"),
        }


@pytest.mark.parametrize("query", ["role=king", "is_active=perhaps", "search=%00", "limit=1001"])
def test_senseless_filters(admin: User, as_user: AsUser, query: str) -> None:
    assert as_user(admin).get(f"{URL}?{query}").status_code == 400


def test_a_new_role(admin: User, stranger: User, as_user: AsUser) -> None:
    response = as_user(admin).patch(f"{URL}/{stranger.pk}", {"role": "teacher", "email": "x@example.org"})

    assert response.status_code == 200
    stranger.refresh_from_db()
    assert (stranger.role, stranger.email) == ("teacher", "stranger@example.org")


def test_deactivating_signs_out(
    admin: User, member: User, as_user: AsUser, login: Callable[[], dict[str, Any]], client: APIClient
) -> None:
    refresh = login()["refresh"]

    assert as_user(admin).patch(f"{URL}/{member.pk}", {"is_active": False}).json()["is_active"] is False

    assert not RefreshToken.objects.filter(revoked_at=None).exists()
    as_user(admin).patch(f"{URL}/{member.pk}", {"is_active": True})
    assert client.post("/auth/refresh", {"refresh": refresh}).status_code == 401


@pytest.mark.parametrize("changes", [{"role": "student"}, {"is_active": False}])
def test_an_admin_cannot_lock_themselves_out(admin: User, as_user: AsUser, changes: dict[str, Any]) -> None:
    assert as_user(admin).patch(f"{URL}/{admin.pk}", changes).status_code == 400


@pytest.mark.parametrize("changes", [{"role": "king"}, {"role": None}, {"is_active": None}, {"is_active": []}, []])
def test_values(admin: User, stranger: User, as_user: AsUser, changes: Any) -> None:
    assert as_user(admin).patch(f"{URL}/{stranger.pk}", changes).status_code == 400


@pytest.mark.parametrize("user_id", ["0", "9" * 30, "x", "-1"])
def test_nobody(admin: User, as_user: AsUser, user_id: str) -> None:
    assert as_user(admin).patch(f"{URL}/{user_id}", {"role": "admin"}).status_code == 404


def test_others_may_not(owner: User, stranger: User, as_user: AsUser, client: APIClient) -> None:
    for person in (owner, stranger):
        assert as_user(person).get(URL).status_code == 403
        assert as_user(person).patch(f"{URL}/{stranger.pk}", {"role": "admin"}).status_code == 403
    assert client.get(URL).status_code == 401
