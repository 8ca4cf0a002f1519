"""Parameters and shapes of the list of events. Events coming in are checked by schemas.py."""

import re
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from accounts.query_parameters import PAGE, QueryParameters
from ingestion.models import LedgerHour
from ingestion.selectors.events import EventFilter

_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class InstantField(serializers.DateTimeField):
    """A time; without an offset it is UTC, a bare date is its first moment."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> datetime:
        """The aware time."""
        if isinstance(value, str) and _BARE_DATE.fullmatch(value):
            value += "T00:00:00Z"
        return super().to_internal_value(value)


class EventFilterSerializer(QueryParameters[EventFilter]):
    """The query parameters of GET /events."""

    beside = (*PAGE, "cursor")

    user_id = serializers.CharField(required=False, max_length=128, trim_whitespace=False)
    course_id = serializers.CharField(required=False, max_length=128, trim_whitespace=False)
    event_type = serializers.CharField(required=False, max_length=64)
    session_id = serializers.CharField(required=False, max_length=128, trim_whitespace=False)
    start = InstantField(required=False, help_text="Included.")
    end = InstantField(required=False, help_text="Excluded.")

    def event_filter(self, *, courses: frozenset[str] | None) -> EventFilter:
        """The filter, once the parameters are valid, within the courses the caller sees (None: all)."""
        if "event_type" in self.validated_data:
            self.validated_data["event_type"] = self.validated_data["event_type"].lower()
        return EventFilter(**self.validated_data, courses=courses)


class EventSerializer(serializers.Serializer[object]):
    """A stored event."""

    event_id = serializers.UUIDField()
    user_id = serializers.CharField()
    course_id = serializers.CharField(allow_null=True)
    event_type = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    properties = serializers.DictField()


class EventsAcceptedSerializer(serializers.Serializer[object]):
    """How many events were taken, and with ?on_error=skip how many were not, and why."""

    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField(required=False, help_text="With ?on_error=skip.")
    errors = serializers.ListField(  # type: ignore[assignment]  # the answer's name for them
        child=serializers.DictField(),
        required=False,
        help_text="With ?on_error=skip: the first 100 refusals.",
    )


class ReceiptSerializer(serializers.Serializer[object]):
    """An accepted event and where it is."""

    event_id = serializers.UUIDField(source="event.event_id")
    status = serializers.ChoiceField(["buffered", "stored", "dead_letter"])
    reason = serializers.CharField(allow_null=True, help_text="Why a dead letter is one.")
    event = EventSerializer()


class WriterStateSerializer(serializers.Serializer[object]):
    """A writer's last word."""

    name = serializers.CharField()
    state = serializers.ChoiceField(["writing", "standing by"])
    seconds_ago = serializers.FloatField()


class PipelineStatusSerializer(serializers.Serializer[object]):
    """The pipeline now."""

    buffered_batches = serializers.IntegerField()
    buffered_events = serializers.IntegerField()
    buffered_readings = serializers.IntegerField()
    buffered_bytes = serializers.IntegerField()
    in_flight_events = serializers.IntegerField(help_text="Of the buffered, those being written.")
    in_flight_readings = serializers.IntegerField()
    lag_seconds = serializers.FloatField(help_text="Age of the oldest batch that waits.")
    seconds_since_progress = serializers.FloatField(allow_null=True)
    stored_per_second = serializers.FloatField(help_text="Events and readings, over this minute and the one before.")
    dead_letters = serializers.IntegerField()
    is_stuck = serializers.BooleanField()
    totals = serializers.DictField(child=serializers.IntegerField(), help_text="Of events.")
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="Events, by reason.")
    readings_totals = serializers.DictField(child=serializers.IntegerField())
    readings_refused = serializers.DictField(child=serializers.IntegerField())
    writers = WriterStateSerializer(many=True)


class DeadLetterSerializer(serializers.Serializer[object]):
    """An event or a reading that could not be stored."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(["events", "readings"])
    reason = serializers.CharField()
    received_at = serializers.DateTimeField()
    origin = serializers.CharField(source="source")
    event = serializers.CharField(source="text", help_text="Of a batch that cannot be read, the beginning.")


class ReplaySerializer(serializers.Serializer[object]):
    """Which dead letters to put back; all, when left out."""

    ids = serializers.ListField(child=serializers.RegexField(r"^\d{1,20}-\d{1,20}$"), required=False, max_length=10_000)


class ReplayedSerializer(serializers.Serializer[object]):
    """How many were put back, and how many are left."""

    replayed = serializers.IntegerField()
    left = serializers.IntegerField()


class LedgerFilterSerializer(QueryParameters[object]):
    """The query parameters of the ledger."""

    beside = PAGE

    start = InstantField(required=False, help_text="Included.")
    end = InstantField(required=False, help_text="Excluded.")


class LedgerHourSerializer(serializers.ModelSerializer[LedgerHour]):
    """What became of the events accepted in one hour from one source."""

    waiting = serializers.IntegerField()

    class Meta:
        model = LedgerHour
        fields = LedgerHour.SHOWN
