"""Keeps every source's secrets with the newest key, so that the older ones can be dropped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.sources.services.rotation import source_secrets_rotate


class Command(BaseCommand):
    """After a new key was put in front of SOURCES_SECRET_KEYS."""

    help = "Encrypt the sources' secrets again, with the first of SOURCES_SECRET_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """All of them; a source whose key is gone is named."""
        rotated, lost = source_secrets_rotate()
        self.stdout.write(f"{rotated} rotated.")
        if lost:
            raise CommandError(f"Kept with a key that is gone, set them again: sources {', '.join(map(str, lost))}.")
