"""The admin's pages and the second factor, and ADMIN_REQUIRES_TOTP."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Role, TotpDevice, User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from tests.accounts.authenticator import TOTP, Authenticator
from tests.accounts.passwords import PASSWORD

AsUser = Callable[[User], APIClient]
PAGE = "/admin/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(member: User) -> User:
    """The member, an admin."""
    member.role = Role.ADMIN
    member.save()
    return member


def sign_in(browser: Client, **otp: str) -> tuple[int, str]:
    answer = browser.post(PAGE, {"username": "stranger", "password": PASSWORD} | otp)
    return answer.status_code, answer.content.decode()


def test_the_page_asks_for_a_code(boss: User, as_user: AsUser, app: Authenticator) -> None:
    browser = Client()
    assert 'name="otp"' not in browser.get(PAGE).content.decode()
    codes = app.enrol(as_user(boss))

    status, page = sign_in(browser)
    assert status == 200
    assert 'name="otp"' in page
    assert 'form="login-form"' in page
    assert "This account has a second factor" in page
    assert sign_in(browser, otp="000000")[0] == 200
    assert browser.get("/admin/").status_code == 302
    assert sign_in(browser, otp=app.code())[0] == 302
    assert browser.get("/admin/").status_code == 200
    assert sign_in(Client(), otp=app.code())[0] == 200  # spent
    assert sign_in(Client(), otp=codes[0])[0] == 302


def test_a_wrong_password_tells_nothing_of_it(boss: User, as_user: AsUser, app: Authenticator) -> None:
    app.enrol(as_user(boss))
    page = Client().post(PAGE, {"username": "stranger", "password": "wrong horse"}).content.decode()
    assert 'name="otp"' not in page


def test_where_it_is_compulsory(boss: User, settings: Settings, as_user: AsUser, app: Authenticator) -> None:
    browser, client = Client(), as_user(boss)
    assert sign_in(browser)[0] == 302
    settings.ADMIN_REQUIRES_TOTP = True

    assert browser.get("/admin/").status_code == 302  # a session from before counts no more
    status, page = sign_in(Client())
    assert (status, "Admins need a second factor" in page) == (200, True)
    for method, path in (("get", "users"), ("get", "events"), ("post", "events"), ("post", "auth/password")):
        refused = getattr(client, method)(f"/api/v1/{path}", {})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "totp_missing"), path
    assert client.get("/api/v1/auth/me").status_code == 200
    assert client.get(TOTP).json()["required"] is True

    app.enrol(client)
    assert client.get("/api/v1/users").status_code == 200
    browser = Client()
    assert sign_in(browser, otp=app.code())[0] == 302
    assert browser.get("/admin/").status_code == 200


def test_others_are_not_concerned(owner: User, boss: User, settings: Settings, as_user: AsUser) -> None:
    settings.ADMIN_REQUIRES_TOTP = True
    assert as_user(owner).get("/api/v1/api-keys").status_code == 200
    key = api_key_create(owner=boss, name="x", scopes=["read"], origin=SYSTEM).text
    machine = APIClient()
    machine.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert machine.get("/api/v1/metrics/user/x").status_code == 200


def test_an_admin_takes_it_away(admin: User, member: User, as_user: AsUser, app: Authenticator) -> None:
    app.enrol(as_user(member))
    pages = Client()
    pages.force_login(admin)

    pages.post("/admin/accounts/user/", {"action": "remove_second_factor", "_selected_action": [str(member.pk)]})

    assert not TotpDevice.objects.exists()
