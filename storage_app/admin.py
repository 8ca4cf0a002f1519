"""Files in the admin: to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from storage_app.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Records; the API deletes, so that bytes go with them."""

    list_display = ("path", "owner", "size", "content_type", "state", "created_at", "expires_at")
    list_filter = ("state", "content_type", "created_at")
    list_select_related = ("owner",)
    search_fields = ("path", "=sha256", "=key", "owner__username")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
