"""Dashboards in the admin: looked at and deleted, not changed."""

import pytest
from django.test import Client

from accounts.models import User
from dashboards.models import Dashboard, Widget

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
PAGE = "/admin/dashboards/dashboard/"


@pytest.fixture
def dashboard(owner: User) -> Dashboard:
    """With a widget."""
    made = Dashboard.objects.create(owner=owner, name="Sales")
    Widget.objects.create(dashboard=made, type="text", title="Heading", options={"text": "<b>t"})
    return made


def test_to_look_at(dashboard: Dashboard, admin: User) -> None:
    client = Client()
    client.force_login(admin)
    listed = client.get(PAGE, {"q": "sal"}).content.decode()
    assert "Sales" in listed
    assert "Sales" not in client.get(PAGE, {"q": "none"}).content.decode()
    page = client.get(f"{PAGE}{dashboard.pk}/change/").content.decode()
    assert "Heading" in page
    assert "<b>t" not in page
    assert client.post(f"{PAGE}{dashboard.pk}/change/", {"name": "x"}).status_code == 403
    assert client.get(f"{PAGE}add/").status_code == 403


def test_deleting_and_who_has_one(dashboard: Dashboard, admin: User, owner: User) -> None:
    client = Client()
    client.force_login(admin)
    assert client.post(f"/admin/accounts/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not Dashboard.objects.exists()
