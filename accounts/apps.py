"""The app."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """drf-spectacular knows its extensions by their having been imported."""
        import_module("accounts.openapi")
