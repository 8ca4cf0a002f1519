"""Tables over HTTP: parse, ask one selector, answer."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsAdmin
from accounts.query_parameters import PageQuery
from analytics.query.problems import QueryProblem
from analytics.selectors.data import sample_shown
from analytics.serializers.data import (
    ColumnAnswer,
    ColumnsAnswer,
    DescriptionsRequest,
    MetadataAnswer,
    SampleQuery,
    TableAnswer,
    TablesAnswer,
)
from analytics.tables.descriptions import descriptions_set
from analytics.tables.statistics import table_columns_get, table_list, table_metadata_get
from analytics.views.data import REFUSED, DataView
from analytics.views.requests import PAGE, checked

TAGS = ["Tables"]


class TableView(DataView):
    """A table that is not there, or not for the caller, is a 404: it is part of the address."""

    def handle_exception(self, exc: Exception) -> Response:
        """DataView's, after that."""
        if isinstance(exc, QueryProblem) and exc.code == "unknown_table":
            exc = NotFound(exc.detail)
        return super().handle_exception(exc)


class Tables(DataView, GenericAPIView[Any]):
    """All of them."""

    takes = PageQuery

    @extend_schema(tags=TAGS, parameters=PAGE, responses=TablesAnswer)
    def get(self, request: Request) -> Response:
        """The tables the caller may ask."""
        paginator: Any = self.paginator
        page = paginator.paginate_queryset(table_list(user=_user(request)), request, view=self)
        answer: Response = paginator.get_paginated_response(TableAnswer(page, many=True).data)
        return answer


class TableMetadata(TableView):
    """A table's size."""

    @extend_schema(tags=TAGS, responses={200: MetadataAnswer, 422: REFUSED})
    def get(self, request: Request, name: str) -> Response:
        """A table's engine, rows, bytes, compression and span in time; of a part of it, that part's."""
        return Response(MetadataAnswer(table_metadata_get(user=_user(request), name=name)).data)


class TableColumns(TableView):
    """A table's columns."""

    @extend_schema(tags=TAGS, responses={200: ColumnsAnswer, 422: REFUSED})
    def get(self, request: Request, name: str) -> Response:
        """A table's columns: type, description, and about how many values each has."""
        return Response(_columns(request, name))

    @extend_schema(tags=TAGS, request=DescriptionsRequest, responses={200: ColumnsAnswer, 422: REFUSED})
    def patch(self, request: Request, name: str) -> Response:
        """Describe a table and its columns; an empty text takes a description away."""
        if not IsAdmin().has_permission(request, self):
            raise PermissionDenied("Only an admin may describe tables.")
        asked = checked(DescriptionsRequest, request.data)
        descriptions_set(user=_user(request), name=name, **asked)
        return Response(_columns(request, name))


class TableSample(TableView):
    """Some rows of a table."""

    takes = SampleQuery

    @extend_schema(
        tags=TAGS,
        parameters=[SampleQuery],
        responses={200: {"$ref": "#/components/schemas/AggregateAnswer"}, 422: REFUSED},
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        """Some rows, in no order."""
        limit = checked(SampleQuery, request.query_params)["limit"]
        body = sample_shown(user=_user(request), name=name, limit=limit)
        return HttpResponse(body, content_type="application/json")


def _columns(request: Request, name: str) -> dict[str, Any]:
    return {"columns": ColumnAnswer(table_columns_get(user=_user(request), name=name), many=True).data}


def _user(request: Request) -> Any:
    return request.user
