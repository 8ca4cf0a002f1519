"""Files in the admin: to look at."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from storage_app.files.models import Reconciliation, StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    """Records; the API deletes, so that bytes go with them."""

    list_display = ("path", "owner", "size", "content_type", "state", "created_at", "expires_at")
    list_filter = ("state", "content_type", "created_at")
    list_select_related = ("owner",)
    search_fields = ("path", "=sha256", "=key", "owner__username")
    show_full_result_count = False


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Comparisons with the object store, and what they mended."""

    list_display = ("started_at", "finished_at", "objects_seen", "orphans_deleted", "lost", "found_again", "error")
