"""Where sources are; analytics.urls mounts them."""

from django.urls import path

from analytics.sources import views

source_urlpatterns = [
    path("tables/sources", views.Sources.as_view()),
    path("tables/sources/<int:source_id>", views.SourceItem.as_view()),
    path("tables/sources/<int:source_id>/test", views.SourceTest.as_view()),
    path("tables/sources/<int:source_id>/sync", views.SourceSync.as_view()),
    path("tables/sources/<int:source_id>/runs", views.SourceRuns.as_view()),
    path("tables/sources/<int:source_id>/runs/<uuid:run_id>", views.SourceRunItem.as_view(), name="source-run"),
    path("tables/sources/<int:source_id>/runs/<uuid:run_id>/cancel", views.SourceRunCancel.as_view()),
    path("tables/sources/<int:source_id>/runs/<uuid:run_id>/refused", views.SourceRunRefused.as_view()),
]
