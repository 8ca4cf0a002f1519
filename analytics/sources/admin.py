"""Sources, runs and imported tables in the admin: to look at, to start and to cancel. Secrets are not shown."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import ReadOnlyAdmin
from analytics.services.task_runs import task_cancel
from analytics.sources.models import ImportedTable, Source, SourceRun
from analytics.sources.services.requests import source_sync


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Sources."""

    list_display = ("name", "type", "table_name", "mode", "schedule", "next_run_at", "owner", "created_at")
    list_filter = ("type", "mode")
    list_select_related = ("owner",)
    search_fields = ("name", "table_name", "owner__username")
    exclude = ("secrets",)
    actions = ("run_now",)

    @admin.action(description="Run now", permissions=["view"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Ask for a run of each."""
        for source in queryset:
            source_sync(source_id=source.pk, requested_by_id=int(str(request.user.pk)))
        self.message_user(request, f"{len(queryset)} asked for.", messages.SUCCESS)


@admin.register(SourceRun)
class SourceRunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = (
        "created_at", "source", "status", "rows_read", "rows_written", "rows_refused", "bytes_read", "finished_at",
        "error",
    )  # fmt: skip
    list_filter = ("status", "created_at")
    list_select_related = ("source",)
    ordering = ("-created_at",)
    search_fields = ("source__name", "source__table_name", "=id")
    actions = ("cancel",)

    @admin.action(description="Cancel what has not finished", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[SourceRun]) -> None:
        """Call off the chosen runs."""
        cancelled = sum(task_cancel(task=run) for run in queryset)
        self.message_user(request, f"{cancelled} cancelled.", messages.SUCCESS)


@admin.register(ImportedTable)
class ImportedTableAdmin(ReadOnlyAdmin):
    """Tables that came of sources."""

    list_display = ("name", "source", "created_at", "updated_at")
    list_select_related = ("source",)
    search_fields = ("name", "source__name")
