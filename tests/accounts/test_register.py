"""POST /auth/register."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

import config.settings
from accounts.models import Role, User
from tests.accounts.passwords import PASSWORD
from tests.accounts.together import together

URL = "/api/v1/auth/register"
pytestmark = pytest.mark.django_db


def body(**changes: Any) -> dict[str, Any]:
    """A registration that is fine, but for the changes."""
    return {"email": "ada@example.org", "password": PASSWORD, "username": "ada"} | changes


def test_it_works(client: APIClient) -> None:
    response = client.post(URL, body(email="Ada.Lovelace@Example.org", username="Ada"))

    assert response.status_code == 201
    answer = response.json()
    ada = User.objects.get(username="Ada")
    assert answer["user"]["id"] == ada.pk
    assert answer["user"]["email"] == "ada.lovelace@example.org"
    assert answer["user"]["username"] == "Ada"
    assert answer["user"]["role"] == "student"
    assert "password" not in answer["user"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['access']}")
    assert client.get("/api/v1/auth/me").json() == answer["user"]
    assert client.post("/api/v1/auth/refresh", {"refresh": answer["refresh"]}).status_code == 200


def test_the_alias_serves_the_same_view(client: APIClient) -> None:
    assert client.post("/auth/register", body()).status_code == 201


def test_the_password_is_kept_as_an_argon2_hash(client: APIClient) -> None:
    client.post(URL, body())

    ada = User.objects.get()
    assert PASSWORD not in ada.password
    assert ada.check_password(PASSWORD)
    # As configured: the tests' own hasher is a weak one.
    assert config.settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_a_role_in_the_body_has_no_effect(client: APIClient) -> None:
    response = client.post(URL, body(role="admin", is_staff=True, is_superuser=True, is_active=False))

    assert response.json()["user"]["role"] == "student"
    ada = User.objects.get()
    assert (ada.role, ada.is_staff, ada.is_superuser, ada.is_active) == (Role.STUDENT, False, False, True)


@pytest.mark.parametrize("left_out", [{}, {"username": None}, {"username": ""}])
@pytest.mark.parametrize(
    ("email", "username"),
    [
        ("grace.hopper@example.org", "grace.hopper"),
        ("o'brien+school@example.org", "obrien+school"),
        ("'@example.org", "user"),
    ],
)
def test_without_a_username_it_comes_from_the_email(
    client: APIClient, left_out: dict[str, Any], email: str, username: str
) -> None:
    response = client.post(URL, {"email": email, "password": PASSWORD} | left_out)

    assert response.json()["user"]["username"] == username


def test_a_username_from_the_email_steps_aside_for_a_taken_one(client: APIClient) -> None:
    client.post(URL, body(email="ada@example.org", username="Grace"))

    response = client.post(URL, {"email": "grace@example.org", "password": PASSWORD})

    assert response.status_code == 201
    assert response.json()["user"]["username"].startswith("grace-")


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"email": "ada@example.org"}, "email", "unique"),
        ({"email": "ADA@EXAMPLE.ORG"}, "email", "unique"),
        ({"email": "ADA@example.org", "username": None}, "email", "unique"),
        ({"username": "ada"}, "username", "unique"),
        ({"username": "aDA"}, "username", "unique"),
        ({"username": "ada@example.org"}, "username", "invalid"),
        ({"username": "ada\uff20example.org"}, "username", "invalid"),  # full-width @
    ],
)
def test_taken_names_are_refused(client: APIClient, changes: dict[str, Any], attr: str, code: str) -> None:
    client.post(URL, body())

    response = client.post(URL, body(email="other@example.org", username="other") | changes)

    assert response.status_code == 400
    assert response.json()["type"] == "validation_error"
    assert [(error["attr"], error["code"]) for error in response.json()["errors"]] == [(attr, code)]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"email": None}, "email"),
        ({"email": ""}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": ["ada@example.org"]}, "email"),
        ({"email": {"a": 1}}, "email"),
        ({"email": True}, "email"),
        ({"email": 7}, "email"),
        ({"email": "a\x00da@example.org"}, "email"),
        ({"email": "ada@example.org\r\nBcc: all@example.org"}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"email": "ada@" + "İ" * 60 + "." + "İ" * 60 + "." + "İ" * 60 + "." + "İ" * 60 + ".org"}, "email"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "8346912075"}, "password"),
        ({"password": "ada@example.org"}, "password"),
        ({"password": "correct\x00horse battery"}, "password"),
        ({"password": "x9" * 600}, "password"),
        ({"password": ["correct horse battery"]}, "password"),
        ({"username": "a\x00da"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "ada\n"}, None),  # trimmed, so accepted
        ({"username": "<script>"}, "username"),
        ({"username": "a" * 151}, "username"),
        ({"username": "ﷺ" * 20}, "username"),  # 18 characters each in normal form, with spaces
        ({"username": ["ada"]}, "username"),
        ({"username": "Åsa-Żółć_7"}, None),
        ({"username": "艾达"}, None),
        ({"email": "ada@bücher.example"}, None),
        ({"password": "pässwörd ☃ 長い"}, None),
    ],
)
def test_values(client: APIClient, changes: dict[str, Any], attr: str | None) -> None:
    response = client.post(URL, body(**changes))

    if attr is None:
        assert response.status_code == 201
    else:
        assert response.status_code == 400
        assert {error["attr"] for error in response.json()["errors"]} == {attr}
        assert not User.objects.exists()


@pytest.mark.parametrize("name", ["email", "password"])
def test_what_is_missing_is_named(client: APIClient, name: str) -> None:
    sent = body()
    del sent[name]

    response = client.post(URL, sent)

    assert response.status_code == 400
    assert [(error["attr"], error["code"]) for error in response.json()["errors"]] == [(name, "required")]


def test_registration_can_be_closed(client: APIClient, settings: Settings) -> None:
    settings.REGISTRATION_OPEN = False

    response = client.post(URL, body())

    assert response.status_code == 403
    assert response.json()["errors"][0]["code"] == "permission_denied"
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("username", [None, "ada"])
def test_of_two_at_once_with_one_email_one_wins(username: str | None) -> None:
    answers = together(
        lambda: APIClient().post(URL, body(username=username)),
        lambda: APIClient().post(URL, body(username=username, email="ADA@example.org")),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_default_username_both_get_one() -> None:
    answers = together(
        *(
            lambda host=host: APIClient().post(URL, {"email": f"ada@{host}.org", "password": PASSWORD})
            for host in ("one", "two")
        )
    )

    assert [answer.status_code for answer in answers] == [201, 201]
    assert User.objects.filter(username="ada").count() == 1
