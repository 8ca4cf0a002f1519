"""Where the app's views are; config.urls mounts them."""

from django.urls import path

from analytics.devices import views as devices
from analytics.sources.urls import source_urlpatterns
from analytics.views import courses, metrics

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
    path("analytics/course/<str:course_id>", courses.CourseMetrics.as_view()),
    path("analytics/course/<str:course_id>/users", courses.CoursePeopleList.as_view()),
    path("analytics/course/<str:course_id>/at-risk", courses.CourseAtRisk.as_view()),
    *device_urlpatterns,
    *source_urlpatterns,
]
