"""People and refresh tokens in Django admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import RefreshToken, Role, User
from accounts.selectors import visible_courses
from tests.accounts.passwords import PASSWORD

USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/refreshtoken/"
NO_COURSES = {"course_teachers-TOTAL_FORMS": "0", "course_teachers-INITIAL_FORMS": "0"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(admin: User) -> Client:
    """The admin's browser, signed in."""
    browser = Client()
    browser.force_login(admin)
    return browser


@pytest.mark.parametrize("name", ["stranger", "stranger@example.org", "Stranger@Example.org"])
def test_signing_in_takes_either_name(member: User, name: str) -> None:
    User.objects.update(role=Role.ADMIN)

    response = Client().post("/admin/login/", {"username": name, "password": PASSWORD})

    assert response.status_code == 302
    assert response.headers["Location"] != "/admin/login/"


def test_only_admins_enter(owner: User) -> None:
    browser = Client()
    browser.force_login(owner)

    assert browser.get(USERS).status_code == 302


def test_the_pages_open(pages: Client, admin: User, login: Callable[[], dict[str, Any]]) -> None:
    login()
    token = RefreshToken.objects.get()
    for page in (
        USERS,
        f"{USERS}add/",
        f"{USERS}{admin.pk}/change/",
        f"{USERS}{admin.pk}/password/",
        f"{USERS}{token.user_id}/delete/",
        f"{USERS}?q=str",
        TOKENS,
        f"{TOKENS}?q=str",
        f"{TOKENS}{token.pk}/change/",
    ):
        assert pages.get(page).status_code == 200, page


def test_adding_somebody(pages: Client) -> None:
    form = {"email": "Ada@Example.org", "username": "ada", "role": "teacher", "usable_password": "true"}

    response = pages.post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})

    assert response.status_code == 302
    ada = User.objects.get(username="ada")
    assert (ada.email, ada.role) == ("ada@example.org", "teacher")
    assert ada.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "username"), [("ADMIN@example.org", "ada"), ("a@example.org", "Admin"), ("a@example.org", "a@b")]
)
def test_taken_names_are_refused(pages: Client, email: str, username: str) -> None:
    form = {"email": email, "username": username, "role": "student", "usable_password": "false"}

    assert pages.post(f"{USERS}add/", form).status_code == 200
    assert User.objects.count() == 1


def test_deactivating_somebody(pages: Client, stranger: User) -> None:
    form = {"email": stranger.email, "username": stranger.username, "role": "student"} | NO_COURSES

    assert pages.post(f"{USERS}{stranger.pk}/change/", form).status_code == 302

    stranger.refresh_from_db()
    assert stranger.is_active is False


def test_limiting_a_teacher_to_a_course(pages: Client, owner: User) -> None:
    form = {"email": owner.email, "username": owner.username, "role": "teacher", "is_active": "on"}
    row = {"course_teachers-TOTAL_FORMS": "1", "course_teachers-0-course_id": "algebra"}

    assert pages.post(f"{USERS}{owner.pk}/change/", form | NO_COURSES | row).status_code == 302

    assert visible_courses(owner) == frozenset({"algebra"})


def test_tokens_are_neither_added_nor_edited(pages: Client, login: Callable[[], dict[str, Any]]) -> None:
    login()

    assert pages.get(f"{TOKENS}add/").status_code == 403
    assert pages.post(f"{TOKENS}{RefreshToken.objects.get().pk}/change/", {}).status_code == 403


def test_revoking_signs_the_holder_out(pages: Client, client: APIClient, login: Callable[[], dict[str, Any]]) -> None:
    first, elsewhere = login()["refresh"], login()["refresh"]
    last = client.post("/api/v1/auth/refresh", {"refresh": first}).json()["refresh"]
    spent = RefreshToken.objects.exclude(spent_at=None).get()

    pages.post(TOKENS, {"action": "revoke", "_selected_action": [str(spent.pk)]})

    assert client.post("/api/v1/auth/refresh", {"refresh": last}).status_code == 401
    assert client.post("/api/v1/auth/refresh", {"refresh": elsewhere}).status_code == 200
