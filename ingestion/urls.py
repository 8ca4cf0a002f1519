"""Events and the pipeline."""

from django.urls import path

from ingestion.views import DeadLetters, DeadLettersReplay, EventCollection, EventReceipt, IngestionStatus, Ledger

urlpatterns = [
    path("events", EventCollection.as_view()),
    path("events/<uuid:event_id>", EventReceipt.as_view()),
    path("ingestion/status", IngestionStatus.as_view()),
    path("ingestion/ledger", Ledger.as_view()),
    path("ingestion/dead-letters", DeadLetters.as_view()),
    path("ingestion/dead-letters/replay", DeadLettersReplay.as_view()),
]
