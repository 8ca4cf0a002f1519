"""A cookie opens the admin's pages and nothing else."""

import pytest
from django.test import Client

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.redis]


def test_a_session_opens_the_admin_and_not_the_api(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/v1/users").status_code == 401
    assert client.get("/api/v1/auth/me").status_code == 401


def test_signing_out_of_the_admin(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.post("/admin/logout/").status_code == 200
    assert client.get("/admin/").status_code == 302
