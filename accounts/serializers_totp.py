"""What goes in and out of the endpoints of the second factor, and the refusals of signing in."""

from typing import Any

from drf_standardized_errors.openapi_serializers import ClientErrorEnum
from rest_framework import serializers

from accounts.serializers import PASSWORD_MAX_LENGTH, OtpField
from accounts.services.sign_in import password_confirm


class OwnPasswordSerializer(serializers.Serializer[Any]):
    """The caller's password. The context holds the `user` and the `address` of the caller."""

    password = serializers.CharField(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True)

    def validate_password(self, password: str) -> str:
        """It must be right."""
        if not password_confirm(password=password, **self.context):
            raise serializers.ValidationError("This is not your password.", code="incorrect")
        return password


class CodeSerializer(serializers.Serializer[Any]):
    """A code of the app that was just set up."""

    code = OtpField()


class TotpRemovalSerializer(OwnPasswordSerializer):
    """Both factors once more."""

    code = OtpField(help_text="Of the app, or a recovery code.")


class TotpStateSerializer(serializers.Serializer[Any]):
    """The caller's second factor."""

    enabled = serializers.BooleanField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    recovery_codes_left = serializers.IntegerField()
    required = serializers.BooleanField(help_text="By ADMIN_REQUIRES_TOTP.")  # type: ignore[assignment]  # the name


class NewTotpSerializer(serializers.Serializer[Any]):
    """What an authenticator app is told, this once."""

    secret = serializers.CharField(help_text="Base32, to be typed.")
    uri = serializers.CharField(help_text="otpauth://, to be opened.")
    qr_svg = serializers.CharField(help_text="The same as a picture, to be scanned.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Each stands in for one code of a lost app. They are never shown again."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class SignInRefusalSerializer(serializers.Serializer[Any]):
    """Why signing in was refused."""

    code = serializers.ChoiceField(["authentication_failed", "otp_required", "otp_wrong"])
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class SignInRefusedSerializer(serializers.Serializer[Any]):
    """The 401 of signing in."""

    type = serializers.ChoiceField(choices=ClientErrorEnum.choices)
    errors = SignInRefusalSerializer(many=True)  # type: ignore[assignment]  # the shape's name for them
