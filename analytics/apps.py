"""The app."""

from importlib import import_module

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Numbers from what was kept."""

    name = "analytics"

    def ready(self) -> None:
        """accounts.personal_data knows who holds data on people by their having been imported."""
        import_module("analytics.personal_data")
