"""Courses over HTTP: their metrics, their people, who of them may need help."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsTeacher
from accounts.selectors import visible_courses
from analytics.models import PersonResult
from analytics.selectors.course_people import (
    CoursePeople,
    PeopleQuerySet,
    course_people_get,
    people_at_risk,
    people_sorted,
    risk_reasons,
)
from analytics.selectors.course_settings import course_thresholds_get
from analytics.selectors.events import course_activity_list, course_exists
from analytics.selectors.metric_results import ResultFilter, course_metrics_get
from analytics.serializers.answers import (
    AtRiskAnswer,
    CourseActivityAnswer,
    CourseAnswer,
    CoursePeriodAnswer,
    CoursesAnswer,
    PeopleAnswer,
    RiskReasonAnswer,
)
from analytics.serializers.requests import ActivityQuery, AtRiskQuery, CourseResultQuery, PeopleQuery
from analytics.views.requests import PAGE, TAGS, checked, visible_course


class NotCalculated(NotFound):
    """A course that is known, without stored results."""

    default_code = "not_calculated"
    default_detail = (
        "Nothing is stored for this course, period and time zone: it has not been calculated, or nobody was in the "
        "course then. POST /api/v1/metrics/calculate calculates it."
    )


def _nothing_stored(course_id: str) -> NotFound:
    return NotCalculated() if course_exists(course_id=course_id) else NotFound("There is no such course.")


class CourseMetrics(APIView):
    """Stored results of one course."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, parameters=[CourseResultQuery], responses=CourseAnswer)
    def get(self, request: Request, course_id: str) -> Response:
        """A course's metrics of one period, with their spread over its people.

        Without start and end: the period that was calculated last.
        """
        course_id = visible_course(request, course_id)
        where = checked(CourseResultQuery, request.query_params)["where"]
        found = course_metrics_get(viewer=request.user, course_id=course_id, where=where)
        if found is None:
            raise _nothing_stored(course_id)
        return Response(CourseAnswer(found).data)


class Courses(GenericAPIView[PersonResult]):
    """Courses with activity."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, parameters=[ActivityQuery, *PAGE], responses=CoursesAnswer)
    def get(self, request: Request) -> Response:
        """The caller's courses with events, of all time or of a period, by their ids."""
        courses: Any = course_activity_list(
            courses=visible_courses(request.user), **checked(ActivityQuery, request.query_params)
        )
        page: Any = self.paginate_queryset(courses)
        return self.get_paginated_response(CourseActivityAnswer(page, many=True).data)


class CoursePeopleList(GenericAPIView[PersonResult]):
    """The people of a course."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, parameters=[PeopleQuery, *PAGE], responses=PeopleAnswer)
    def get(self, request: Request, course_id: str) -> Response:
        """A course's people, each with their stored metrics of one period."""
        asked = checked(PeopleQuery, request.query_params)
        people = _people(request, course_id, asked["where"])
        if asked["sort"].removeprefix("-") not in {"user_id", *people.metrics}:
            raise NotCalculated
        page = _page(self, people_sorted(people=people, by=asked["sort"]))
        return _people_answer(self, people, [_person(people, row) for row in page])


class CourseAtRisk(GenericAPIView[PersonResult]):
    """The people of a course who may need help."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, parameters=[AtRiskQuery, *PAGE], responses=AtRiskAnswer)
    def get(self, request: Request, course_id: str) -> Response:
        """Who is below a threshold of the course, with the values that are; who has completed it is left out."""
        people = _people(request, course_id, checked(AtRiskQuery, request.query_params)["where"])
        thresholds = course_thresholds_get(course_id=people.course_id)
        page = _page(self, people_at_risk(people=people, thresholds=thresholds))
        results = [_person(people, row) | {"reasons": _reasons(row, thresholds)} for row in page]
        missing = sorted(thresholds.keys() - set(people.metrics))
        return _people_answer(self, people, results, thresholds=thresholds, not_calculated=missing)


def _people(request: Request, course_id: str, where: ResultFilter) -> CoursePeople:
    """Of a course that has stored results."""
    people = course_people_get(viewer=request.user, course_id=visible_course(request, course_id), where=where)
    if people is None:
        raise _nothing_stored(course_id)
    return people


def _page(view: GenericAPIView[PersonResult], rows: PeopleQuerySet) -> list[dict[str, Any]]:
    page: Any = view.paginate_queryset(rows)
    return list(page)


def _person(people: CoursePeople, row: dict[str, Any]) -> dict[str, Any]:
    return {"user_id": row["user_id"], "metrics": {metric: row[metric] for metric in people.metrics}}


def _reasons(row: dict[str, Any], thresholds: dict[str, float]) -> Any:
    reasons: Any = risk_reasons(person=row, thresholds=thresholds)
    return RiskReasonAnswer(reasons, many=True).data


def _people_answer(
    view: GenericAPIView[PersonResult], people: CoursePeople, results: list[dict[str, Any]], **more: Any
) -> Response:
    answer = view.get_paginated_response(results)
    return Response(CoursePeriodAnswer(people).data | more | answer.data)
