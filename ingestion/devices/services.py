"""Writes: devices."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError

from accounts.models import Device, User
from ingestion.devices.known import device_open, devices_close, known_devices


def device_create(*, owner: User, **fields: Any) -> Device:
    """A new device.

    Raises:
        ValidationError: its owner has another with this external id, or as many as anybody may have.
    """
    if Device.objects.filter(owner=owner).count() >= settings.DEVICES_PER_OWNER:
        raise ValidationError(f"Nobody may have more than {settings.DEVICES_PER_OWNER} devices.", code="too_many")
    return _save(Device(owner=owner, **fields))


def device_update(*, device: Device, **changes: Any) -> Device:
    """Change a device. Once it is deactivated no process takes its readings.

    Raises:
        ValidationError: its owner has another with this external id.
    """
    was_active = device.is_active
    for name, value in changes.items():
        setattr(device, name, value)
    if not device.is_active:
        devices_close([device.pk])
    try:
        # What did not change stays as it is by now, when it was last seen above all.
        saved = _save(device, update_fields=[*changes, "updated_at"])
    except ValidationError:
        if was_active:
            device_open(device.pk)
        raise
    if saved.is_active:
        device_open(device.pk)
    known_devices.forget([device.pk])
    return saved


def device_delete(*, device: Device) -> None:
    """Delete a device, with its keys at once and its readings soon (ingestion.devices.deletion)."""
    with transaction.atomic():
        device.delete()


def _save(device: Device, **options: Any) -> Device:
    try:
        with transaction.atomic():
            device.save(**options)
    except IntegrityError as error:
        if "accounts_device_external_id" not in str(error):
            raise
        problem = "Another of your devices has this external id."
        raise ValidationError({"external_id": problem}, code="unique") from None
    return device
