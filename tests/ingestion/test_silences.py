"""Devices that fall silent and come back: recorded once each, whoever looks and however often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, User
from ingestion.devices.silence import devices_watch
from ingestion.models import DeviceSilence
from tests.accounts.together import together
from tests.ingestion.readings import DEVICES

pytestmark = [pytest.mark.django_db, pytest.mark.redis]

AsUser = Callable[[User], APIClient]
SEEN = datetime(2025, 3, 10, 10, tzinfo=UTC)
INTERVAL, GRACE = timedelta(seconds=600), timedelta(seconds=30)
DUE = SEEN + INTERVAL + GRACE


@pytest.fixture(autouse=True)
def _grace(settings: Any) -> None:
    settings.DEVICE_SILENCE_GRACE_SECONDS = 30


def watched(owner: User, **fields: Any) -> Device:
    return Device.objects.create(owner=owner, **{"last_seen_at": SEEN, "expected_interval_seconds": 600} | fields)


def heard(device: Device, at: datetime) -> None:
    Device.objects.filter(pk=device.pk).update(last_seen_at=at)


def test_it_works(as_user: AsUser, owner: User) -> None:
    device = watched(owner)
    assert devices_watch(now=DUE) == (0, 0)
    noticed = DUE + timedelta(seconds=1)
    assert devices_watch(now=noticed) == (0, 1)
    assert devices_watch(now=noticed + timedelta(hours=1)) == (0, 0)
    back = noticed + timedelta(hours=2)
    heard(device, back)
    assert devices_watch(now=back) == (1, 0)
    assert devices_watch(now=back) == (0, 0)
    assert devices_watch(now=back + timedelta(hours=1)) == (0, 1)
    answer = as_user(owner).get(f"{DEVICES}/{device.pk}/silences").json()
    assert answer["count"] == 2
    assert [(silence["since"], silence["ended"]) for silence in answer["results"]] == [
        (back.isoformat().replace("+00:00", "Z"), None),
        ("2025-03-10T10:00:00Z", back.isoformat().replace("+00:00", "Z")),
    ]


@pytest.mark.parametrize("fields", [{"last_seen_at": None}, {"expected_interval_seconds": None}, {"is_active": False}])
def test_who_is_not_watched(fields: dict[str, Any], owner: User) -> None:
    watched(owner, **fields)
    assert devices_watch(now=DUE + timedelta(days=1)) == (0, 0)


def test_the_interval_is_made_longer(owner: User) -> None:
    device = watched(owner)
    later = DUE + timedelta(minutes=1)
    devices_watch(now=later)
    Device.objects.filter(pk=device.pk).update(expected_interval_seconds=86_400)
    assert devices_watch(now=later) == (1, 0)
    assert DeviceSilence.objects.get().ended == later


@pytest.mark.django_db(transaction=True)
def test_many_schedulers_at_once(owner: User) -> None:
    devices = [watched(owner) for _ in range(20)]
    late = DUE + timedelta(seconds=1)
    together(*[lambda: devices_watch(now=late)] * 6)
    assert sorted(silence.device_id for silence in DeviceSilence.objects.all()) == sorted(d.pk for d in devices)
    back = DUE + timedelta(hours=1)
    Device.objects.update(last_seen_at=back)
    ends = together(*[lambda: devices_watch(now=back)] * 6)
    assert sum(ended for ended, _ in ends) == 20
    assert list(DeviceSilence.objects.values_list("ended", flat=True)) == [back] * 20
