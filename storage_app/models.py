"""Django looks for the app's models here."""

from storage_app.files.models import Reconciliation, StoredFile

__all__ = ["Reconciliation", "StoredFile"]
