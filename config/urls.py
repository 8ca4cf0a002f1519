"""The only place that mounts an app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerView

from analytics.urls import device_urlpatterns
from config.health import Health, Ready
from config.prometheus import metrics

admin.autodiscover()  # here, so that only processes that answer HTTP load the admin's pages

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(url="/docs")),
    path("admin/", admin.site.urls),
    path("health", Health.as_view()),
    path("health/ready", Ready.as_view()),
    path("metrics", metrics),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs", SpectacularSwaggerView.as_view(url_name="openapi")),
    path("redoc", SpectacularRedocView.as_view(url_name="openapi", template_name="api_docs/redoc.html")),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/", include("ingestion.urls")),
    path("api/v1/", include("ingestion.devices.urls")),
    path("api/v1/", include("analytics.urls")),
    path("api/v1/", include("dashboards.urls")),
    path("api/v1/", include("storage_app.files.urls")),
    # Aliases, for clients of the systems this one replaces. In namespaces, so that the addresses in answers are the
    # ones with the prefix.
    path("", include(("accounts.urls", "accounts"), namespace="accounts-without-prefix")),
    path("", include((device_urlpatterns, "analytics"), namespace="without-prefix")),
    path("", include("ingestion.devices.urls")),
]
