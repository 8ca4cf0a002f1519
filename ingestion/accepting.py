"""POST /events: a plain view on the path that must be fast (docs/adr/0002)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from accounts.authentication import Caller, authenticate
from ingestion.answers import Refused, RowsRefused, answered, decoded_body, note_refusals, source_of
from ingestion.buffer import Kind
from ingestion.decoding import Batch, first_errors
from ingestion.schemas import Sender, StoredEvent, decode_json, decode_ndjson
from ingestion.services import events_accept


def events_post(request: HttpRequest) -> JsonResponse:
    """Parse, check, keep, answer."""
    return answered(_take, request, Kind.EVENTS)


def _take(request: HttpRequest) -> JsonResponse:
    caller = authenticate(request)
    skip = _skips_bad_events(request)
    batch, _ = decoded_body(request, _decoders(caller), Kind.EVENTS)
    note_refusals(batch.refusals, caller, Kind.EVENTS)
    if batch.refusals and not skip:
        raise RowsRefused(Kind.EVENTS, batch.refusals)
    answer: dict[str, Any] = {"accepted": events_accept(events=batch.rows, source=source_of(caller, Kind.EVENTS))}
    if skip:
        answer |= {"rejected": len(batch.refusals), "errors": first_errors(batch.refusals)}
    return JsonResponse(answer, status=202)


def _decoders(caller: Caller) -> dict[str, Callable[[bytes], Batch[StoredEvent]]]:
    sender, now, most = _sender(caller), datetime.now(UTC), settings.EVENTS_MAX_COUNT
    return {
        "application/json": partial(decode_json, sender=sender, now=now, max_count=most),
        "application/x-ndjson": partial(decode_ndjson, sender=sender, now=now, max_count=most),
    }


def _skips_bad_events(request: HttpRequest) -> bool:
    on_error = request.GET.get("on_error")
    if on_error not in {None, "skip"}:
        raise Refused(400, "invalid", 'on_error can only be "skip".', "on_error")
    return on_error == "skip"


def _sender(caller: Caller) -> Sender:
    if not caller.may_send_events:
        raise Refused(403, "permission_denied", "This API key may not send events.")
    return Sender(only_user_id=None if caller.may_send_for_anybody else caller.user_id)
