"""Reads of exports."""

from rest_framework.exceptions import APIException

from accounts.models import User
from analytics.exports.models import Export
from storage_app.files.selectors import FileLink, file_link


def export_link(*, export: Export, owner: User) -> FileLink | None:
    """Where the file can be fetched from; None: there is none, not yet or not any more."""
    if not export.path:
        return None
    try:
        return file_link(viewer=owner, shown_path=export.path)
    except APIException:
        return None  # deleted, or expired
