"""Every error in one shape: {"type", "errors": [{"code", "detail", "attr"}]}, for DRF's views and for Django's own."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from drf_standardized_errors.handler import ExceptionHandler as StandardizedExceptionHandler
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response

from storage_app.clickhouse.errors import (
    Limit,
    QueryCancelled,
    QueryInvalid,
    QueryRefused,
    StoreError,
    StoreUnavailable,
)
from storage_app.files.errors import FileStoreUnavailable, ScannerUnavailable

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5
_STORE_DOWN: tuple[type[Exception], ...] = (
    StoreUnavailable,
    OperationalError,
    InterfaceError,
    RedisError,
    BrokerError,
    FileStoreUnavailable,
    ScannerUnavailable,
)


class ServiceUnavailable(exceptions.APIException):
    """A store that is needed is down; the caller may try again after `wait` seconds."""

    status_code = 503
    default_code = "service_unavailable"
    default_detail = "A store this request needs is not available at the moment. Try again in a few seconds."
    wait = RETRY_AFTER_SECONDS


class QueryRejected(exceptions.APIException):
    """A query that goes over a limit, or does not fit its table."""

    status_code = 422
    default_code = "query_rejected"


class BodyTooLarge(exceptions.APIException):
    """More than a request may bring."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is too large."


class BodyIncomplete(exceptions.APIException):
    """The client went away, or stalled, in the middle of its request."""

    status_code = 400
    default_code = "incomplete"
    default_detail = "The body ended before its end."


_OF_BODIES: dict[type[Exception], type[exceptions.APIException]] = {
    RequestDataTooBig: BodyTooLarge,
    UnreadablePostError: BodyIncomplete,
}


def translate(error: Exception) -> Exception:
    """The API's error for one of a store's, or of Django's own; any other error as it is."""
    if of_body := _OF_BODIES.get(type(error)):
        return of_body()
    if isinstance(error, _STORE_DOWN):
        return ServiceUnavailable()
    if isinstance(error, QueryRefused):
        return QueryRejected(f"{error.detail} {_limit_told(error.limit)}", code=f"limit_{error.limit}")
    if isinstance(error, QueryInvalid):
        return QueryRejected(error.detail)
    if isinstance(error, QueryCancelled):
        return QueryRejected(error.detail, code="cancelled")
    return error


def _limit_told(limit: Limit) -> str:
    """Where a limit is, and what to do about it."""
    narrow = "Narrow the filters, such as to a shorter period"
    return {
        "time": f"The limit is {settings.QUERY_TIMEOUT_SECONDS} seconds. {narrow}.",
        "memory": f"The limit is {settings.QUERY_MAX_MEMORY_BYTES:,} bytes. {narrow}, or group by fewer values.",
        "rows_read": f"The limit is {settings.QUERY_MAX_ROWS_READ:,} rows. {narrow}.",
        "rows_returned": f"The limit is {settings.QUERY_MAX_RESULT_ROWS:,} rows. {narrow}, or set a limit.",
    }[limit]


class ExceptionHandler(StandardizedExceptionHandler):
    """drf-standardized-errors, with the stores' errors."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Stores' errors first, then the library's own list."""
        converted: Exception = super().convert_known_exceptions(translate(exc))
        return converted

    def report_exception(self, exc: exceptions.APIException, response: Response) -> None:
        """A store that is down is no defect of the code: one line with its cause, no failed request."""
        if isinstance(exc, ServiceUnavailable):
            logger.warning("store_unavailable", cause=type(self.exc).__name__, reason=str(self.exc))
        else:
            super().report_exception(exc, response)


class StoreErrorMiddleware:
    """Stores' errors of the views that are not DRF's (the admin): 503 instead of 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> JsonResponse | None:
        """Django calls this for what a view raised."""
        translated = translate(exception)
        if not isinstance(translated, exceptions.APIException):
            return None
        if isinstance(translated, ServiceUnavailable) and not isinstance(exception, StoreError):
            logger.warning(
                "store_unavailable", cause=type(exception).__name__, reason=str(exception), path=request.path
            )
        response = error_response(translated.status_code, translated.default_code, str(translated.detail))
        if wait := getattr(translated, "wait", None):
            response["Retry-After"] = str(wait)
        return response


def error_response(status: int, code: str, detail: str) -> JsonResponse:
    """One error in the standard shape, for views outside DRF."""
    kind = "server_error" if status >= 500 else "client_error"
    errors: Sequence[dict[str, Any]] = [{"code": code, "detail": detail, "attr": None}]
    return JsonResponse({"type": kind, "errors": errors}, status=status)


def incomplete_response() -> JsonResponse:
    """BodyIncomplete, outside DRF."""
    incomplete = BodyIncomplete()
    return error_response(incomplete.status_code, incomplete.default_code, str(incomplete.detail))


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """handler400"""
    return error_response(400, "bad_request", "The request could not be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    """handler403"""
    return error_response(403, "permission_denied", "You do not have permission to perform this action.")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """handler404"""
    return error_response(404, "not_found", "Not found.")


def server_error(request: HttpRequest) -> JsonResponse:
    """handler500"""
    return error_response(500, "error", "Something went wrong on our side. The log has it under this request's id.")
