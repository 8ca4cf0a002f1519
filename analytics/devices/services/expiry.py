"""Forgets old analyses."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from analytics.devices.models import DeviceAnalysisTask


def device_analyses_delete_expired() -> int:
    """Forget what finished more than DEVICE_ANALYSIS_DAYS ago, with its results; gives how many."""
    expired = timezone.now() - timedelta(days=settings.DEVICE_ANALYSIS_DAYS)
    _, deleted = DeviceAnalysisTask.objects.filter(finished_at__lt=expired).delete()
    return deleted.get(DeviceAnalysisTask._meta.label, 0)
