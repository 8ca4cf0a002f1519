"""The accounts of the demonstration are open on loopback only."""

import pytest

from accounts.models import User
from accounts.services.demo import demo_accounts_close, demo_accounts_create

pytestmark = pytest.mark.django_db


def test_they_are_closed_where_they_would_be_an_open_door() -> None:
    demo_accounts_create()
    assert demo_accounts_close() == 3
    assert not User.objects.filter(is_active=True).exists()
    demo_accounts_create()
    assert User.objects.filter(is_active=True).count() == 3


def test_an_account_with_a_password_of_its_own_stays_open() -> None:
    demo_accounts_create()
    admin = User.objects.get(username="admin")
    admin.set_password("a password of its own")
    admin.save()
    assert demo_accounts_close() == 2
    admin.refresh_from_db()
    assert admin.is_active


def test_an_account_that_was_closed_by_hand_and_has_its_own_password_stays_closed() -> None:
    demo_accounts_create()
    teacher = User.objects.get(username="teacher")
    teacher.set_password("a password of its own")
    teacher.is_active = False
    teacher.save()
    demo_accounts_create()
    teacher.refresh_from_db()
    assert not teacher.is_active
