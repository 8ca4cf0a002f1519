"""Questions to the data over HTTP: parse, ask one selector, answer."""

import time
from collections.abc import Callable

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsSignedIn, MayAsk
from accounts.query_parameters import StrictQuery
from analytics.asking.answer_cache import Answer
from analytics.asking.running import query_cancel
from analytics.query.problems import QueryProblem
from analytics.selectors.data import data_aggregate, data_chart, data_query
from analytics.serializers.asking import ASKING_HEADERS, asked_how

TAGS = ["Data"]
REFUSED = OpenApiResponse(description="The question does not fit, or went over a limit: the error names it.")


class Unprocessable(ValidationError):
    """A question that is JSON, and cannot be asked."""

    status_code = 422


class DataView(StrictQuery):
    """Turns a question's problem into a 422 that names its part."""

    permission_classes = (IsSignedIn,)

    def handle_exception(self, exc: Exception) -> Response:
        """DRF's, after that."""
        if isinstance(exc, QueryProblem):
            exc = Unprocessable({exc.attr: [ErrorDetail(exc.detail, code=exc.code)]})
        return super().handle_exception(exc)


def _answer(request: Request, ask: Callable[..., Answer]) -> HttpResponse:
    started = time.perf_counter()
    answer = ask(user=request.user, data=request.data, **asked_how(request))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    cached = answer.age_seconds is not None
    extra = {"elapsed_ms": elapsed_ms, "cached": cached, "age_seconds": answer.age_seconds or 0}
    # The body is JSON already: it is not read again only to be written again.
    body = answer.body[:-1] + b"," + msgspec.json.encode(extra)[1:]
    response = HttpResponse(body, content_type="application/json")
    response["Age"] = str(answer.age_seconds or 0)
    response["Cache-Control"] = "private, no-store"
    return response


def _schema(name: str, answer: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    decorate: Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]] = extend_schema(
        tags=TAGS,
        request={"application/json": {"$ref": f"#/components/schemas/{name}"}},
        parameters=ASKING_HEADERS,
        responses={200: {"$ref": f"#/components/schemas/{answer}"}, 422: REFUSED},
    )
    return decorate


class DataQuery(DataView):
    """Rows."""

    permission_classes = (MayAsk,)
    changes_nothing = True  # asked by accounts.audit_middleware

    @_schema("QueryRequest", "QueryAnswer")
    def post(self, request: Request) -> HttpResponse:
        """Rows of a table, a page at a time, with their total."""
        return _answer(request, data_query)


class DataAggregate(DataView):
    """Numbers by group."""

    permission_classes = (MayAsk,)
    changes_nothing = True  # asked by accounts.audit_middleware

    @_schema("AggregateRequest", "AggregateAnswer")
    def post(self, request: Request) -> HttpResponse:
        """Numbers by group, over time in the caller's zone."""
        return _answer(request, data_aggregate)


class DataChart(DataView):
    """A chart."""

    permission_classes = (MayAsk,)
    changes_nothing = True  # asked by accounts.audit_middleware

    @_schema("ChartRequest", "ChartAnswer")
    def post(self, request: Request) -> HttpResponse:
        """What a chart draws, without gaps in time and with the smallest series joined as "other"."""
        return _answer(request, data_chart)


class DataQueryCancel(DataView):
    """A query that runs."""

    permission_classes = (MayAsk,)

    @extend_schema(tags=TAGS, responses={204: None})
    def delete(self, request: Request, request_id: str) -> Response:
        """Stop what the caller asked under this X-Request-ID."""
        if not query_cancel(caller=str(request.user.pk), name=request_id):
            raise NotFound("Nothing of yours runs under this name.")
        return Response(status=204)
