"""Celery looks for the app's tasks here."""

from storage_app.files.tasks import file_check, files_clean_up, files_reconcile

__all__ = ["file_check", "files_clean_up", "files_reconcile"]
