"""Sources over HTTP: parse, ask one service or selector, answer."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsTeacherSignedIn
from analytics.services.task_runs import task_cancel
from analytics.sources.models import Source, SourceRun
from analytics.sources.selectors import refused_rows_written, source_list, source_test
from analytics.sources.serializers import (
    DeletionQuery,
    RunAccepted,
    RunAnswer,
    SourceAnswer,
    SourcePatch,
    SourceRequest,
    TestAnswer,
    TestQuery,
    patched,
)
from analytics.sources.services.requests import source_create, source_delete, source_sync, source_update
from analytics.views.requests import PAGE, checked, signed_in

TAGS = ["Sources"]
IN_USE = OpenApiResponse(description="Widgets use the table: the errors name them.")
ID_MAX = 2**63 - 1
NO_KEY = OpenApiResponse(description="This server keeps no secrets: SOURCES_SECRET_KEYS is not set.")


class RunFinished(APIException):
    """Nothing is left to call off."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_finished"
    default_detail = "The run has finished."


def _source(request: Request, source_id: int) -> Source:
    if source_id > ID_MAX:
        raise NotFound
    return get_object_or_404(Source.objects.visible_to(signed_in(request)).select_related("owner"), pk=source_id)


def _run(request: Request, source_id: int, run_id: UUID) -> SourceRun:
    return get_object_or_404(_source(request, source_id).runs.all(), pk=run_id)


class Sources(GenericAPIView[Source]):
    """All of them."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, parameters=PAGE, responses=SourceAnswer(many=True))
    def get(self, request: Request) -> Response:
        """One's own sources, newest first; an admin sees everybody's."""
        page: Any = self.paginate_queryset(source_list(viewer=signed_in(request)))
        return self.get_paginated_response(SourceAnswer(page, many=True).data)

    @extend_schema(tags=TAGS, request=SourceRequest, responses={201: SourceAnswer, 409: NO_KEY})
    def post(self, request: Request) -> Response:
        """A new source. Only type and config are needed; nothing is fetched before a sync or its schedule."""
        fields = checked(SourceRequest, request.data)
        source = source_create(owner=signed_in(request), fields=fields)
        return Response(SourceAnswer(source).data, status=status.HTTP_201_CREATED)


class SourceItem(APIView):
    """One of them."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, responses=SourceAnswer)
    def get(self, request: Request, source_id: int) -> Response:
        """A source, without its secrets."""
        return Response(SourceAnswer(_source(request, source_id)).data)

    @extend_schema(tags=TAGS, request=SourceRequest, responses={200: SourceAnswer, 409: NO_KEY})
    def put(self, request: Request, source_id: int) -> Response:
        """The source anew; its type and its table stay, and so do secrets that are left out."""
        source = _source(request, source_id)
        changed = source_update(source_id=source.pk, fields=checked(SourceRequest, request.data))
        return Response(SourceAnswer(changed).data)

    @extend_schema(tags=TAGS, request=SourcePatch, responses={200: SourceAnswer, 409: NO_KEY})
    def patch(self, request: Request, source_id: int) -> Response:
        """Some of it; a config is given as a whole, and secrets that are left out stay."""
        source = _source(request, source_id)
        fields = checked(SourceRequest, patched(source, request.data))
        return Response(SourceAnswer(source_update(source_id=source.pk, fields=fields)).data)

    @extend_schema(tags=TAGS, parameters=[DeletionQuery], responses={204: None, 409: IN_USE})
    def delete(self, request: Request, source_id: int) -> Response:
        """A source with its runs and its table; a run under way is called off."""
        asked = checked(DeletionQuery, request.query_params.dict())
        source_delete(source=_source(request, source_id), viewer=signed_in(request), force=asked["force"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class SourceTest(APIView):
    """A look at the data."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(
        tags=TAGS,
        request=None,
        parameters=[TestQuery],
        responses={200: TestAnswer, 422: OpenApiResponse(description="The data cannot be had or read.")},
    )
    def post(self, request: Request, source_id: int) -> Response:
        """Connect, infer the columns and show the first rows; nothing is kept."""
        source = _source(request, source_id)
        rows = checked(TestQuery, request.query_params.dict())["rows"]
        return Response(TestAnswer(source_test(source=source, rows=rows)).data)


class SourceSync(APIView):
    """A run to start."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, request=None, responses={202: RunAccepted})
    def post(self, request: Request, source_id: int) -> Response:
        """Have the data fetched by a worker; a run that has not finished is joined."""
        source = _source(request, source_id)
        run = source_sync(source_id=source.pk, requested_by_id=signed_in(request).pk)
        return Response(RunAccepted(run).data, status=status.HTTP_202_ACCEPTED)


class SourceRuns(GenericAPIView[SourceRun]):
    """What was run."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, parameters=PAGE, responses=RunAnswer(many=True))
    def get(self, request: Request, source_id: int) -> Response:
        """A source's runs, newest first."""
        page: Any = self.paginate_queryset(_source(request, source_id).runs.all())
        return self.get_paginated_response(RunAnswer(page, many=True).data)


class SourceRunItem(APIView):
    """One run."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, responses=RunAnswer)
    def get(self, request: Request, source_id: int, run_id: UUID) -> Response:
        """How far it is, or how it ended."""
        return Response(RunAnswer(_run(request, source_id, run_id)).data)


class SourceRunCancel(APIView):
    """A run to call off."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, request=None, responses={200: RunAnswer, 409: OpenApiResponse(description="Finished.")})
    def post(self, request: Request, source_id: int, run_id: UUID) -> Response:
        """Cancel a run that has not finished; the table stays as it was."""
        run = _run(request, source_id, run_id)
        if not task_cancel(task=run):
            raise RunFinished
        run.refresh_from_db()
        return Response(RunAnswer(run).data)


class SourceRunRefused(APIView):
    """The rows a run did not take."""

    permission_classes = (IsTeacherSignedIn,)

    @extend_schema(tags=TAGS, responses={(200, "application/x-ndjson"): OpenApiTypes.STR})
    def get(self, request: Request, source_id: int, run_id: UUID) -> StreamingHttpResponse:
        """Line, reason and beginning of each refused row that was kept, one JSON object a line."""
        run = _run(request, source_id, run_id)
        response = StreamingHttpResponse(refused_rows_written(run=run), content_type="application/x-ndjson")
        response["Content-Disposition"] = f'attachment; filename="refused-{run.pk}.ndjson"'
        return response
