"""PUT /users/{id}/courses, and what follows for `visible_courses`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries
from rest_framework.test import APIClient

from accounts.models import AuditEntry, CourseTeacher, Role, User
from accounts.selectors import visible_courses
from tests.accounts.clock import Clock
from tests.accounts.together import together

AsUser = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}/courses"


def test_it_works(admin: User, owner: User, as_user: AsUser) -> None:
    response = as_user(admin).put(url(owner), {"courses": ["b", "a", "b"]})

    assert response.status_code == 200
    assert (response.json()["id"], response.json()["courses"]) == (owner.pk, ["a", "b"])
    assert visible_courses(owner) == frozenset({"a", "b"})
    assert as_user(admin).get("/api/v1/users?role=teacher").json()["results"][0]["courses"] == ["a", "b"]


def test_it_replaces_and_leaves_a_line(admin: User, owner: User, as_user: AsUser) -> None:
    as_user(admin).put(url(owner), {"courses": ["a", "b"]})
    assert as_user(admin).put(url(owner), {"courses": ["c", "b"]}).json()["courses"] == ["b", "c"]

    assert visible_courses(owner) == frozenset({"b", "c"})
    entry = AuditEntry.objects.order_by("pk").reverse()[0]
    assert (entry.action, entry.actor_name, entry.object_id) == ("user.courses", "admin", str(owner.pk))
    assert entry.details == {"added": ["c"], "removed": ["a"]}
    assert as_user(admin).put(url(owner), {"courses": []}).json()["courses"] == []
    assert visible_courses(owner) is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"courses": None},
        {"courses": "a"},
        {"courses": {"a": "b"}},
        {"courses": [""]},
        {"courses": [None]},
        {"courses": [["a"]]},
        {"courses": ["a\x00b"]},
        {"courses": ["x" * 129]},
        {"courses": [str(number) for number in range(1001)]},
    ],
)
def test_what_is_no_list_of_courses_is_refused(admin: User, owner: User, as_user: AsUser, sent: Any) -> None:
    assert as_user(admin).put(url(owner), sent).status_code == 400
    assert not CourseTeacher.objects.exists()


@pytest.mark.parametrize("course", [" ", " a ", "ä/ö", "💡", "x" * 128, "' OR 1=1 --"])
def test_any_id_an_event_may_carry(admin: User, owner: User, as_user: AsUser, course: str) -> None:
    assert as_user(admin).put(url(owner), {"courses": [course]}).status_code == 200

    assert visible_courses(owner) == frozenset({course})


def test_only_admins_and_only_of_somebody(admin: User, owner: User, colleague: User, as_user: AsUser) -> None:
    assert as_user(owner).put(url(owner), {"courses": []}).status_code == 403
    assert as_user(owner).put(url(colleague), {"courses": ["a"]}).status_code == 403
    assert as_user(admin).put("/api/v1/users/0/courses", {"courses": []}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_done_one_after_the_other(admin: User, owner: User, as_user: AsUser) -> None:
    lists = [["a", "b"], ["b", "c"]] * 3

    def put(courses: list[str]) -> int:
        return as_user(admin).put(url(owner), {"courses": courses}).status_code

    statuses = together(*(partial(put, courses) for courses in lists))

    assert statuses == [200] * len(lists)
    assert sorted(CourseTeacher.objects.values_list("course_id", flat=True)) in lists


@pytest.mark.parametrize(
    ("role", "courses", "without", "visible"),
    [
        (Role.ADMIN, [], "all", None),
        (Role.ADMIN, ["a"], "none", None),
        (Role.TEACHER, [], "all", None),
        (Role.TEACHER, [], "none", frozenset()),
        (Role.TEACHER, ["a", "b"], "all", frozenset({"a", "b"})),
        (Role.TEACHER, ["a", "b"], "none", frozenset({"a", "b"})),
        (Role.STUDENT, ["a"], "all", frozenset()),
        (Role.STUDENT, [], "all", frozenset()),
    ],
)
def test_who_sees_which(
    settings: Settings, owner: User, role: Role, courses: list[str], without: str, visible: frozenset[str] | None
) -> None:
    settings.TEACHERS_WITHOUT_COURSES_SEE = without
    owner.role = role
    owner.save()
    CourseTeacher.objects.bulk_create(CourseTeacher(user=owner, course_id=course) for course in courses)

    assert visible_courses(owner) == visible


def test_it_is_asked_once_a_while(settings: Settings, owner: User, clock: Clock) -> None:
    visible_courses(owner)
    CourseTeacher.objects.create(user=owner, course_id="a")

    with assertNumQueries(0):
        assert visible_courses(owner) is None
    clock.now += settings.ACCOUNT_CACHE_SECONDS
    assert visible_courses(owner) == frozenset({"a"})
