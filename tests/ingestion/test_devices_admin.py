"""Devices and their silences in the admin."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Device, User
from ingestion.devices.silence import devices_watch
from ingestion.models import DeviceErasure
from tests.ingestion.readings import Drain, device, reading, send

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]
PAGE = "/admin/accounts/device/"


@pytest.fixture
def browser(admin: User) -> Client:
    signed_in = Client()
    signed_in.force_login(admin)
    return signed_in


def test_it_works(browser: Client, as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client, name="<b>wrist</b>", external_id="e-1")
    device(client, name="quiet")
    now = timezone.now()
    moments = [now - timedelta(minutes=minutes) for minutes in (1, 20, 40, 300)]
    send(client, *(reading(device_id, x=-7.5, timestamp=moment.isoformat()) for moment in moments))
    drain()
    listed = browser.get(PAGE).content.decode()
    assert "&lt;b&gt;wrist" in listed
    assert "<b>wrist" not in listed
    assert "Never heard of" in listed
    filtered = browser.get(f"{PAGE}?state=active&q=wrist").content.decode()
    assert "quiet" not in filtered
    page = browser.get(f"{PAGE}{device_id}/change/").content.decode()
    assert "-7.5, -2.25, 9.81" in page
    paths = re.findall(r'<path d="([^"]+)" stroke="#', page)
    assert [path.count("M") for path in paths] == [2, 2, 2]  # a gap of four hours
    assert browser.get(f"{PAGE}?state=nonsense").status_code == 200


def test_one_reading_or_none(browser: Client, as_user: AsUser, owner: User, drain: Drain) -> None:
    client = as_user(owner)
    device_id = device(client)
    assert "No readings in the last 24 hours." in browser.get(f"{PAGE}{device_id}/change/").content.decode()
    send(client, reading(device_id, x=1e308, y=-1e308, timestamp=...))
    drain()
    page = browser.get(f"{PAGE}{device_id}/change/")
    assert (page.status_code, b"nan" in page.content) == (200, False)


def test_deactivating_and_deleting(browser: Client, as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    device_id = device(client, metadata={"a": 1})
    assert send(client, reading(device_id)).status_code == 202
    form: dict[str, Any] = {"owner": owner.pk, "name": "n", "metadata": '{"a": 1}'}
    saved = browser.post(f"{PAGE}{device_id}/change/", form)
    assert saved.status_code == 302, saved.content
    assert send(client, reading(device_id)).json()["errors"][0]["code"] == "inactive_device"
    browser.post(f"{PAGE}{device_id}/delete/", {"post": "yes"})
    assert not Device.objects.exists()
    assert str(DeviceErasure.objects.get().device_id) == device_id


def test_without_clickhouse(browser: Client, as_user: AsUser, owner: User, settings: Any) -> None:
    device_id = device(as_user(owner))
    settings.CLICKHOUSE = settings.CLICKHOUSE | {"port": 1}
    page = browser.get(f"{PAGE}{device_id}/change/")
    assert (page.status_code, b"ClickHouse cannot be reached." in page.content) == (200, True)


def test_silences(browser: Client, owner: User) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    Device.objects.create(owner=owner, name="hall", last_seen_at=hour_ago, expected_interval_seconds=60)
    devices_watch(now=timezone.now())
    page = browser.get("/admin/ingestion/devicesilence/")
    assert (page.status_code, b"hall" in page.content) == (200, True)
    assert browser.get("/admin/ingestion/devicesilence/add/").status_code == 403
