"""Django looks for the app's models here."""

from storage_app.files.models import StoredFile

__all__ = ["StoredFile"]
