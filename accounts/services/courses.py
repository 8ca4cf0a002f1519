"""Limiting teachers to courses."""

from collections.abc import Collection

from django.db import transaction

from accounts.course_cache import teaching
from accounts.models import CourseTeacher, User
from accounts.origin import Origin
from accounts.services.audit import audit_record


def user_courses_set(*, user: User, courses: Collection[str], origin: Origin) -> None:
    """Limit somebody to exactly these courses. It counts while they are a teacher; none is no limit, by default."""
    wanted = set(courses)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two admins at once: one after the other
        had = set(CourseTeacher.objects.filter(user=user).values_list("course_id", flat=True))
        CourseTeacher.objects.filter(user=user, course_id__in=had - wanted).delete()
        CourseTeacher.objects.bulk_create(
            [CourseTeacher(user=user, course_id=course) for course in sorted(wanted - had)]
        )
        audit_record(
            origin=origin,
            action="user.courses",
            object_type="user",
            object_id=user.pk,
            added=sorted(wanted - had),
            removed=sorted(had - wanted),
        )
    teaching.forget([str(user.pk)])
