"""The app."""

from importlib import import_module

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Dashboards and their widgets."""

    name = "dashboards"

    def ready(self) -> None:
        """Rooms below know who holds data on people, and who uses a table, by their having been imported."""
        import_module("dashboards.personal_data")
        import_module("dashboards.table_uses")
