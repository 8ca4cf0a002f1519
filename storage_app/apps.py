"""The stores outside Django's own database."""

from importlib import import_module

from django.apps import AppConfig


class StorageAppConfig(AppConfig):
    """Registers the app for its management commands and its models."""

    name = "storage_app"
    verbose_name = "Storage"

    def ready(self) -> None:
        """accounts.personal_data knows who holds data on people by their having been imported."""
        import_module("storage_app.files.personal_data")
