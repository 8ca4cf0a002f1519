"""What goes in and out of the accounts' endpoints."""

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils import timezone
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from accounts.models import API_KEY_NAME_MAX_LENGTH, USERNAME_MAX_LENGTH, ApiKey, Device, Scope, User
from accounts.services.sign_in import password_confirm

PASSWORD_MAX_LENGTH = 1024
TOKEN_MAX_LENGTH = 4096


def _check_password(password: str, person: User, *, field: str) -> None:
    try:
        validate_password(password, user=person)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from None


class EmailField(serializers.EmailField):
    """An address, as it is stored. Validators see it afterwards: lower case can be longer."""

    def to_internal_value(self, data: Any) -> str:
        """Lower case."""
        return User.objects.normalize_email(super().to_internal_value(data))


class UsernameField(serializers.CharField):
    """A username, as it is stored. Validators see it afterwards: a full-width @ becomes a plain one."""

    def __init__(self, **kwargs: Any) -> None:
        model_field = User._meta.get_field("username")
        validators = [*self.default_validators, *model_field.validators]
        super().__init__(max_length=USERNAME_MAX_LENGTH, validators=validators, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Unicode's normal form KC."""
        return User.normalize_username(super().to_internal_value(data))


class UserSerializer(serializers.ModelSerializer[User]):
    """An account, as its owner sees it."""

    class Meta:
        model = User
        fields = ("id", "email", "username", "first_name", "last_name", "role", "date_joined")
        read_only_fields = fields


class ProfileSerializer(serializers.Serializer[Any]):
    """What people may change of their own account."""

    username = UsernameField(required=False)
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)


class RegisterSerializer(serializers.Serializer[Any]):
    """A new account. Anything else that is sent, a role for one, has no effect."""

    email = EmailField(max_length=254)
    password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)
    username = UsernameField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="Left out: made from the first part of the email.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The password must pass Django's validators."""
        person = User(email=attrs["email"], username=attrs.get("username") or "")
        _check_password(attrs["password"], person, field="password")
        return attrs


class PasswordSerializer(serializers.Serializer[Any]):
    """A new password, and the one it replaces. The context holds the `user` and the `address` of the caller."""

    current_password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)
    new_password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The old one must be right, the new one pass Django's validators."""
        if not password_confirm(password=attrs["current_password"], **self.context):
            raise serializers.ValidationError({"current_password": "This is not your password."}, code="incorrect")
        _check_password(attrs["new_password"], self.context["user"], field="new_password")
        return attrs


class LoginSerializer(serializers.Serializer[Any]):
    """Either name and the password; each of the two names may stand in either field."""

    email = serializers.CharField(max_length=254, required=False, allow_blank=True, allow_null=True)
    username = serializers.CharField(max_length=254, required=False, allow_blank=True, allow_null=True)
    password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Gives {identifier, password}."""
        identifier = attrs.get("email") or attrs.get("username")
        if not identifier:
            raise serializers.ValidationError({"email": "Give an email or a username."}, code="required")
        return {"identifier": identifier, "password": attrs["password"]}


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=TOKEN_MAX_LENGTH)


class TokenPairSerializer(serializers.Serializer[Any]):
    """A new pair."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class SignedInSerializer(TokenPairSerializer):
    """Somebody, and the tokens they go on with."""

    user = UserSerializer()


class ApiKeyRequestSerializer(serializers.Serializer[Any]):
    """A key to be made. The context holds the `user` who makes it."""

    name = serializers.CharField(max_length=API_KEY_NAME_MAX_LENGTH)
    scopes = serializers.MultipleChoiceField(choices=Scope.choices, allow_empty=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Left out: never.")
    device_id = serializers.PrimaryKeyRelatedField(
        source="device",
        pk_field=serializers.UUIDField(),
        queryset=Device.objects.all(),
        required=False,
        allow_null=True,
        help_text="A device: the key sends its readings and opens nothing else. Its only scope is ingest.",
    )

    def validate_device_id(self, device: Device | None) -> Device | None:
        """One that the caller sees."""
        if device is not None and not Device.objects.visible_to(self.context["user"]).filter(pk=device.pk).exists():
            self.fields["device_id"].fail("does_not_exist", pk_value=device.pk)
        return device

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A device reads nothing."""
        if attrs.get("device") and attrs["scopes"] != [Scope.INGEST]:
            raise serializers.ValidationError({"scopes": "A device's key has the scope ingest alone."})
        return attrs

    def validate_scopes(self, scopes: set[str]) -> list[str]:
        """In one order."""
        return sorted(scopes)

    def validate_expires_at(self, moment: datetime | None) -> datetime | None:
        """A key that is dead when it is born is a mistake."""
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError("This is in the past.")
        return moment


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without the key itself."""

    owner = serializers.CharField(source="owner.username", help_text="The username of whoever made it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "scopes", "owner", "device_id", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


class NewApiKeySerializer(ApiKeySerializer):
    """A key just made, this once with the key itself."""

    key = serializers.SerializerMethodField(help_text="Keep it: it is never shown again.")

    class Meta:
        model = ApiKey
        fields = (*ApiKeySerializer.Meta.fields, "key")
        read_only_fields = fields

    def get_key(self, api_key: ApiKey) -> str:
        """From the context: it is in no store."""
        text: str = self.context["key"]
        return text
