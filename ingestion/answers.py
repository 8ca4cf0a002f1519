"""What the plain views that take events and readings have in common: reading a body, refusing, saying so."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import structlog
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from accounts.authentication import CHALLENGE, Caller
from ingestion.bodies import BodyTooLarge, BodyUnreadable, UnsupportedEncoding, read_body
from ingestion.buffer import BufferFull, Kind
from ingestion.decoding import NAMED_ERRORS, MalformedBody, Refusal, TooManyRows, envelope_refusal, first_errors
from ingestion.ledger import refusals_count
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

_RETRY_AFTER_SECONDS = 5
Decoded = TypeVar("Decoded")


class Refused(Exception):
    """The answer is an error: its status, and the errors in the standard shape."""

    def __init__(
        self, status: int, code: str, detail: str, attr: str | None = None, *, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.errors: list[dict[str, Any]] = [{"code": code, "detail": detail, "attr": attr}]
        self.retry_after_seconds = retry_after_seconds


class RowsRefused(Refused):
    """Some rows of a batch were refused, and so all of it; the first are named."""

    def __init__(self, kind: Kind, refusals: Sequence[Refusal]) -> None:
        foreign = all(refusal.code == "not_own" for refusal in refusals)
        super().__init__(403 if foreign else 422, "invalid", f"{len(refusals)} {kind} are refused.")
        self.errors = list(first_errors(refusals))
        if (more := len(refusals) - NAMED_ERRORS) > 0:
            self.errors.append({"code": "more", "detail": f"{more} more {kind} are refused.", "attr": str(kind)})


def answered(take: Callable[[HttpRequest], JsonResponse], request: HttpRequest, kind: Kind) -> JsonResponse:
    """What `take` answers, or what it raised as an answer."""
    try:
        return take(request)
    except (AuthenticationFailed, NotAuthenticated) as error:
        refused = Refused(401, error.default_code, str(error.detail))
    except Refused as error:
        refused = error
    except (BufferFull, StoreError) as error:
        refused = Refused(
            503,
            "buffer_full" if isinstance(error, BufferFull) else "service_unavailable",
            f"{kind.capitalize()} cannot be taken at the moment; none of these were. Send them again in a few seconds.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )
    return _response(refused)


def decoded_body(
    request: HttpRequest, decoders: dict[str, Callable[[bytes], Decoded]], kind: Kind
) -> tuple[Decoded, bytes]:
    """What the body holds, and its bytes.

    Raises:
        Refused
    """
    decode = decoders.get(request.content_type or "")
    if decode is None:
        raise Refused(415, "unsupported_media_type", f"Send {' or '.join(decoders)}.")
    try:
        body = read_body(request, max_bytes=settings.EVENTS_MAX_BYTES)
        return decode(body), body
    except UnsupportedEncoding:
        raise Refused(415, "unsupported_encoding", "The only Content-Encoding taken is gzip.") from None
    except BodyTooLarge:
        raise Refused(413, "too_large", f"At most {settings.EVENTS_MAX_BYTES} bytes a request.") from None
    except TooManyRows:
        raise Refused(413, "too_many", f"At most {settings.EVENTS_MAX_COUNT} {kind} a request.") from None
    except BodyUnreadable:
        raise Refused(400, "unreadable", "The body is not complete gzip.") from None
    except MalformedBody as error:
        raise Refused(400, "parse_error", f"The body is not JSON: {error}") from None
    except msgspec.ValidationError as error:
        refusal = envelope_refusal(error, str(kind))
        raise Refused(422, refusal.code, refusal.detail, refusal.attr) from None


def source_of(caller: Caller, kind: Kind) -> str:
    """What the ledger calls the caller: few names, however many callers."""
    role = str(caller.role if caller.kind == "user" else caller.kind)
    return role if kind is Kind.EVENTS else f"{kind}/{role}"


def note_refusals(refusals: Sequence[Refusal], caller: Caller, kind: Kind) -> None:
    """Count what is refused."""
    if not refusals:
        return
    reasons = Counter(refusal.code for refusal in refusals)
    received_ms = time.time_ns() // 1_000_000
    try:
        refusals_count(kind=str(kind), source=source_of(caller, kind), received_ms=received_ms, reasons=reasons)
    except RedisError as error:
        # The caller hears of every refusal; only the statistics miss them.
        logger.warning("refusals_not_counted", reason=str(error), count=reasons.total())


def _response(refused: Refused) -> JsonResponse:
    status = refused.status
    kind = {422: "validation_error"}.get(status, "server_error" if status >= 500 else "client_error")
    response = JsonResponse({"type": kind, "errors": refused.errors}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = CHALLENGE
    if refused.retry_after_seconds is not None:
        response["Retry-After"] = str(refused.retry_after_seconds)
    return response
