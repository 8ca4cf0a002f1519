"""Events."""

from django.urls import path

from ingestion.views import EventCollection

urlpatterns = [
    path("events", EventCollection.as_view()),
]
