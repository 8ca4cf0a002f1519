"""What goes in and out of the endpoints for admins."""

from typing import Any

from rest_framework import serializers

from accounts.models import COURSE_ID_MAX_LENGTH, AuditEntry, Outcome, Role, User
from accounts.query_parameters import PAGE, QueryParameters
from accounts.serializers import UserSerializer

MAX_COURSES = 1000


class UserQuerySerializer(QueryParameters[Any]):
    """Which accounts."""

    beside = PAGE

    search = serializers.CharField(required=False, max_length=254, help_text="Part of an email, username or name.")
    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class AccountSerializer(serializers.ModelSerializer[User]):
    """An account, as an admin sees it."""

    courses: Any = serializers.SlugRelatedField(
        slug_field="course_id",
        source="course_teachers",
        many=True,
        read_only=True,
        help_text="What a teacher is limited to.",
    )

    class Meta:
        model = User
        fields = (*UserSerializer.Meta.fields, "is_active", "last_login", "courses")
        read_only_fields = fields


class AccountChangeSerializer(serializers.Serializer[Any]):
    """What an admin may change."""

    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class CoursesSerializer(serializers.Serializer[Any]):
    """What a teacher is limited to."""

    courses = serializers.ListField(
        child=serializers.CharField(max_length=COURSE_ID_MAX_LENGTH, trim_whitespace=False),
        max_length=MAX_COURSES,
        help_text="All of them; twice is as good as once. None: no limit, unless TEACHERS_WITHOUT_COURSES_SEE says so.",
    )


class AuditQuerySerializer(QueryParameters[Any]):
    """Which entries."""

    beside = PAGE

    actor_id = serializers.CharField(required=False, max_length=32)
    action = serializers.CharField(required=False, max_length=128)
    outcome = serializers.ChoiceField(Outcome.choices, required=False)
    start = serializers.DateTimeField(required=False, help_text="Included.")
    end = serializers.DateTimeField(required=False, help_text="Excluded.")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """An entry."""

    details = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = (
            *("id", "at", "actor_id", "actor_name", "actor_kind", "action", "outcome"),
            *("object_type", "object_id", "address", "request_id", "details"),
        )
        read_only_fields = fields
