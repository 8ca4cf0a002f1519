"""Results, calculations and nightly runs in the admin: to look at; and the courses' settings."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from accounts.admin import ReadOnlyAdmin
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.services.requests import device_analysis_cancel
from analytics.line_chart import line_chart
from analytics.models import UNFINISHED, CourseSettings, MetricResult, MetricTask, NightlyRun, PersonResult
from analytics.nightly_tasks import nightly_runs_tend
from analytics.selectors.course_history import course_history_list, result_people_list
from analytics.services.nightly_runs import nightly_run_create
from analytics.services.task_runs import task_cancel
from analytics.sources.admin import ImportedTableAdmin, SourceAdmin, SourceRunAdmin

__all__ = ["ImportedTableAdmin", "SourceAdmin", "SourceRunAdmin"]  # registered with the rest


@admin.register(MetricResult)
class MetricResultAdmin(ReadOnlyAdmin):
    """Stored results."""

    list_display = ("metric", "course_id", "start", "end", "timezone", "value", "computed_at")
    list_filter = ("metric", "start", "timezone")
    search_fields = ("course_id",)  # shows the field; get_search_results says what it looks for
    search_help_text = "The id of a course or of a person"
    show_full_result_count = False
    readonly_fields = ("over_time", "people_of_it")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MetricResult], search_term: str
    ) -> tuple[QuerySet[MetricResult], bool]:
        """Exactly a course's, or those a person is in."""
        if not search_term:
            return queryset, False
        of_person = PersonResult.objects.filter(user_id=search_term).values("result_id")
        return queryset.filter(Q(course_id=search_term) | Q(pk__in=of_person)), False

    @admin.display(description="The course's metrics over time")
    def over_time(self, result: MetricResult) -> str:
        """A chart of each metric, of periods as long as this one's."""
        charts = [
            {
                "label": each.metric.label,
                "unit": each.metric.unit.label,
                "chart": line_chart(each.points, highest=each.metric.high),
            }
            for each in course_history_list(like=result)
        ]
        return render_to_string("analytics/course_history.html", {"charts": charts})

    @admin.display(description="People")
    def people_of_it(self, result: MetricResult) -> str:
        """The first of them."""
        people = result_people_list(result=result)
        return render_to_string("analytics/result_people.html", {"people": people, "count": result.people.count()})


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
        cancelled = sum(task_cancel(task=task) for task in queryset)
        self.message_user(request, f"{cancelled} cancelled.", messages.SUCCESS)


@admin.register(DeviceAnalysisTask)
class DeviceAnalysisTaskAdmin(ReadOnlyAdmin):
    """Analyses of devices that were asked for."""

    list_display = ("created_at", "status", "done", "total", "start", "end", "requested_by", "finished_at", "error")
    list_filter = ("status", "created_at")
    list_select_related = ("requested_by",)
    ordering = ("-created_at",)
    actions = ("cancel",)

    @admin.action(description="Cancel what has not finished", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[DeviceAnalysisTask]) -> None:
        """Call off the chosen analyses."""
        cancelled = sum(device_analysis_cancel(task=task) for task in queryset)
        self.message_user(request, f"{cancelled} cancelled.", messages.SUCCESS)


@admin.register(DeviceAnalysis)
class DeviceAnalysisAdmin(ReadOnlyAdmin):
    """What they found, device by device."""

    list_display = ("device", "status", "start", "end", "finished_at", "result")
    list_filter = ("task__status",)
    list_select_related = ("task", "device")
    ordering = ("-pk",)
    search_fields = ("=device__id", "device__name", "=task__id")
    search_help_text = "A device's name, or the id of a device or of a task"
    show_full_result_count = False

    @admin.display(ordering="task__status")
    def status(self, analysis: DeviceAnalysis) -> str:
        """Where it is."""
        return analysis.task.status

    @admin.display(ordering="task__start")
    def start(self, analysis: DeviceAnalysis) -> datetime | None:
        """Of the period."""
        return analysis.task.start

    @admin.display(ordering="task__end")
    def end(self, analysis: DeviceAnalysis) -> datetime | None:
        """Of the period."""
        return analysis.task.end

    @admin.display(ordering="task__finished_at")
    def finished_at(self, analysis: DeviceAnalysis) -> datetime | None:
        """When it ended."""
        return analysis.task.finished_at


@admin.register(CourseSettings)
class CourseSettingsAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What courses set of their metrics."""

    list_display = ("course_id", "daily_cap", "idle_seconds", "base_days")
    search_fields = ("course_id",)


@admin.register(NightlyRun)
class NightlyRunAdmin(ReadOnlyAdmin):
    """Nightly runs, and a button that starts one."""

    list_display = (
        "day", "timezone", "status", "progress", "by_hand", "started_at", "finished_at", "courses", "repaired",
        "results",
    )  # fmt: skip
    list_filter = ("status", "by_hand")
    ordering = ("-started_at",)
    exclude = ("tasks",)
    readonly_fields = ("progress",)
    list_before_template = "analytics/run_now.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[NightlyRun]:
        """With how many tasks there are and how many have ended."""
        runs: QuerySet[NightlyRun] = super().get_queryset(request)
        ended = Count("tasks", filter=~Q(tasks__status__in=UNFINISHED))
        return runs.annotate(task_count=Count("tasks"), ended_count=ended)

    @admin.display(description="Tasks ended")
    def progress(self, run: Any) -> str:
        """Of all."""
        return f"{run.ended_count} of {run.task_count}"

    def get_urls(self) -> list[URLPattern]:
        """With the button's address."""
        button = path("run-now/", self.admin_site.admin_view(require_POST(self.run_now)), name="nightly_run_now")
        return [button, *super().get_urls()]

    def run_now(self, request: HttpRequest) -> HttpResponse:
        """Start a run, or show the one under way."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = nightly_run_create(now=timezone.now(), requested_by_id=request.user.pk, by_hand=True)
        transaction.on_commit(nightly_runs_tend.delay)
        self.message_user(request, f"The run for {run.day} is under way.", messages.SUCCESS)
        return redirect("admin:analytics_nightlyrun_changelist")
