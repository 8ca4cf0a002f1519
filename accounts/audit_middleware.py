"""Into the audit log: what a known caller changed through the API, and what they were refused."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from accounts.models import Outcome
from accounts.origin import origin_of
from accounts.services.audit import audit_record

logger = structlog.get_logger(__name__)

_CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
# Their services record what happened in more detail.
_RECORDED_THEMSELVES = "accounts.views."


class AuditMiddleware:
    """One line for each, whatever the app. Events and readings are data, not actions: their views name no user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        # Who is nobody known leaves no line, and DRF tells the plain request whom it has found.
        if match is None or match.route.startswith("admin/") or not hasattr(request, "user"):
            return response
        refused = response.status_code == 403
        changed = request.method in _CHANGES and 200 <= response.status_code < 300 and not _changes_nothing(match)
        if refused or (changed and not match._func_path.startswith(_RECORDED_THEMSELVES)):
            try:
                _record(request, f"{request.method} /{match.route}", Outcome.REFUSED if refused else Outcome.ALLOWED)
            except DatabaseError as error:  # what was done is done
                logger.exception("audit_entry_lost", path=request.path, reason=str(error))
        return response


def _changes_nothing(match: ResolverMatch) -> bool:
    """A question with a body comes by POST, and is one nevertheless: its view says so."""
    return getattr(getattr(match.func, "cls", None), "changes_nothing", False)


def _record(request: HttpRequest, action: str, outcome: Outcome) -> None:
    origin = origin_of(request)
    if origin.actor_id:
        audit_record(origin=origin, action=action[:128], outcome=outcome, object_type="path", object_id=request.path)
