"""The stores outside Django's own database."""

from django.apps import AppConfig


class StorageAppConfig(AppConfig):
    """Registers the app for its management commands and its models."""

    name = "storage_app"
    verbose_name = "Storage"
