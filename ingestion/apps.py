"""The app."""

from importlib import import_module

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """Events and readings in."""

    name = "ingestion"
    verbose_name = "Ingestion"

    def ready(self) -> None:
        """Django knows receivers, and accounts.personal_data who holds data on people, by imports."""
        import_module("ingestion.devices.signals")
        import_module("ingestion.personal_data")
