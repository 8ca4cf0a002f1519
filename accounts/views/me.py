"""One's own account."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.client_address import client_address
from accounts.origin import origin_of
from accounts.serializers import PasswordSerializer, ProfileSerializer, UserSerializer
from accounts.serializers_erasure import ErasureSerializer, OwnErasureSerializer
from accounts.services.erasure_requests import erasure_request_own
from accounts.services.personal_export import personal_export
from accounts.services.users import user_password_change, user_update
from accounts.tokens import AccessClaims
from accounts.views.caller import account_now
from accounts.views.sign_in import PASSWORD_REFUSALS
from accounts.views.validation import validated

TAGS = ["Accounts"]


@extend_validation_errors(["unique"], field_name="username", methods=["patch"])
@extend_validation_errors(["incorrect", "last_admin"], field_name="password", methods=["delete"])
class Me(APIView):
    """One's own account."""

    open_without_totp = True  # asked by accounts.authentication
    delete_takes_body = True  # asked by config.openapi.AutoSchema

    @extend_schema(tags=TAGS, operation_id="auth_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Your account."""
        return Response(UserSerializer(account_now(request)).data)

    @extend_schema(tags=TAGS, operation_id="auth_me_update", request=ProfileSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change your username or your names."""
        changes = validated(ProfileSerializer(data=request.data, partial=True))
        return Response(UserSerializer(user_update(user=account_now(request), **changes)).data)

    @extend_schema(
        tags=TAGS, operation_id="auth_me_erase", request=OwnErasureSerializer, responses={202: ErasureSerializer}
    )
    def delete(self, request: Request) -> Response:
        """Erase your account and everything held on you, for good. The body holds your password once more.

        The account is closed at once; a task does the rest. Keep the receipt: its address needs no account.
        """
        user = account_now(request)
        context = {"user": user, "address": client_address(request._request)}
        validated(OwnErasureSerializer(data=request.data, context=context))
        erasure = erasure_request_own(user=user, origin=origin_of(request))
        return Response(ErasureSerializer(erasure).data, status=202)


class MyExport(APIView):
    """Everything held on oneself."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[JSONRenderer, str]:
        """Errors are JSON, whatever kind of file was asked for."""
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(tags=TAGS, operation_id="auth_me_export", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Everything held on you, as a ZIP file: your account, events, results, devices, readings and files."""
        pieces = personal_export(user=account_now(request), origin=origin_of(request))
        headers = {"Content-Disposition": 'attachment; filename="tidewatch-export.zip"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


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
