"""The app."""

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """Events and readings in."""

    name = "ingestion"
