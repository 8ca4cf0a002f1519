"""Where the app's views are; config.urls mounts them."""

from django.urls import path

from analytics.devices import views as devices
from analytics.sources.urls import source_urlpatterns
from analytics.views import courses, data, exports, metrics, tables

# Also mounted without prefix, for clients of the systems Tidewatch replaces.
device_urlpatterns = [
    path("stats/fleet", devices.Fleet.as_view()),
    path("stats/analysis/async", devices.FleetAnalysisAsync.as_view()),
    path("stats/analysis/tasks/<uuid:task_id>", devices.AnalysisTask.as_view(), name="device-analysis-task"),
    path("stats/analysis/tasks/<uuid:task_id>/cancel", devices.AnalysisTaskCancel.as_view()),
    path(
        "stats/analysis/result/<uuid:device_id>",
        devices.DeviceAnalysisResults.as_view(),
        name="device-analysis-results",
    ),
    path("stats/analysis/<uuid:device_id>", devices.DeviceAnalysisNow.as_view()),
    path("stats/analysis/<uuid:device_id>/async", devices.DeviceAnalysisAsync.as_view()),
    path("stats/<uuid:device_id>/series", devices.DeviceSeries.as_view()),
]

urlpatterns = [
    path("metrics/calculate", metrics.MetricsCalculate.as_view()),
    path("metrics/tasks/<uuid:task_id>", metrics.MetricsTask.as_view(), name="metric-task"),
    path("metrics/tasks/<uuid:task_id>/cancel", metrics.MetricsTaskCancel.as_view()),
    path("metrics/me", metrics.MyMetrics.as_view()),
    # A person's id may hold a slash.
    path("metrics/user/<path:user_id>", metrics.PersonMetrics.as_view()),
    path("analytics/courses", courses.Courses.as_view()),
    # A course's id may hold one too; what is asked of it comes behind the last.
    path("analytics/course/<path:course_id>/users", courses.CoursePeopleList.as_view()),
    path("analytics/course/<path:course_id>/at-risk", courses.CourseAtRisk.as_view()),
    path("analytics/course/<path:course_id>", courses.CourseMetrics.as_view()),
    *device_urlpatterns,
    *source_urlpatterns,
    path("data/query", data.DataQuery.as_view()),
    path("data/aggregate", data.DataAggregate.as_view()),
    path("data/chart", data.DataChart.as_view()),
    path("data/queries/<str:request_id>", data.DataQueryCancel.as_view()),
    path("data/export", exports.DataExport.as_view()),
    path("data/exports/<uuid:export_id>", exports.DataExportDetail.as_view(), name="export"),
    path("data/exports/<uuid:export_id>/cancel", exports.DataExportCancel.as_view()),
    path("tables", tables.Tables.as_view()),
    path("tables/<str:name>/metadata", tables.TableMetadata.as_view()),
    path("tables/<str:name>/columns", tables.TableColumns.as_view()),
    path("tables/<str:name>/sample", tables.TableSample.as_view()),
]
