"""One's own account."""

from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.client_address import client_address
from accounts.origin import origin_of
from accounts.serializers import PasswordSerializer, ProfileSerializer, UserSerializer
from accounts.services.users import user_password_change, user_update
from accounts.tokens import AccessClaims
from accounts.views.caller import account_now
from accounts.views.sign_in import PASSWORD_REFUSALS
from accounts.views.validation import validated

TAGS = ["Accounts"]


@extend_validation_errors(["unique"], field_name="username", methods=["patch"])
class Me(APIView):
    """One's own account."""

    open_without_totp = True  # asked by accounts.authentication

    @extend_schema(tags=TAGS, operation_id="auth_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Your account."""
        return Response(UserSerializer(account_now(request)).data)

    @extend_schema(tags=TAGS, operation_id="auth_me_update", request=ProfileSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change your username or your names."""
        changes = validated(ProfileSerializer(data=request.data, partial=True))
        return Response(UserSerializer(user_update(user=account_now(request), **changes)).data)


@extend_validation_errors(["incorrect"], field_name="current_password")
@extend_validation_errors(PASSWORD_REFUSALS, field_name="new_password")
class Password(APIView):
    """One's own password."""

    @extend_schema(tags=TAGS, operation_id="auth_password", request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change your password. Whoever else is signed in with the old one is signed out."""
        user = account_now(request)
        context = {"user": user, "address": client_address(request._request)}
        password = validated(PasswordSerializer(data=request.data, context=context))["new_password"]
        family = request.auth.family if isinstance(request.auth, AccessClaims) else None
        user_password_change(user=user, password=password, keep_family=family, origin=origin_of(request))
        return Response(status=204)
