"""What limits a teacher to courses, seen a moment ago."""

from dataclasses import dataclass

from accounts.aging_cache import AgingCache
from accounts.models import CourseTeacher, Role, User

MAX_TEACHERS = 10_000


@dataclass(frozen=True, slots=True)
class Teaching:
    """Somebody's own role, which is not the one an API key of theirs acts in, and their courses."""

    role: Role
    courses: frozenset[str]


def _read(user_id: str) -> Teaching | None:
    role = User.objects.filter(pk=user_id).values_list("role", flat=True).first()
    if role is None:
        return None
    courses = CourseTeacher.objects.filter(user_id=user_id).values_list("course_id", flat=True)
    return Teaching(Role(role), frozenset(courses))


teaching = AgingCache(_read, max_entries=MAX_TEACHERS)
