"""The app."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Dashboards and their widgets."""

    name = "dashboards"
