"""Metrics over HTTP: parse, ask one service or selector, answer."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsAdmin, IsTeacher
from accounts.query_parameters import NoQuery
from accounts.selectors import visible_courses
from analytics.models import MetricTask, PersonResult, TaskStatus
from analytics.selectors.metric_results import (
    metric_task_result_list,
    user_metric_result_list,
)
from analytics.selectors.metric_tasks import metric_task_wait
from analytics.selectors.staleness import results_mark_stale
from analytics.serializers.answers import (
    RESULTS_MAX_COUNT,
    PersonResultAnswer,
    PersonResultsAnswer,
    TaskAccepted,
    TaskAnswer,
)
from analytics.serializers.requests import CalculateRequest, PersonResultQuery, WaitQuery
from analytics.services.metric_tasks import metric_task_create
from analytics.services.task_runs import task_cancel
from analytics.views.requests import PAGE, TAGS, checked, possible_id


def _task_answer(task: MetricTask) -> dict[str, Any]:
    succeeded = task.status == TaskStatus.SUCCEEDED
    results = metric_task_result_list(task=task, limit=RESULTS_MAX_COUNT) if succeeded else None
    return TaskAnswer(task, context={"results": results}).data


def _check_own_course(request: Request, course_id: str | None) -> None:
    if course_id is None:
        raise PermissionDenied("Only an admin may calculate every course. Name one in course_id.")
    courses = visible_courses(request.user)
    if courses is not None and course_id not in courses:
        raise PermissionDenied("This is none of your courses.")


class MetricsCalculate(APIView):
    """Ask for a calculation."""

    permission_classes = (IsTeacher,)

    @extend_schema(
        tags=TAGS,
        request=CalculateRequest,
        parameters=[WaitQuery],
        responses={
            200: OpenApiResponse(TaskAnswer, "With wait=true: it has finished."),
            202: OpenApiResponse(TaskAccepted, "It will be done; result_url tells when."),
        },
    )
    def post(self, request: Request) -> Response:
        """Calculate metrics of a course of the caller's, or, by an admin, of every course and every person.

        An unfinished task that asks for the same is joined.
        """
        asked = checked(CalculateRequest, request.data)
        wait = checked(WaitQuery, request.query_params)["wait"]
        if not IsAdmin().has_permission(request, self):
            _check_own_course(request, asked["course_id"])
        task = metric_task_create(requested_by_id=request.user.pk, **asked)
        if wait:
            task = metric_task_wait(task=task, seconds=settings.METRICS_WAIT_SECONDS)
            if task.is_finished:
                return Response(_task_answer(task))
        return Response(TaskAccepted(task).data, status=status.HTTP_202_ACCEPTED)


class MetricsTask(APIView):
    """A calculation that was asked for."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, responses=TaskAnswer)
    def get(self, request: Request, task_id: UUID) -> Response:
        """How far a calculation is; when it has succeeded, up to 1,000 results of courses and of all together."""
        checked(NoQuery, request.query_params)
        task = get_object_or_404(MetricTask.objects.visible_to(request.user), pk=task_id)
        return Response(_task_answer(task))


class AlreadyFinished(APIException):
    """Nothing is left to call off."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_finished"
    default_detail = "The calculation has finished."


class MetricsTaskCancel(APIView):
    """A calculation to call off."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, request=None, responses={200: TaskAnswer, 409: OpenApiResponse(description="Finished.")})
    def post(self, request: Request, task_id: UUID) -> Response:
        """Cancel a calculation that has not finished.

        What it has stored stays, and so do the earlier results of the metrics it has not come to.
        """
        checked(NoQuery, request.query_params)
        task = get_object_or_404(MetricTask.objects.visible_to(request.user), pk=task_id)
        if not task_cancel(task=task):
            raise AlreadyFinished
        task.refresh_from_db()
        return Response(_task_answer(task))


class PersonMetrics(GenericAPIView[PersonResult]):
    """Stored results of one person."""

    permission_classes = (IsTeacher,)

    @extend_schema(tags=TAGS, parameters=[PersonResultQuery, *PAGE], responses=PersonResultsAnswer)
    def get(self, request: Request, user_id: str) -> Response:
        """A person's stored results: within courses, and (course_id null) over all of them."""
        return _person_answer(self, possible_id(user_id))


class MyMetrics(GenericAPIView[PersonResult]):
    """Stored results of the caller."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(tags=TAGS, parameters=[PersonResultQuery, *PAGE], responses=PersonResultsAnswer)
    def get(self, request: Request) -> Response:
        """The caller's own stored results."""
        return _person_answer(self, str(request.user.pk))


def _person_answer(view: GenericAPIView[PersonResult], user_id: str) -> Response:
    """A page of a person's results."""
    where = checked(PersonResultQuery, view.request.query_params)["where"]
    results = user_metric_result_list(viewer=view.request.user, user_id=user_id, where=where)
    paginator: Any = view.paginator
    paginator.default_limit = paginator.max_limit  # who asks for a person's results expects them all
    page = paginator.paginate_queryset(results, view.request)
    results_mark_stale([each.result for each in page], user_id=user_id)
    answer = paginator.get_paginated_response(PersonResultAnswer(page, many=True).data)
    return Response({"user_id": user_id, **answer.data})
