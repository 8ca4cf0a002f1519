"""API keys."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey, ApiKeyQuerySet
from accounts.origin import origin_of
from accounts.permissions import IsTeacherSignedIn
from accounts.serializers import ApiKeyRequestSerializer, ApiKeySerializer, NewApiKeySerializer
from accounts.services.api_keys import api_key_create, api_key_revoke
from accounts.views.caller import account_now
from accounts.views.validation import validated

TAGS = ["API keys"]


class ApiKeyCollection(ListAPIView[ApiKey]):
    """The keys of the caller; an admin sees everybody's."""

    permission_classes = (IsTeacherSignedIn,)
    serializer_class = ApiKeySerializer

    @extend_schema(tags=TAGS, operation_id="api_keys_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keys that are not revoked, newest first; an admin sees everybody's."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        operation_id="api_keys_create",
        request=ApiKeyRequestSerializer,
        responses={201: NewApiKeySerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a key. The answer is the only place where it is shown: `Authorization: Api-Key <key>`."""
        owner = account_now(request)
        wanted = validated(ApiKeyRequestSerializer(data=request.data, context={"user": owner}))
        new = api_key_create(owner=owner, origin=origin_of(request), **wanted)
        return Response(NewApiKeySerializer(new.api_key, context={"key": new.text}).data, status=201)

    def get_queryset(self) -> ApiKeyQuerySet:
        """What the caller may see."""
        return ApiKey.objects.visible_to(account_now(self.request)).filter(revoked_at=None).select_related("owner")


class ApiKeyItem(APIView):
    """One key."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, operation_id="api_keys_revoke", responses={204: None})
    def delete(self, request: Request, api_key_id: UUID) -> Response:
        """Revoke a key, at once and for good."""
        mine = ApiKey.objects.visible_to(account_now(request)).filter(revoked_at=None)
        api_key_revoke(api_key=get_object_or_404(mine, pk=api_key_id), origin=origin_of(request))
        return Response(status=204)
