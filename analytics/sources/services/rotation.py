"""Keeps secrets with a new key."""

from django.db import transaction

from analytics.sources.errors import SourceFailed
from analytics.sources.models import Source
from analytics.sources.secrets import secrets_rotate


def source_secrets_rotate() -> tuple[int, list[int]]:
    """Encrypt all secrets with the newest key; gives how many, and the sources whose key is gone.

    Raises:
        NoSecretKey
    """
    rotated, lost = 0, []
    for source_id in Source.objects.exclude(secrets="").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            source = Source.objects.select_for_update().filter(pk=source_id).exclude(secrets="").first()
            if source is None:  # deleted meanwhile
                continue
            try:
                source.secrets = secrets_rotate(source.secrets)
            except SourceFailed:
                lost.append(source_id)
                continue
            source.save(update_fields=["secrets"])
            rotated += 1
    return rotated, lost
