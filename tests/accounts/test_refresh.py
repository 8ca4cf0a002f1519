"""POST /auth/refresh and /auth/logout: rotation, families, revocation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken as SignedRefreshToken

from accounts.models import CleanupRun, RefreshToken, User
from accounts.tasks import refresh_tokens_delete_expired
from accounts.tokens import access_token_sign
from tests.accounts.forgery import FORGERIES, forge
from tests.accounts.together import together

REFRESH = "/api/v1/auth/refresh"
LOGOUT = "/api/v1/auth/logout"
Login = Callable[[], dict[str, Any]]
pytestmark = pytest.mark.django_db


def test_it_gives_a_new_pair(client: APIClient, login: Login) -> None:
    first = login()

    response = client.post(REFRESH, {"refresh": first["refresh"]})

    assert response.status_code == 200
    second = response.json()
    assert second.keys() == {"access", "refresh"}
    assert second["refresh"] != first["refresh"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {second['access']}")
    assert client.get("/api/v1/auth/me").status_code == 200
    assert client.post("/auth/refresh", {"refresh": second["refresh"]}).status_code == 200


def test_an_expired_access_token_does_not_hinder(client: APIClient, login: Login) -> None:
    refresh = login()["refresh"]
    client.credentials(HTTP_AUTHORIZATION="Bearer expired")

    assert client.post(REFRESH, {"refresh": refresh}).status_code == 200


def test_spending_twice_revokes_the_family_and_no_other(client: APIClient, login: Login) -> None:
    stolen, elsewhere = login()["refresh"], login()["refresh"]
    successor = client.post(REFRESH, {"refresh": stolen}).json()["refresh"]

    response = client.post(REFRESH, {"refresh": stolen})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["errors"][0]["code"] == "authentication_failed"
    assert client.post(REFRESH, {"refresh": successor}).status_code == 401
    assert client.post(REFRESH, {"refresh": elsewhere}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins_and_the_family_is_revoked(login: Login) -> None:
    refresh = login()["refresh"]

    answers = together(*[lambda: APIClient().post(REFRESH, {"refresh": refresh})] * 2)

    assert sorted(answer.status_code for answer in answers) == [200, 401]
    assert RefreshToken.objects.count() == 2
    assert not RefreshToken.objects.filter(revoked_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_reuse_misses_no_token_that_is_being_made(login: Login) -> None:
    spent = login()["refresh"]
    live = APIClient().post(REFRESH, {"refresh": spent}).json()["refresh"]

    together(
        lambda: APIClient().post(REFRESH, {"refresh": live}),
        lambda: APIClient().post(REFRESH, {"refresh": spent}),
    )

    assert not RefreshToken.objects.filter(revoked_at=None).exists()


def test_nobody_refreshes_a_deactivated_account(client: APIClient, login: Login, member: User) -> None:
    refresh = login()["refresh"]
    member.is_active = False
    member.save()

    assert client.post(REFRESH, {"refresh": refresh}).status_code == 401


def test_nobody_refreshes_a_deleted_account(client: APIClient, login: Login, member: User) -> None:
    refresh = login()["refresh"]
    member.delete()

    assert client.post(REFRESH, {"refresh": refresh}).status_code == 401
    assert client.post(LOGOUT, {"refresh": refresh}).status_code == 401


def test_the_new_access_token_carries_a_changed_role(client: APIClient, login: Login, member: User) -> None:
    refresh = login()["refresh"]
    User.objects.filter(pk=member.pk).update(role="teacher")

    access = client.post(REFRESH, {"refresh": refresh}).json()["access"]

    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert client.get("/api/v1/auth/me").json()["role"] == "teacher"


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_refused(client: APIClient, login: Login, url: str, forgery: str) -> None:
    response = client.post(url, {"refresh": forge(forgery, login()["refresh"])})

    assert response.status_code == 401
    assert not RefreshToken.objects.exclude(revoked_at=None).exists()


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
def test_an_access_token_is_no_refresh_token(client: APIClient, member: User, url: str) -> None:
    assert client.post(url, {"refresh": access_token_sign(user=member)}).status_code == 401


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
def test_a_signed_token_that_was_never_given_out_is_refused(client: APIClient, member: User, url: str) -> None:
    assert client.post(url, {"refresh": str(SignedRefreshToken.for_user(member))}).status_code == 401


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
@pytest.mark.parametrize("refresh", [None, "", [], {}, True, "a\x00b", "x" * 5000])
def test_what_is_no_token_is_refused(client: APIClient, url: str, refresh: Any) -> None:
    response = client.post(url, {"refresh": refresh})

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "refresh"


def test_logout_revokes_the_family_and_no_other(client: APIClient, login: Login) -> None:
    here, elsewhere = login()["refresh"], login()["refresh"]
    successor = client.post(REFRESH, {"refresh": here}).json()["refresh"]

    response = client.post(LOGOUT, {"refresh": successor})

    assert response.status_code == 204
    assert response.content == b""
    assert client.post(REFRESH, {"refresh": successor}).status_code == 401
    assert client.post(REFRESH, {"refresh": elsewhere}).status_code == 200


def test_logout_twice_is_as_good_as_once(client: APIClient, login: Login) -> None:
    refresh = login()["refresh"]

    assert client.post(LOGOUT, {"refresh": refresh}).status_code == 204
    assert client.post("/auth/logout", {"refresh": refresh}).status_code == 204


def test_expired_tokens_are_deleted_and_no_others(
    monkeypatch: pytest.MonkeyPatch, client: APIClient, login: Login
) -> None:
    monkeypatch.setattr("accounts.services.refresh_tokens.DELETE_CHUNK", 2)
    expired = [login() for _ in range(5)]
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    live = login()["refresh"]

    assert refresh_tokens_delete_expired() == 5

    assert RefreshToken.objects.count() == 1
    run = CleanupRun.objects.get()
    assert (run.deleted_count, run.finished_at is None) == (5, False)
    assert client.post(REFRESH, {"refresh": expired[0]["refresh"]}).status_code == 401
    assert client.post(REFRESH, {"refresh": live}).status_code == 200
