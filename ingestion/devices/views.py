"""Devices and their readings, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Device, DeviceQuerySet
from accounts.permissions import IsSignedIn
from accounts.query_parameters import PageQuery, StrictQuery
from accounts.views.caller import account_now
from accounts.views.validation import validated
from ingestion.accepting_readings import readings_post
from ingestion.devices.seen import devices_seen_refresh
from ingestion.devices.serializers import (
    DeviceChangeSerializer,
    DeviceFieldsSerializer,
    DeviceQuerySerializer,
    DeviceSerializer,
    DeviceSilenceSerializer,
    ReadingPeriodSerializer,
    ReadingsAcceptedSerializer,
    ReadingSerializer,
    ReadingTakenSerializer,
)
from ingestion.devices.services import device_create, device_delete, device_update
from ingestion.models import DeviceSilence
from ingestion.reading_schemas import reading_json_schema
from ingestion.selectors.devices import device_list, silence_list
from ingestion.selectors.readings import ReadingList, reading_list

TAGS = ["Devices"]
MAX_OFFSET = 100_000
_REFUSALS = {
    400: "No JSON, or an Idempotency-Key that cannot be one",
    401: "No credentials, or bad ones",
    403: "A key without the scope ingest",
    413: "Too large",
    415: "No JSON, or an encoding other than gzip",
    422: "Bad readings, or of a device that is unknown, another's, deleted or deactivated; each named by its index "
    "(the first 100). Or an Idempotency-Key that stands for another body",
    429: "More readings a minute than are taken of one device or one owner; none of these were",
    503: "The buffer is full, or no store can be reached; nothing was taken, unless the code is outcome_unknown",
}


class DeviceCollection(StrictQuery, ListAPIView[Device]):
    """The caller's devices; an admin sees everybody's."""

    serializer_class = DeviceSerializer

    permission_classes = (IsSignedIn,)
    takes = DeviceQuerySerializer

    @extend_schema(tags=TAGS, operation_id="devices_list", parameters=[DeviceQuerySerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Devices, newest first; an admin sees everybody's."""
        devices_seen_refresh()  # not in get_queryset, which is also called to describe the endpoint
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        operation_id="devices_create",
        request=DeviceFieldsSerializer,
        responses={201: DeviceSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a device, which is the caller's."""
        owner = account_now(request)
        device = device_create(owner=owner, **validated(DeviceFieldsSerializer(data=request.data)))
        return Response(DeviceSerializer(device_list(user=owner).get(pk=device.pk)).data, status=201)

    def get_queryset(self) -> DeviceQuerySet:
        """The devices that fit the query parameters."""
        wanted = validated(DeviceQuerySerializer(data=self.request.query_params))
        return device_list(user=account_now(self.request), **wanted)


class DeviceItem(StrictQuery):
    """One device."""

    permission_classes = (IsSignedIn,)

    @extend_schema(tags=TAGS, operation_id="devices_retrieve", responses=DeviceSerializer)
    def get(self, request: Request, device_id: UUID) -> Response:
        """A device."""
        devices_seen_refresh()
        return Response(DeviceSerializer(_device(request, device_id)).data)

    @extend_schema(tags=TAGS, operation_id="devices_update", request=DeviceChangeSerializer, responses=DeviceSerializer)
    def patch(self, request: Request, device_id: UUID) -> Response:
        """Change a device. Readings of a deactivated one are refused from then on."""
        device = _device(request, device_id)
        device_update(device=device, **validated(DeviceChangeSerializer(data=request.data, partial=True)))
        return Response(DeviceSerializer(_device(request, device_id)).data)

    @extend_schema(tags=TAGS, operation_id="devices_delete", responses={204: None})
    def delete(self, request: Request, device_id: UUID) -> Response:
        """Delete a device with its keys at once, and its readings within minutes."""
        device_delete(device=_device(request, device_id))
        return Response(status=204)


class DeviceSilences(StrictQuery, ListAPIView[DeviceSilence]):
    """When a device was silent."""

    permission_classes = (IsSignedIn,)
    takes = PageQuery
    serializer_class = DeviceSilenceSerializer

    @extend_schema(tags=TAGS, operation_id="devices_silences")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Times in which the device should have sent and did not, latest first; `ended` is null while it is silent."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[DeviceSilence]:
        """Of the device in the path."""
        return silence_list(device=_device(self.request, self.kwargs["device_id"]))


class ReadingCollection(APIView):
    """Readings coming in."""

    permission_classes = (IsAuthenticated,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """POST goes round DRF, as events do (docs/adr/0002)."""
        if request.method == "POST":
            return readings_post(request)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        operation_id="readings_create",
        auth=[{"bearer": []}, {"apiKey": []}],  # type: ignore[list-item]  # the library says names, and takes these
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                location=OpenApiParameter.HEADER,
                description="Any text of the sender's. A request sent again under the same key within "
                "IDEMPOTENCY_KEY_HOURS is answered again, with Idempotency-Replayed: true, and counts once.",
            )
        ],
        request={"application/json": reading_json_schema()},
        responses={
            201: OpenApiResponse(ReadingTakenSerializer, description="One reading was taken"),
            202: OpenApiResponse(ReadingsAcceptedSerializer, description="Several were"),
            **{status: OpenApiResponse(description=text) for status, text in _REFUSALS.items()},
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Take one reading, or many as {"readings": […]}, all or none. Identical readings are real and all count."""
        return readings_post(request._request)


class DeviceReadings(StrictQuery, ListAPIView[Any]):
    """The readings of one device."""

    permission_classes = (IsSignedIn,)
    takes = ReadingPeriodSerializer
    serializer_class = ReadingSerializer

    @extend_schema(tags=TAGS, operation_id="readings_list", parameters=[ReadingPeriodSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stored readings, newest first. An `offset` reaches 100,000 deep; beyond that, narrow the period."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ReadingList:  # type: ignore[override]  # asked like a queryset
        """Of the device in the path, in the period of the query parameters."""
        period = validated(ReadingPeriodSerializer(data=self.request.query_params))
        return reading_list(device_id=_device(self.request, self.kwargs["device_id"]).pk, **period)

    def filter_queryset(self, queryset: Any) -> Any:
        """Filtered already."""
        return queryset

    @property
    def paginator(self) -> BasePagination | None:
        """As everywhere, but not as deep: each page reads all that is newer."""
        paginator: Any = super().paginator
        paginator.max_offset = MAX_OFFSET
        return paginator  # type: ignore[no-any-return]


def _device(request: Request, device_id: UUID) -> Device:
    return get_object_or_404(device_list(user=account_now(request)), pk=device_id)
