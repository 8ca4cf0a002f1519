"""Who a request comes from, and for how long a change of an account may go unseen."""

from collections.abc import Callable

import jwt
import pytest
from django.test import RequestFactory
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken

from accounts.account_cache import accounts
from accounts.aging_cache import AgingCache
from accounts.authentication import Caller, authenticate
from accounts.models import Role, User
from accounts.permissions import IsAdmin, IsTeacher
from accounts.tokens import access_token_sign, refresh_token_sign
from tests.accounts.clock import Clock
from tests.accounts.forgery import FORGERIES, forge

ME = "/api/v1/auth/me"
pytestmark = pytest.mark.django_db


def call(header: str | None) -> Caller:
    """The caller that a plain view sees."""
    headers = {} if header is None else {"authorization": header}
    return authenticate(RequestFactory().get("/", headers=headers))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_it_works(stranger: User, scheme: str) -> None:
    caller = call(scheme + access_token_sign(user=stranger))

    assert caller == Caller(user_id=str(stranger.pk), role=Role.STUDENT, kind="user")


@pytest.mark.parametrize("header", [None, "", " ", "Basic YTpi", "Token abc"])
def test_without_credentials_there_is_no_caller(client: APIClient, header: str | None) -> None:
    with pytest.raises(NotAuthenticated):
        call(header)
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)

    response = client.get(ME)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Bearer \x00", "Bearer ééé"])
def test_a_broken_header_is_refused(client: APIClient, header: str) -> None:
    with pytest.raises(AuthenticationFailed):
        call(header)
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("forgery", [kind for kind in FORGERIES if kind != "not ascii"])
def test_forgeries_are_refused(client: APIClient, stranger: User, forgery: str) -> None:
    forged = forge(forgery, access_token_sign(user=stranger))
    with pytest.raises(AuthenticationFailed):
        call(f"Bearer {forged}")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {forged}")

    response = client.get(ME)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "authentication_failed",
                "detail": "The access token is not valid, or not any more.",
                "attr": None,
            }
        ],
    }


def test_a_refresh_token_is_no_access_token(stranger: User) -> None:
    with pytest.raises(AuthenticationFailed):
        call(f"Bearer {refresh_token_sign(user=stranger).text}")


@pytest.mark.parametrize("user_id", ["", "x", "-1", "1.5", "٣", "9" * 40, "0", None])
def test_a_signed_token_of_nobody_is_refused(user_id: str | None) -> None:
    token = AccessToken()
    token["user_id"] = user_id
    with pytest.raises(AuthenticationFailed):
        call(f"Bearer {token}")


def test_a_signed_token_without_a_user_is_refused() -> None:
    with pytest.raises(AuthenticationFailed):
        call(f"Bearer {AccessToken()}")


def test_a_caller_seen_a_moment_ago_costs_no_query(stranger: User, clock: Clock) -> None:
    header = f"Bearer {access_token_sign(user=stranger)}"
    with assertNumQueries(1):
        call(header)
    clock.now += 29
    with assertNumQueries(0):
        call(header)


def test_a_token_that_was_good_a_moment_ago_expires(stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    header = f"Bearer {access_token_sign(user=stranger)}"
    call(header)
    end = float(jwt.decode(header.split()[1], options={"verify_signature": False})["exp"])
    monkeypatch.setattr("accounts.tokens.time.time", lambda: end - 2)
    call(header)
    monkeypatch.setattr("accounts.tokens.time.time", lambda: end)
    with pytest.raises(AuthenticationFailed):
        call(header)


@pytest.mark.parametrize("change", ["deactivated", "deleted", "promoted"])
def test_a_change_takes_effect_within_the_cache_time(stranger: User, clock: Clock, change: str) -> None:
    header = f"Bearer {access_token_sign(user=stranger)}"
    call(header)
    person = User.objects.filter(pk=stranger.pk)
    match change:
        case "deactivated":
            person.update(is_active=False)
        case "deleted":
            person.delete()
        case "promoted":
            person.update(role=Role.TEACHER)

    clock.now += 30

    if change == "promoted":
        assert call(header).role == Role.TEACHER
    else:
        with pytest.raises(AuthenticationFailed):
            call(header)


def test_the_cache_can_be_switched_off(stranger: User, settings: Settings) -> None:
    settings.ACCOUNT_CACHE_SECONDS = 0
    header = f"Bearer {access_token_sign(user=stranger)}"
    call(header)
    User.objects.update(is_active=False)

    with pytest.raises(AuthenticationFailed):
        call(header)


def test_the_cache_keeps_no_more_than_it_may(owner: User, colleague: User, stranger: User) -> None:
    cache = AgingCache(accounts._read, max_entries=2)
    for person in (owner, colleague, stranger):
        cache.find(str(person.pk))

    with assertNumQueries(0):
        assert cache.find(str(colleague.pk)) == colleague
        assert cache.find(str(stranger.pk)) == stranger
    with assertNumQueries(1):
        assert cache.find(str(owner.pk)) == owner


def test_a_view_cannot_change_the_cached_account(stranger: User) -> None:
    class Promote(APIView):
        def get(self, request: Request) -> Response:
            assert isinstance(request.user, User)
            request.user.role = Role.ADMIN
            return Response()

    header = f"Bearer {access_token_sign(user=stranger)}"
    Promote.as_view()(APIRequestFactory().get("/", headers={"authorization": header}))

    assert call(header).role == Role.STUDENT


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [(IsTeacher, {"owner", "admin"}), (IsAdmin, {"admin"})],
)
@pytest.mark.parametrize("name", ["owner", "stranger", "admin", None])
def test_roles_open_what_is_theirs(
    request: pytest.FixtureRequest, permission: type[BasePermission], allowed: set[str], name: str | None
) -> None:
    class Guarded(APIView):
        permission_classes = (permission,)

        def get(self, request: Request) -> Response:
            return Response()

    headers = {}
    if name is not None:
        headers["authorization"] = f"Bearer {access_token_sign(user=request.getfixturevalue(name))}"

    response = Guarded.as_view()(APIRequestFactory().get("/", headers=headers))

    assert response.status_code == (401 if name is None else 200 if name in allowed else 403)


def test_the_role_counts_and_not_the_tokens_word(stranger: User, as_user: Callable[[User], APIClient]) -> None:
    stranger.role = Role.ADMIN  # in the token alone: never saved
    assert as_user(stranger).get(ME).json()["role"] == "student"
