"""Dashboards in the admin: to look at and to delete. They are changed where they can be seen."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from accounts.admin import ReadOnlyAdmin
from dashboards.models import Dashboard, Widget


class WidgetInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    """What is on a dashboard."""

    model = Widget
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:
        """What a widget asks is checked by the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:
        """Likewise."""
        return False


@admin.register(Dashboard)
class DashboardAdmin(ReadOnlyAdmin):
    """Dashboards."""

    list_display = ("name", "owner", "visibility", "widget_count", "version", "created_at", "updated_at")
    list_filter = ("visibility",)
    list_select_related = ("owner",)
    search_fields = ("name", "description", "owner__username", "owner__email")
    inlines = (WidgetInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dashboard]:
        """Each with the number of its widgets."""
        dashboards: QuerySet[Dashboard] = super().get_queryset(request)
        return dashboards.annotate(widget_count=Count("widgets"))

    @admin.display(description="widgets", ordering="widget_count")
    def widget_count(self, dashboard: Dashboard) -> int:
        """How many there are on it."""
        return int(getattr(dashboard, "widget_count", 0))

    def has_delete_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:  # type: ignore[override]
        """Without it nobody who has a dashboard could be deleted."""
        return True
