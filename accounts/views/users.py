"""Accounts, for admins."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.origin import origin_of
from accounts.permissions import IsAdmin
from accounts.selectors import user_list
from accounts.serializers_admin import (
    AccountChangeSerializer,
    AccountSerializer,
    CoursesSerializer,
    UserQuerySerializer,
)
from accounts.services.courses import user_courses_set
from accounts.services.users import user_administer
from accounts.views.validation import validated

TAGS = ["Users"]


class UserCollection(ListAPIView[User]):
    """Everybody."""

    permission_classes = (IsAdmin,)
    serializer_class = AccountSerializer

    @extend_schema(tags=TAGS, operation_id="users_list", parameters=[UserQuerySerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Accounts, by username."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[User]:
        """The accounts that fit the query parameters."""
        return user_list(**validated(UserQuerySerializer(data=self.request.query_params)))


class UserItem(APIView):
    """One account."""

    permission_classes = (IsAdmin,)

    @extend_schema(tags=TAGS, operation_id="users_update", request=AccountChangeSerializer, responses=AccountSerializer)
    def patch(self, request: Request, user_id: int) -> Response:
        """Give somebody another role, deactivate or reactivate them. It takes effect within a minute."""
        user = get_object_or_404(User, pk=user_id)
        changes = validated(AccountChangeSerializer(data=request.data, partial=True))
        return Response(AccountSerializer(user_administer(user=user, origin=origin_of(request), **changes)).data)


class UserCourses(APIView):
    """What one teacher is limited to."""

    permission_classes = (IsAdmin,)

    @extend_schema(tags=TAGS, operation_id="users_courses", request=CoursesSerializer, responses=AccountSerializer)
    def put(self, request: Request, user_id: int) -> Response:
        """Limit a teacher to these courses: they see no other course, person or metric. Within a minute."""
        user = get_object_or_404(User, pk=user_id)
        user_courses_set(user=user, origin=origin_of(request), **validated(CoursesSerializer(data=request.data)))
        return Response(AccountSerializer(user).data)
