"""One's own second factor."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.client_address import client_address
from accounts.origin import origin_of
from accounts.selectors import totp_state
from accounts.serializers_totp import (
    CodeSerializer,
    NewTotpSerializer,
    OwnPasswordSerializer,
    RecoveryCodesSerializer,
    TotpRemovalSerializer,
    TotpStateSerializer,
)
from accounts.services.totp import totp_begin, totp_confirm, totp_remove_by_owner
from accounts.tokens import AccessClaims
from accounts.views.caller import account_now
from accounts.views.validation import validated

TAGS = ["Second factor"]


@extend_validation_errors(["incorrect"], field_name="password", methods=["post", "delete"])
@extend_validation_errors(["incorrect"], field_name="code", methods=["delete"])
class Totp(APIView):
    """An authenticator app."""

    open_without_totp = True  # asked by accounts.authentication

    @extend_schema(tags=TAGS, operation_id="auth_totp", responses=TotpStateSerializer)
    def get(self, request: Request) -> Response:
        """Whether you have a second factor."""
        return Response(TotpStateSerializer(totp_state(user=account_now(request))).data)

    @extend_schema(
        tags=TAGS,
        operation_id="auth_totp_begin",
        request=OwnPasswordSerializer,
        responses={200: NewTotpSerializer, 409: OpenApiResponse(description="There is one already.")},
    )
    def post(self, request: Request) -> Response:
        """Begin to set up an authenticator app (TOTP). It counts once a code of it is confirmed."""
        user = account_now(request)
        context = {"user": user, "address": client_address(request._request)}
        validated(OwnPasswordSerializer(data=request.data, context=context))
        return Response(NewTotpSerializer(totp_begin(user=user, origin=origin_of(request))).data)

    @extend_schema(tags=TAGS, operation_id="auth_totp_remove", request=TotpRemovalSerializer, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take your second factor away."""
        user = account_now(request)
        address = client_address(request._request)
        wanted = TotpRemovalSerializer(data=request.data, context={"user": user, "address": address})
        code = validated(wanted)["code"]
        totp_remove_by_owner(user=user, code=code, address=address, origin=origin_of(request))
        return Response(status=204)


@extend_validation_errors(["incorrect"], field_name="code")
class TotpConfirm(APIView):
    """The end of setting it up."""

    open_without_totp = True

    @extend_schema(
        tags=TAGS, operation_id="auth_totp_confirm", request=CodeSerializer, responses=RecoveryCodesSerializer
    )
    def post(self, request: Request) -> Response:
        """Show that the app works. From now on signing in asks for it; whoever else is signed in is signed out."""
        family = request.auth.family if isinstance(request.auth, AccessClaims) else None
        codes = totp_confirm(
            user=account_now(request),
            keep_family=family,
            origin=origin_of(request),
            **validated(CodeSerializer(data=request.data)),
        )
        return Response({"recovery_codes": codes})
