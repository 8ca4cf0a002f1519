"""The app."""

from importlib import import_module

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """Events and readings in."""

    name = "ingestion"

    def ready(self) -> None:
        """accounts.personal_data knows who holds data on people by their having been imported."""
        import_module("ingestion.personal_data")
