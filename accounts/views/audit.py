"""The audit log."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AuditEntry
from accounts.permissions import IsAdmin
from accounts.selectors import audit_entry_list
from accounts.serializers_admin import AuditEntrySerializer, AuditQuerySerializer
from accounts.views.validation import validated


class AuditLog(ListAPIView[AuditEntry]):
    """Who did what."""

    permission_classes = (IsAdmin,)
    serializer_class = AuditEntrySerializer

    @extend_schema(tags=["Audit"], operation_id="audit_list", parameters=[AuditQuerySerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who did what to which object, from where; newest first. Refusals too."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """The entries that fit the query parameters."""
        return audit_entry_list(**validated(AuditQuerySerializer(data=self.request.query_params)))
