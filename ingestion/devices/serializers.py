"""What goes in and out of the devices' endpoints. Readings coming in are checked by reading_schemas.py."""

from typing import Any

from rest_framework import serializers

from accounts.json_object import JSONObjectField
from accounts.models import DEVICE_NAME_MAX_LENGTH, Device, DeviceState
from accounts.query_parameters import PAGE, QueryParameters
from ingestion.models import DeviceSilence
from ingestion.serializers import InstantField

METADATA_MAX_BYTES = 16 * 1024
DESCRIPTION_MAX_LENGTH = 2000
INTERVAL_MAX_SECONDS = 366 * 86400


class DeviceFieldsSerializer(serializers.Serializer[Any]):
    """What a device's owner says of it."""

    name = serializers.CharField(required=False, max_length=DEVICE_NAME_MAX_LENGTH, allow_blank=True, allow_null=True)
    external_id = serializers.CharField(
        required=False,
        max_length=DEVICE_NAME_MAX_LENGTH,
        allow_blank=True,
        allow_null=True,
        help_text="What its owner calls it; at most one device of theirs each.",
    )
    description = serializers.CharField(
        required=False, max_length=DESCRIPTION_MAX_LENGTH, allow_blank=True, allow_null=True
    )
    metadata = JSONObjectField(max_bytes=METADATA_MAX_BYTES, required=False, allow_null=True)
    expected_interval_seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=INTERVAL_MAX_SECONDS,
        help_text="How often it should send; null: its silence is not watched.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Null is nothing said."""
        nothing: dict[str, Any] = {"name": "", "external_id": "", "description": "", "metadata": {}}
        return attrs | {name: value for name, value in nothing.items() if name in attrs and attrs[name] is None}


class DeviceChangeSerializer(DeviceFieldsSerializer):
    """What its owner may change."""

    is_active = serializers.BooleanField(required=False, help_text="Readings of an inactive device are refused.")


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A device."""

    owner = serializers.CharField(source="owner.username", help_text="Its owner's username.")
    metadata = serializers.DictField()
    state = serializers.ChoiceField(DeviceState.choices)

    class Meta:
        model = Device
        fields = (
            *("id", "name", "external_id", "description", "metadata", "owner", "is_active"),
            *("expected_interval_seconds", "state", "last_seen_at", "created_at", "updated_at"),
        )
        read_only_fields = fields


class DeviceQuerySerializer(QueryParameters[Any]):
    """Which devices."""

    beside = PAGE

    state = serializers.ChoiceField(DeviceState.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=DEVICE_NAME_MAX_LENGTH, help_text="Part of a name, external id or description."
    )


class DeviceSilenceSerializer(serializers.ModelSerializer[DeviceSilence]):
    """A time in which a device that should have sent did not."""

    class Meta:
        model = DeviceSilence
        fields = ("since", "noticed_at", "ended")
        read_only_fields = fields


class ReadingPeriodSerializer(QueryParameters[Any]):
    """From when to when."""

    beside = PAGE

    start = InstantField(required=False, help_text="Included.")
    end = InstantField(required=False, help_text="Excluded.")


class ReadingSerializer(serializers.Serializer[object]):
    """A stored reading."""

    device_id = serializers.UUIDField()
    timestamp = serializers.DateTimeField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    z = serializers.FloatField()
    received_at = serializers.DateTimeField()


class ReadingTakenSerializer(ReadingSerializer):
    """A reading just taken."""

    reading_id = serializers.UUIDField(required=False, help_text="As it was sent.")


class ReadingsAcceptedSerializer(serializers.Serializer[object]):
    """How many readings were taken."""

    accepted = serializers.IntegerField()
