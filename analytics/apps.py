"""The app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Numbers from what was kept."""

    name = "analytics"
