"""What the database and the model alone see to."""

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from pytest_django import Settings

from accounts.models import Role, User
from accounts.services.demo import demo_accounts_create

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "owner@example.org", "username": "other"},
        {"email": "OWNER@example.org", "username": "other"},
        {"email": "other@example.org", "username": "owner"},
        {"email": "other@example.org", "username": "OWNER"},
        {"email": "other@example.org", "username": "owner@example.org"},
        {"email": "other@example.org", "username": "other", "role": "king"},
    ],
)
def test_the_database_refuses(owner: User, fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(**fields)])


def test_a_form_refuses_another_case(owner: User) -> None:
    with pytest.raises(ValidationError, match="This email is taken"):
        User(email="OWNER@example.org", username="other", password="x").full_clean()


@pytest.mark.parametrize("role", Role)
def test_admins_and_nobody_else_may_enter_the_admin(role: Role) -> None:
    user = User.objects.create_user(email="a@example.org", username="a", role=role)

    assert user.is_staff is (role == Role.ADMIN)
    assert user.has_perm("accounts.change_user") is (role == Role.ADMIN)


def test_createsuperuser_makes_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", interactive=False, email="Root@example.org", username="root", verbosity=0)

    root = User.objects.get(email="root@example.org")
    assert root.role == Role.ADMIN
    assert root.check_password("correct horse battery")


def test_demonstration_accounts(settings: Settings) -> None:
    settings.ENVIRONMENT = "development"

    demo_accounts_create()

    assert {(user.username, user.email, user.role) for user in User.objects.all()} == {
        (name, f"{name}@example.org", name) for name in ("admin", "teacher", "student")
    }
    assert all(user.check_password(user.username) for user in User.objects.all())


def test_demonstration_accounts_that_exist_stay_as_they_are(settings: Settings) -> None:
    settings.ENVIRONMENT = "development"
    demo_accounts_create()
    admin = User.objects.get(username="admin")
    admin.set_password("changed since")
    admin.save()
    User.objects.filter(username="teacher").update(username="renamed")

    demo_accounts_create()

    assert User.objects.get(username="admin").check_password("changed since")
    assert User.objects.count() == 3


def test_demonstration_accounts_are_refused_in_production(settings: Settings) -> None:
    settings.ENVIRONMENT = "production"

    with pytest.raises(ImproperlyConfigured):
        demo_accounts_create()

    assert not User.objects.exists()
