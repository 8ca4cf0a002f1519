"""Where the app's views are; config.urls mounts them."""

from django.urls import path

from dashboards import data_views, views

urlpatterns = [
    path("dashboards", views.Dashboards.as_view()),
    path("dashboards/<uuid:dashboard_id>", views.DashboardItem.as_view()),
    path("dashboards/<uuid:dashboard_id>/data", data_views.DashboardData.as_view()),
    path("dashboards/<uuid:dashboard_id>/layout", views.Layout.as_view()),
    path("dashboards/<uuid:dashboard_id>/widgets", views.Widgets.as_view()),
    path("dashboards/<uuid:dashboard_id>/widgets/<uuid:widget_id>", views.WidgetItem.as_view()),
    path("dashboards/<uuid:dashboard_id>/widgets/<uuid:widget_id>/data", data_views.WidgetDataView.as_view()),
]
