"""What limits a teacher to courses, seen a moment ago."""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.aging_cache import AgingCache
from accounts.models import Role, User

MAX_TEACHERS = 10_000


@dataclass(frozen=True, slots=True)
class Teaching:
    """Somebody's own role, which is not the one an API key of theirs acts in, and their courses."""

    role: Role
    courses: frozenset[str]


def _read(user_ids: Collection[str]) -> dict[str, Teaching]:
    people = User.objects.filter(pk__in=user_ids).only("role").prefetch_related("course_teachers")
    return {
        str(person.pk): Teaching(Role(person.role), frozenset(each.course_id for each in person.course_teachers.all()))
        for person in people
    }


teaching = AgingCache(_read, max_entries=MAX_TEACHERS)
