"""The pipeline in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from ingestion.models import LedgerHour


@admin.register(LedgerHour)
class LedgerHourAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What became of the events of each hour. Read-only: the pipeline writes it."""

    list_display = ("hour", "origin", "accepted", "stored", "duplicates", "conflicts", "dead", "waiting", "refused")
    list_filter = ("origin",)
    date_hierarchy = "hour"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LedgerHour | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LedgerHour | None = None) -> bool:
        """Never."""
        return False
