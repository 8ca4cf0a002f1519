"""Parameters and shapes of the list of events. Events coming in are checked by schemas.py."""

import re
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from ingestion.selectors import EventFilter

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


class EventFilterSerializer(serializers.Serializer[EventFilter]):
    """The query parameters of GET /events."""

    user_id = serializers.CharField(required=False, max_length=128)
    course_id = serializers.CharField(required=False, max_length=128)
    event_type = serializers.CharField(required=False, max_length=64)
    session_id = serializers.CharField(required=False, max_length=128)
    start = InstantField(required=False, help_text="Included.")
    end = InstantField(required=False, help_text="Excluded.")

    def event_filter(self) -> EventFilter:
        """The filter, once the parameters are valid."""
        return EventFilter(**self.validated_data)


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
