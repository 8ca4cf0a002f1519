"""POST /events: a plain view on the path that must be fast (docs/adr/0002)."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied

from accounts.authentication import CHALLENGE, Caller, authenticate
from ingestion.bodies import BodyTooLarge, BodyUnreadable, UnsupportedEncoding, read_body
from ingestion.buffer import BufferFull
from ingestion.ledger import refusals_count
from ingestion.schemas import (
    NAMED_ERRORS,
    Batch,
    MalformedBody,
    Sender,
    TooManyEvents,
    decode_json,
    decode_ndjson,
    envelope_refusal,
    first_errors,
)
from ingestion.services import events_accept
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

_DECODERS = {"application/json": decode_json, "application/x-ndjson": decode_ndjson}
_RETRY_AFTER_SECONDS = "5"


class Refused(Exception):
    """The answer is an error: its status, and the errors in the standard shape."""

    def __init__(self, status: int, code: str, detail: str, attr: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.errors: list[dict[str, Any]] = [{"code": code, "detail": detail, "attr": attr}]


def events_post(request: HttpRequest) -> JsonResponse:
    """Parse, check, keep, answer."""
    try:
        caller = authenticate(request)
        skip = _skips_bad_events(request)
        batch = _read_batch(request, caller)
        _count_refusals(batch, caller)
        if batch.refusals and not skip:
            return _batch_refused(batch)
        accepted = events_accept(events=batch.events, source=_source(caller))
    except (AuthenticationFailed, NotAuthenticated) as error:
        response = _errors(401, [{"code": error.default_code, "detail": str(error.detail), "attr": None}])
        response["WWW-Authenticate"] = CHALLENGE
        return response
    except PermissionDenied as error:
        return _errors(403, [{"code": error.default_code, "detail": str(error.detail), "attr": None}])
    except Refused as refused:
        return _errors(refused.status, refused.errors)
    except (BufferFull, StoreError) as error:
        code = "buffer_full" if isinstance(error, BufferFull) else "service_unavailable"
        detail = "Events cannot be taken at the moment; none of these were. Send them again in a few seconds."
        response = _errors(503, [{"code": code, "detail": detail, "attr": None}])
        response["Retry-After"] = _RETRY_AFTER_SECONDS
        return response
    answer: dict[str, Any] = {"accepted": accepted}
    if skip:
        answer |= {"rejected": len(batch.refusals), "errors": first_errors(batch.refusals)}
    return JsonResponse(answer, status=202)


def _skips_bad_events(request: HttpRequest) -> bool:
    on_error = request.GET.get("on_error")
    if on_error not in {None, "skip"}:
        raise Refused(400, "invalid", 'on_error can only be "skip".', "on_error")
    return on_error == "skip"


def _read_batch(request: HttpRequest, caller: Caller) -> Batch:
    decode = _DECODERS.get(request.content_type or "")
    if decode is None:
        raise Refused(415, "unsupported_media_type", "Send application/json or application/x-ndjson.")
    try:
        body = read_body(request, max_bytes=settings.EVENTS_MAX_BYTES)
        return decode(body, sender=_sender(caller), now=datetime.now(UTC), max_count=settings.EVENTS_MAX_COUNT)
    except UnsupportedEncoding:
        raise Refused(415, "unsupported_encoding", "The only Content-Encoding taken is gzip.") from None
    except BodyTooLarge:
        raise Refused(413, "too_large", f"At most {settings.EVENTS_MAX_BYTES} bytes a request.") from None
    except TooManyEvents:
        raise Refused(413, "too_many", f"At most {settings.EVENTS_MAX_COUNT} events a request.") from None
    except BodyUnreadable:
        raise Refused(400, "unreadable", "The body is not complete gzip.") from None
    except MalformedBody as error:
        raise Refused(400, "parse_error", f"The body is not JSON: {error}") from None
    except msgspec.ValidationError as error:
        refusal = envelope_refusal(error)
        raise Refused(422, refusal.code, refusal.detail, refusal.attr) from None


def _sender(caller: Caller) -> Sender:
    if not caller.may_send:
        raise Refused(403, "permission_denied", "This API key may not send events.")
    return Sender(only_user_id=None if caller.may_send_for_anybody else caller.user_id)


def _source(caller: Caller) -> str:
    """What the ledger calls the caller: few names, however many callers."""
    return caller.role if caller.kind == "user" else caller.kind


def _count_refusals(batch: Batch, caller: Caller) -> None:
    if not batch.refusals:
        return
    reasons = Counter(refusal.code for refusal in batch.refusals)
    try:
        refusals_count(source=_source(caller), received_ms=time.time_ns() // 1_000_000, reasons=reasons)
    except RedisError as error:
        # The caller hears of every refusal; only the statistics miss them.
        logger.warning("refusals_not_counted", reason=str(error), count=reasons.total())


def _batch_refused(batch: Batch) -> JsonResponse:
    foreign = all(refusal.code == "not_own" for refusal in batch.refusals)
    return _errors(403 if foreign else 422, first_errors(batch.refusals), more=len(batch.refusals) - NAMED_ERRORS)


def _errors(status: int, errors: list[dict[str, Any]], *, more: int = 0) -> JsonResponse:
    kind = {422: "validation_error"}.get(status, "server_error" if status >= 500 else "client_error")
    if more > 0:
        errors = [*errors, {"code": "more", "detail": f"{more} more events are refused.", "attr": "events"}]
    return JsonResponse({"type": kind, "errors": errors}, status=status)
