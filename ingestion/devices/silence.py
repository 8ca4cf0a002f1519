"""Watching for devices that fall silent, and for those that come back. Each is recorded once, however many look."""

from datetime import datetime

import structlog
from django.db import transaction

from ingestion.devices.seen import devices_seen_save
from ingestion.models import DeviceSilence
from ingestion.selectors.devices import devices_silent

logger = structlog.get_logger(__name__)


def devices_watch(*, now: datetime) -> tuple[int, int]:
    """End the silences of those that were heard of, begin those of the silent; gives how many ended and began.

    Raises:
        redis.RedisError: without Redis nobody knows who was heard of.
    """
    devices_seen_save()
    ended, began = _end(now), _begin(now)
    if ended or began:
        logger.info("device_silences", ended=ended, began=began)
    return ended, began


def _end(now: datetime) -> int:
    with transaction.atomic():
        # Whoever looks at the same time waits for the rows, and then finds them ended.
        silences = DeviceSilence.objects.select_for_update(of=("self",)).filter(ended=None).select_related("device")
        ending = list(silences.exclude(device__in=devices_silent(at=now).values("pk")).order_by("pk"))
        for silence in ending:
            heard_at = silence.device.last_seen_at
            # Not heard of, but not watched any more, or less often: it is silent no longer.
            silence.ended = heard_at if heard_at and heard_at > silence.since else now
        DeviceSilence.objects.bulk_update(ending, ["ended"])
    return len(ending)


def _begin(now: datetime) -> int:
    silent = devices_silent(at=now).exclude(pk__in=DeviceSilence.objects.filter(ended=None).values("device"))
    beginning = [
        DeviceSilence(device_id=pk, since=last_seen_at, noticed_at=now)
        for pk, last_seen_at in silent.values_list("pk", "last_seen_at")
        if last_seen_at
    ]
    # The table's constraints turn away what somebody else has begun, or what has ended meanwhile.
    DeviceSilence.objects.bulk_create(beginning, ignore_conflicts=True)
    return DeviceSilence.objects.filter(noticed_at=now).count() if beginning else 0
