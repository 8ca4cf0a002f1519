"""What goes in and out of erasures."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from accounts.models import Erasure, ErasureStatus
from accounts.serializers import PASSWORD_MAX_LENGTH
from accounts.services.sign_in import password_confirm

USER_ID_MAX_LENGTH = 128


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """A receipt. It says nothing of the person but a hash of their id, which nobody else can make."""

    result_url = serializers.SerializerMethodField(help_text="Where to look again. Nobody else knows this address.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How much was found, by place.")

    class Meta:
        model = Erasure
        fields = (
            *("id", "status", "result_url", "subject", "includes_account", "counts", "error"),
            *("created_at", "finished_at"),
        )
        read_only_fields = fields

    def get_result_url(self, erasure: Erasure) -> str:
        """The receipt's own address."""
        return reverse("erasure", args=(erasure.pk,))


class UserIdField(serializers.CharField):
    """A person's id as their events carry it, taken as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=USER_ID_MAX_LENGTH, trim_whitespace=False, **kwargs)


class ErasureQuerySerializer(serializers.Serializer[Any]):
    """Which erasures."""

    user_id = UserIdField(required=False)
    status = serializers.ChoiceField(ErasureStatus.choices, required=False)


class ErasureRequestSerializer(serializers.Serializer[Any]):
    """Whom to erase. Nothing else may be named: it would look as if it made the erasure smaller."""

    user_id = UserIdField(help_text="A person's id, as their events carry it.")
    account = serializers.BooleanField(
        default=False, help_text="Also the account with this id, its keys and its names in the audit log."
    )

    def to_internal_value(self, data: Any) -> Any:
        """From query parameters, each given once."""
        unknown = {name: "Erasures know no such parameter." for name in data if name not in self.fields}
        double = {name: "Give this once." for name in data if len(data.getlist(name)) > 1}
        if unknown or double:
            raise serializers.ValidationError(unknown | double)
        return super().to_internal_value(data)


class OwnErasureSerializer(serializers.Serializer[Any]):
    """The password once more. The context holds the `user` and the `address` of the caller."""

    password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)

    def validate_password(self, password: str) -> str:
        """It must be right."""
        if not password_confirm(password=password, **self.context):
            raise serializers.ValidationError("This is not your password.", code="incorrect")
        return password
