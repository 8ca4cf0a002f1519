"""One's own account."""

from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import ProfileSerializer, UserSerializer
from accounts.services.users import user_update
from accounts.views.caller import account_now
from accounts.views.validation import validated

TAGS = ["Accounts"]


@extend_validation_errors(["unique"], field_name="username", methods=["patch"])
class Me(APIView):
    """One's own account."""

    @extend_schema(tags=TAGS, operation_id="auth_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Your account."""
        return Response(UserSerializer(account_now(request)).data)

    @extend_schema(tags=TAGS, operation_id="auth_me_update", request=ProfileSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change your username or your names."""
        changes = validated(ProfileSerializer(data=request.data, partial=True))
        return Response(UserSerializer(user_update(user=account_now(request), **changes)).data)
