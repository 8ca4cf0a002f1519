"""Events and the state of the pipeline, over HTTP."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.origin import origin_of
from accounts.permissions import IsAdmin, IsTeacher
from accounts.selectors import visible_courses
from accounts.serializers_erasure import ErasureRequestSerializer, ErasureSerializer
from accounts.services.erasure_requests import erasure_request
from ingestion.accepting import events_post
from ingestion.dead_letters import dead_letter_count, dead_letters_replay
from ingestion.pages import CursorPage, DeadLetterList
from ingestion.schemas import event_json_schema
from ingestion.selectors.events import EventList, event_list
from ingestion.selectors.ledger import ledger_list
from ingestion.selectors.pipeline import pipeline_status
from ingestion.selectors.receipts import Receipt, receipt_find
from ingestion.serializers import (
    DeadLetterSerializer,
    EventFilterSerializer,
    EventsAcceptedSerializer,
    EventSerializer,
    LedgerFilterSerializer,
    LedgerHourSerializer,
    PipelineStatusSerializer,
    ReceiptSerializer,
    ReplayedSerializer,
    ReplaySerializer,
)
from ingestion.services import ledger_save

_REFUSALS = {
    400: "No JSON",
    401: "No credentials, or bad ones",
    403: "Another person's events, or a key without the scope ingest",
    413: "Too large",
    415: "Neither JSON nor NDJSON, or an encoding other than gzip",
    422: "Bad events, each named by its index (the first 100)",
    503: "The buffer is full, or no store can be reached; nothing was taken",
}


class EventCollection(ListAPIView[Any]):
    """The events."""

    permission_classes = (IsTeacher,)
    serializer_class = EventSerializer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """POST goes round DRF, whose parsing and validation cost thirty times what msgspec does (docs/adr/0002)."""
        if request.method == "POST":
            return events_post(request)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        tags=["Events"],
        operation_id="events_list",
        parameters=[
            EventFilterSerializer,
            OpenApiParameter("cursor", description="Walk any depth at constant cost: empty to begin, then as in next."),
        ],
        responses=EventSerializer(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stored events, newest first."""
        if "cursor" in request.query_params:
            return CursorPage(request, self.get_queryset(), limit=self._limit(request)).response()
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=["Events"],
        operation_id="events_create",
        auth=[{"bearer": []}, {"apiKey": []}],  # type: ignore[list-item]  # the library says names, and takes these
        parameters=[
            OpenApiParameter(
                "on_error",
                enum=["skip"],
                description="Take the good events of a batch and name the bad ones, instead of refusing the batch.",
            )
        ],
        request={"application/json": event_json_schema(), "application/x-ndjson": {"type": "string"}},
        responses={
            202: EventsAcceptedSerializer,
            **{status: OpenApiResponse(description=text) for status, text in _REFUSALS.items()},
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Accept events. 202 means durable: they survive the death of any one process or store."""
        return events_post(request._request)

    @extend_schema(
        tags=["Events"],
        operation_id="events_erase",
        parameters=[ErasureRequestSerializer],
        request=None,
        responses={202: ErasureSerializer},
    )
    def delete(self, request: Request) -> Response:
        """Erase what is held on one person, everywhere: events, results, files, devices with their readings.

        A task does it. Events of theirs of before this moment are not stored again, however often they are sent.
        """
        wanted = ErasureRequestSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        erasure = erasure_request(
            user_id=wanted.validated_data["user_id"],
            includes_account=wanted.validated_data["account"],
            origin=origin_of(request),
        )
        return Response(ErasureSerializer(erasure).data, status=202)

    def get_permissions(self) -> list[Any]:
        """Erasing is an admin's."""
        return [IsAdmin()] if self.request.method == "DELETE" else [*super().get_permissions()]

    def get_queryset(self) -> EventList:  # type: ignore[override]  # asked like a queryset
        """The events that fit the query parameters."""
        parameters = EventFilterSerializer(data=self.request.query_params)
        parameters.is_valid(raise_exception=True)
        return event_list(event_filter=parameters.event_filter(courses=visible_courses(self.request.user)))

    def filter_queryset(self, queryset: Any) -> Any:
        """Filtered already."""
        return queryset

    def _limit(self, request: Request) -> int:
        paginator: Any = self.paginator
        limit: int = paginator.get_limit(request)
        return limit


class EventReceipt(APIView):
    """One event."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(tags=["Events"], operation_id="events_retrieve", responses={200: ReceiptSerializer})
    def get(self, request: Request, event_id: UUID) -> Response:
        """Where an accepted event is: buffered, stored, or a dead letter and why.

        Students see their own, teachers their courses'.
        """
        receipt = receipt_find(event_id=event_id)
        if receipt is None or not _may_see(request.user, receipt):
            raise NotFound
        return Response(ReceiptSerializer(receipt).data)


def _may_see(user: User | AnonymousUser, receipt: Receipt) -> bool:
    if receipt.event["user_id"] == str(user.pk):
        return True
    courses = visible_courses(user)
    return courses is None or receipt.event["course_id"] in courses


class IngestionStatus(APIView):
    """The pipeline."""

    permission_classes = (IsAdmin,)

    @extend_schema(tags=["Ingestion"], responses=PipelineStatusSerializer)
    def get(self, request: Request) -> Response:
        """What waits and since when, what moves, what was refused, and how the writers are."""
        return Response(pipeline_status().as_dict())


class DeadLetters(ListAPIView[Any]):
    """Events that could not be stored."""

    permission_classes = (IsAdmin,)
    serializer_class = DeadLetterSerializer

    @extend_schema(tags=["Ingestion"], operation_id="dead_letters_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Dead letters with their reasons, newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> DeadLetterList:  # type: ignore[override]  # asked like a queryset
        """All of them."""
        return DeadLetterList()

    def filter_queryset(self, queryset: Any) -> Any:
        """As they are."""
        return queryset


class DeadLettersReplay(APIView):
    """Putting dead letters back."""

    permission_classes = (IsAdmin,)

    @extend_schema(tags=["Ingestion"], request=ReplaySerializer, responses=ReplayedSerializer)
    def post(self, request: Request) -> Response:
        """Put dead letters (all, or those named) back into the buffer."""
        wanted = ReplaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        replayed = dead_letters_replay(ids=wanted.validated_data.get("ids"))
        return Response({"replayed": replayed, "left": dead_letter_count()})


class Ledger(ListAPIView[Any]):
    """The ledger."""

    permission_classes = (IsAdmin,)
    serializer_class = LedgerHourSerializer

    @extend_schema(tags=["Ingestion"], operation_id="ledger_list", parameters=[LedgerFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What became of the events accepted in each hour, by source, newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """The hours of the period."""
        period = LedgerFilterSerializer(data=self.request.query_params)
        period.is_valid(raise_exception=True)
        ledger_save()  # what Redis knows by now
        return ledger_list(**period.validated_data)
