"""The app."""

from importlib import import_module

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """Events and readings in."""

    name = "ingestion"
    verbose_name = "Ingestion"

    def ready(self) -> None:
        """Django knows receivers by their having been imported."""
        import_module("ingestion.devices.signals")
