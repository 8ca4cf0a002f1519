"""Registering, signing in, staying so, signing out."""

from collections.abc import Sequence

from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_serializers import ErrorResponse401Serializer
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import CHALLENGE
from accounts.origin import origin_of
from accounts.permissions import RegistrationIsOpen
from accounts.serializers import (
    LoginSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SignedInSerializer,
    TokenPairSerializer,
)
from accounts.serializers_totp import SignInRefusedSerializer
from accounts.services.refresh_tokens import refresh_token_revoke, refresh_token_rotate
from accounts.services.sign_in import user_login
from accounts.services.users import user_register
from accounts.views.validation import validated

TAGS = ["Accounts"]
PASSWORD_REFUSALS = [
    "password_too_short",
    "password_too_similar",
    "password_too_common",
    "password_entirely_numeric",
]


class SignInView(APIView):
    """For those who have no access token, or an expired one: the header is not looked at."""

    authentication_classes = ()
    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Without it DRF would answer 403 for wrong credentials."""
        return CHALLENGE


@extend_validation_errors(["unique"], field_name="email")
@extend_validation_errors(["unique"], field_name="username")
@extend_validation_errors(PASSWORD_REFUSALS, field_name="password")
class Register(SignInView):
    """New accounts."""

    permission_classes = (RegistrationIsOpen,)

    @extend_schema(
        tags=TAGS,
        operation_id="auth_register",
        auth=[],
        request=RegisterSerializer,
        responses={201: SignedInSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an account and sign in. The role is always student."""
        signed_in = user_register(origin=origin_of(request), **validated(RegisterSerializer(data=request.data)))
        return Response(SignedInSerializer(signed_in).data, status=201)


@extend_validation_errors(["required"], field_name="email")
class Login(SignInView):
    """Signing in."""

    @extend_schema(
        tags=TAGS,
        operation_id="auth_login",
        auth=[],
        request=LoginSerializer,
        responses={200: SignedInSerializer, 401: SignInRefusedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Sign in with an email or a username, and where there is a second factor with a code of it (`otp`)."""
        signed_in = user_login(request=request._request, **validated(LoginSerializer(data=request.data)))
        return Response(SignedInSerializer(signed_in).data)


class Refresh(SignInView):
    """Staying signed in."""

    @extend_schema(
        tags=TAGS,
        operation_id="auth_refresh",
        auth=[],
        request=RefreshSerializer,
        responses={200: TokenPairSerializer, 401: ErrorResponse401Serializer},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair. Each works once; a second use signs out all that followed."""
        pair = refresh_token_rotate(origin=origin_of(request), **validated(RefreshSerializer(data=request.data)))
        return Response(TokenPairSerializer(pair).data)


class Logout(SignInView):
    """Signing out."""

    @extend_schema(
        tags=TAGS,
        operation_id="auth_logout",
        auth=[],
        request=RefreshSerializer,
        responses={204: None, 401: ErrorResponse401Serializer},
    )
    def post(self, request: Request) -> Response:
        """Revoke a refresh token and all that followed from the same signing in."""
        refresh_token_revoke(origin=origin_of(request), **validated(RefreshSerializer(data=request.data)))
        return Response(status=204)
