"""Devices' readings over HTTP, analysed: parse, ask one service or selector, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Device
from accounts.permissions import IsSignedIn
from accounts.query_parameters import PageQuery, StrictQuery
from analytics.devices.fleet import fleet_chosen, fleet_seen
from analytics.devices.intervals import TooManyPoints
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import (
    Span,
    analysis_task_results,
    device_analyse,
    device_analysis_list,
    device_series,
    fleet_figures,
)
from analytics.devices.serializers import (
    AnalysisAccepted,
    AnalysisAnswer,
    AnalysisTaskAnswer,
    AnalysisTaskResults,
    DeviceResult,
    FleetAnswer,
    FleetDevice,
    FleetQuery,
    FleetRequest,
    ResultsQuery,
    SeriesAnswer,
    SeriesQuery,
    SpanQuery,
    SpanRequest,
    StoredAnalysis,
)
from analytics.devices.services.requests import DeviceGone, device_analysis_cancel, device_analysis_create
from analytics.views.metrics import AlreadyFinished
from analytics.views.requests import PAGE, checked, signed_in

TAGS = ["Devices"]
REFUSED_QUERY = OpenApiResponse(description="The query went over a limit; a worker has more time.")


def _device(request: Request, device_id: UUID) -> Device:
    return get_object_or_404(Device.objects.visible_to(signed_in(request)), pk=device_id)


def _task(request: Request, task_id: UUID) -> DeviceAnalysisTask:
    return get_object_or_404(DeviceAnalysisTask.objects.visible_to(signed_in(request)), pk=task_id)


def _asked(request: Request) -> Any:
    """What the address and the body ask for; the body wins."""
    if not isinstance(request.data, dict):
        return request.data
    return {**request.query_params.dict(), **request.data}


def _accepted(request: Request, device_ids: list[UUID], span: Span, **context: Any) -> Response:
    try:
        task = device_analysis_create(requested_by_id=signed_in(request).pk, device_ids=device_ids, span=span)
    except DeviceGone:
        raise NotFound from None
    return Response(AnalysisAccepted(task, context=context).data, status=status.HTTP_202_ACCEPTED)


class DeviceAnalysisNow(StrictQuery):
    """A device's figures, at once."""

    permission_classes = (IsSignedIn,)
    takes = SpanQuery

    @extend_schema(tags=TAGS, parameters=[SpanRequest], responses={200: AnalysisAnswer, 422: REFUSED_QUERY})
    def get(self, request: Request, device_id: UUID) -> Response:
        """Minimum, maximum, count, sum and median of each axis, exact, of a period or of all time."""
        device = _device(request, device_id)
        span = checked(SpanRequest, request.query_params.dict())["span"]
        figures = device_analyse(device_id=device.pk, span=span)
        answer = {"device_id": device.pk, "start": span.start, "end": span.end, **figures}
        return Response(AnalysisAnswer(answer).data)


class DeviceSeries(StrictQuery):
    """A device's readings over time."""

    permission_classes = (IsSignedIn,)
    takes = SeriesQuery

    @extend_schema(tags=TAGS, parameters=[SeriesQuery], responses={200: SeriesAnswer, 422: REFUSED_QUERY})
    def get(self, request: Request, device_id: UUID) -> Response:
        """Minimum, mean and maximum of each axis, interval by interval; an interval without readings has nulls."""
        device = _device(request, device_id)
        asked = checked(SeriesQuery, request.query_params.dict())
        try:
            series = device_series(device_id=device.pk, **asked)
        except TooManyPoints as error:
            raise ValidationError({"interval": str(error)}, code="too_many_points") from None
        return Response(SeriesAnswer(series).data)


class DeviceAnalysisAsync(StrictQuery):
    """A device's figures, by a worker."""

    permission_classes = (IsAuthenticated,)
    takes = SpanQuery

    @extend_schema(
        tags=TAGS,
        operation_id="stats_analysis_async_create",
        parameters=[SpanRequest],
        request=SpanRequest,
        responses={202: AnalysisAccepted},
    )
    def post(self, request: Request, device_id: UUID) -> Response:
        """Have a device analysed; start and end in the address or in the body.

        An unfinished task of the caller that asks for the same is joined.
        """
        device = _device(request, device_id)
        span = checked(SpanRequest, _asked(request))["span"]
        return _accepted(request, [device.pk], span, device_id=device.pk)


class DeviceAnalysisResults(StrictQuery):
    """What workers found of a device."""

    permission_classes = (IsSignedIn,)
    takes = ResultsQuery

    @extend_schema(tags=TAGS, parameters=[ResultsQuery], responses=StoredAnalysis(many=True))
    def get(self, request: Request, device_id: UUID) -> Response:
        """Analyses of a device, asked for alone or with others, newest first; with task_id that one."""
        device = _device(request, device_id)
        asked = checked(ResultsQuery, request.query_params.dict())
        found: Any = device_analysis_list(viewer=signed_in(request), device=device, **asked)
        if "task_id" in asked and not found:
            raise NotFound
        return Response(StoredAnalysis(found, many=True).data)


class FleetAnalysisAsync(StrictQuery):
    """Many devices' figures, by a worker."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        tags=TAGS,
        operation_id="stats_analysis_fleet_create",
        request=FleetRequest,
        responses={202: AnalysisAccepted},
    )
    def post(self, request: Request) -> Response:
        """Have many devices analysed: those named, those of an owner, or the caller's own.

        One query for all of them; each device has its own result.
        """
        asked = checked(FleetRequest, request.data)
        span = asked.pop("span")
        return _accepted(request, fleet_chosen(viewer=signed_in(request), **asked), span)


class AnalysisTask(StrictQuery, GenericAPIView[DeviceAnalysis]):
    """An analysis that was asked for."""

    permission_classes = (IsSignedIn,)
    takes = PageQuery

    @extend_schema(tags=TAGS, parameters=PAGE, responses=AnalysisTaskResults)
    def get(self, request: Request, task_id: UUID) -> Response:
        """How far an analysis is, and its devices' results."""
        task = _task(request, task_id)
        page: Any = self.paginate_queryset(analysis_task_results(task=task))
        answer = self.get_paginated_response(DeviceResult(page, many=True).data)
        return Response(AnalysisTaskAnswer(task).data | answer.data)


class AnalysisTaskCancel(StrictQuery):
    """An analysis to call off."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        tags=TAGS, request=None, responses={200: AnalysisTaskAnswer, 409: OpenApiResponse(description="Finished.")}
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Cancel an analysis that has not finished; its query is stopped."""
        task = _task(request, task_id)
        if not device_analysis_cancel(task=task):
            raise AlreadyFinished
        task.refresh_from_db()
        return Response(AnalysisTaskAnswer(task).data)


class Fleet(StrictQuery, GenericAPIView[Device]):
    """Many devices' sums, at once."""

    permission_classes = (IsSignedIn,)
    takes = FleetQuery

    @extend_schema(tags=TAGS, parameters=[FleetQuery, *PAGE], responses={200: FleetAnswer, 422: REFUSED_QUERY})
    def get(self, request: Request) -> Response:
        """Minimum, maximum, count and sum of each axis of every device the caller sees, from hourly sums."""
        asked = checked(FleetQuery, request.query_params.dict())
        span = asked.pop("span")
        devices: Any = self.paginate_queryset(fleet_seen(viewer=signed_in(request), **asked))
        figures = fleet_figures(device_ids=[device.pk for device in devices], span=span)
        rows = [{"device_id": device.pk, "name": device.name, **figures[device.pk]} for device in devices]
        return self.get_paginated_response(FleetDevice(rows, many=True).data)
