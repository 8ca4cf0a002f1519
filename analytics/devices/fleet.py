"""Which devices a request is about."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError

from accounts.models import Device, Role, User
from analytics.devices.serializers import FLEET_MAX_DEVICES

NAMED_AT_MOST = 100
"""Of the devices that do not exist."""


def fleet_seen(*, viewer: User, owner_id: int | None = None) -> QuerySet[Device]:
    """The devices somebody sees, by their ids; those of one owner, where one is named.

    Raises:
        PermissionDenied: somebody else's, without being an admin.
    """
    devices = Device.objects.visible_to(viewer).order_by("pk")
    if owner_id is None:
        return devices
    if owner_id != viewer.pk and viewer.role != Role.ADMIN:
        raise PermissionDenied("Only an admin may name another owner.")
    return devices.filter(owner_id=owner_id)


def fleet_chosen(*, viewer: User, device_ids: Sequence[UUID] | None = None, owner_id: int | None = None) -> list[UUID]:
    """The devices that are named, an owner's, or the viewer's own.

    Raises:
        PermissionDenied: somebody else's, without being an admin.
        ValidationError: a device that does not exist for them; no device at all; too many.
    """
    if device_ids is not None:
        return _all_seen(viewer, device_ids)
    owned = fleet_seen(viewer=viewer, owner_id=viewer.pk if owner_id is None else owner_id)
    found = list(owned.values_list("pk", flat=True)[: FLEET_MAX_DEVICES + 1])
    if not found:
        raise ValidationError("There is no device to analyse.", code="no_devices")
    if len(found) > FLEET_MAX_DEVICES:
        raise ValidationError(f"More than {FLEET_MAX_DEVICES:,} devices: name them in parts.", code="too_many_devices")
    return found


def _all_seen(viewer: User, device_ids: Sequence[UUID]) -> list[UUID]:
    seen = set(Device.objects.visible_to(viewer).filter(pk__in=device_ids).values_list("pk", flat=True))
    unknown = [place for place, device_id in enumerate(device_ids) if device_id not in seen]
    if unknown:
        detail = ErrorDetail("There is no such device.", code="does_not_exist")
        raise ValidationError({"device_ids": {str(place): [detail] for place in unknown[:NAMED_AT_MOST]}})
    return list(device_ids)
