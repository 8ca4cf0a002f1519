"""Receipts of erasures."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Erasure
from accounts.permissions import IsAdmin
from accounts.selectors import erasure_list
from accounts.serializers_erasure import ErasureQuerySerializer, ErasureSerializer
from accounts.views.validation import validated

TAGS = ["Erasures"]


class ErasureCollection(ListAPIView[Erasure]):
    """Every erasure."""

    permission_classes = (IsAdmin,)
    serializer_class = ErasureSerializer

    @extend_schema(tags=TAGS, operation_id="erasures_list", parameters=[ErasureQuerySerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Erasures, newest first; of one person by the id they had."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Erasure]:
        """The erasures that fit the query parameters."""
        return erasure_list(**validated(ErasureQuerySerializer(data=self.request.query_params)))


class ErasureReceipt(APIView):
    """One erasure. Whoever erased themselves has no account any more: the id, which nobody can guess, lets them in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(tags=TAGS, operation_id="erasures_retrieve", auth=[], responses=ErasureSerializer)
    def get(self, request: Request, erasure_id: UUID) -> Response:
        """How far an erasure is and what was found, for whoever holds its receipt."""
        return Response(ErasureSerializer(get_object_or_404(Erasure, pk=erasure_id)).data)
