"""Devices with their state."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Device, DeviceQuerySet, DeviceState, User
from ingestion.models import DeviceSilence


def device_list(
    *, user: User, state: str | None = None, search: str = "", at: datetime | None = None
) -> DeviceQuerySet:
    """The devices that somebody sees, newest first, each with its `state`; `search` is part of a name or id."""
    found = devices_with_state(Device.objects.visible_to(user).select_related("owner"))
    if search:
        fields = ("name", "external_id", "description")
        found = found.filter(*[Q.create([(f"{field}__icontains", search) for field in fields], connector=Q.OR)])
    return found if state is None else found.in_state(state)


def devices_with_state(devices: DeviceQuerySet, *, at: datetime | None = None) -> DeviceQuerySet:
    """Each with its `state`, by the grace that is set."""
    grace = timedelta(seconds=settings.DEVICE_SILENCE_GRACE_SECONDS)
    return devices.with_state(at=at or timezone.now(), grace=grace)


def devices_silent(*, at: datetime) -> DeviceQuerySet:
    """Those that should have sent by now; deactivated ones need not."""
    return devices_with_state(Device.objects.filter(is_active=True), at=at).in_state(DeviceState.SILENT)


def silence_list(*, device: Device) -> QuerySet[DeviceSilence]:
    """When it was silent, latest first."""
    return DeviceSilence.objects.filter(device=device)
