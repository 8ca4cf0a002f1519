"""Exports over HTTP: parse, ask one service or selector, answer."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import MayAsk
from analytics.exports.models import Export, ExportFormat
from analytics.exports.selectors import export_link
from analytics.exports.services import export_cancel, export_create, export_stream
from analytics.query.kept_questions import kept_question_check
from analytics.query.requests import ExportOptions, request_read
from analytics.serializers.data import ExportAccepted, ExportAnswer, ExportModeQuery
from analytics.views.data import REFUSED, TAGS, DataView
from analytics.views.metrics import AlreadyFinished
from analytics.views.requests import by_key, checked

_CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OPTIONS = ("format", "escape_formulas")


class DataExport(DataView):
    """A whole result."""

    permission_classes = (MayAsk,)
    takes = ExportModeQuery

    @extend_schema(
        tags=TAGS,
        parameters=[ExportModeQuery],
        request={"application/json": {"$ref": "#/components/schemas/ExportRequest"}},
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            202: OpenApiResponse(ExportAccepted, "With async=true: a worker writes it; result_url tells when."),
            422: REFUSED,
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Every row of a query or an aggregate as a file, sent as it comes or written to the caller's files.

        X-Export-Id names the record that tells in the end whether all was sent: its rows, bytes and SHA-256.
        """
        user: Any = request.user
        later = checked(ExportModeQuery, request.query_params)["async"]
        asked = _asked(request.data) | {"by_key": by_key(request)}
        if later:
            return Response(ExportAccepted(export_create(user=user, **asked)).data, status=202)
        export, chunks = export_stream(user=user, **asked)
        response = StreamingHttpResponse(chunks, content_type=_CONTENT_TYPES[asked["file_format"]])
        response["Content-Disposition"] = f'attachment; filename="export.{export.format}"'
        response["X-Export-Id"] = str(export.pk)
        response["Cache-Control"] = "private, no-store"
        return response


class DataExportDetail(DataView):
    """An export that was asked for."""

    @extend_schema(tags=TAGS, responses=ExportAnswer)
    def get(self, request: Request, export_id: UUID) -> Response:
        """How far an export is; when it has succeeded, a link to its file."""
        return Response(_shown(_export(request, export_id)))


class DataExportCancel(DataView):
    """An export to call off."""

    @extend_schema(
        tags=TAGS, request=None, responses={200: ExportAnswer, 409: OpenApiResponse(description="Finished.")}
    )
    def post(self, request: Request, export_id: UUID) -> Response:
        """Cancel an export that a worker has not finished; nothing of it stays."""
        export = _export(request, export_id)
        if not export_cancel(export=export):
            raise AlreadyFinished("The export has finished, or is being sent.")
        export.refresh_from_db()
        return Response(_shown(export))


def _asked(data: Any) -> dict[str, Any]:
    body = data if isinstance(data, dict) else {}
    options = request_read({name: body[name] for name in _OPTIONS if name in body}, ExportOptions)
    question = {name: value for name, value in body.items() if name not in _OPTIONS}
    kept_question_check(question)
    return {
        "question": question,
        "file_format": ExportFormat(options.format.value),
        "escape_formulas": options.escape_formulas,
    }


def _export(request: Request, export_id: UUID) -> Export:
    user: Any = request.user
    exports = Export.objects.visible_to(user, by_key=by_key(request))
    return get_object_or_404(exports.select_related("requested_by"), pk=export_id)


def _shown(export: Export) -> dict[str, Any]:
    link = export_link(export=export, owner=export.requested_by)
    return ExportAnswer(export, context={"link": link}).data
