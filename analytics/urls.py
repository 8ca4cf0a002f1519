"""Where the app's views are; config.urls mounts them."""

from django.urls import path

from analytics import views

urlpatterns = [
    path("metrics/calculate", views.MetricsCalculate.as_view()),
    path("metrics/tasks/<uuid:task_id>", views.MetricsTask.as_view(), name="metric-task"),
    path("metrics/me", views.MyMetrics.as_view()),
    # A person's id may hold a slash.
    path("metrics/user/<path:user_id>", views.PersonMetrics.as_view()),
    path("analytics/course/<str:course_id>", views.CourseMetrics.as_view()),
]
