"""Results and calculations in the admin: to look at."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from analytics.models import MetricResult, MetricTask
from analytics.services.metric_tasks import metric_task_cancel


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(MetricResult)
class MetricResultAdmin(ReadOnlyAdmin):
    """Stored results."""

    list_display = ("metric", "scope", "course_id", "user_id", "start", "end", "timezone", "value", "computed_at")
    list_filter = ("metric", "scope", "start", "timezone")
    search_fields = ("=course_id", "=user_id")
    search_help_text = "The id of a course or of a person"
    show_full_result_count = False


@admin.register(MetricTask)
class MetricTaskAdmin(ReadOnlyAdmin):
    """Calculations that were asked for."""

    list_display = ("created_at", "status", "course_id", "start", "end", "timezone", "requested_by", "error")
    list_filter = ("status", "created_at")
    list_select_related = ("requested_by",)
    ordering = ("-created_at",)
    actions = ("cancel",)

    @admin.action(description="Cancel what has not finished", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[MetricTask]) -> None:
        """Call off the chosen tasks."""
        cancelled = sum(metric_task_cancel(task=task) for task in queryset)
        self.message_user(request, f"{cancelled} cancelled.", messages.SUCCESS)
