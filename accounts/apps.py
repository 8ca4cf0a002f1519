"""The app."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """drf-spectacular knows its extensions, and Django its receivers, by their having been imported."""
        import_module("accounts.openapi")
        import_module("accounts.audit_signals")
        import_module("accounts.log_signals")
