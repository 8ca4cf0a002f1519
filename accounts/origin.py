"""Who asks, and from where: what the audit log says of a request."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.client_address import client_address
from accounts.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an action comes from. Without an actor: nobody known."""

    actor_id: str = ""
    actor_name: str = ""
    actor_kind: str = ""
    address: str | None = None
    request_id: str = ""


SYSTEM = Origin(actor_kind="system")


def origin_of(request: HttpRequest | Request, *, actor: User | None = None) -> Origin:
    """The origin of a request; `actor` where the request itself does not know yet who it is."""
    plain = request._request if isinstance(request, Request) else request
    # DRF tells the plain request whom it has found.
    found = actor or getattr(plain, "user", None)
    kind = "api_key" if isinstance(getattr(plain, "auth", None), ApiKey) else "user"
    known = found if isinstance(found, User) else None
    return Origin(
        actor_id=str(known.pk) if known else "",
        actor_name=known.username if known else "",
        actor_kind=kind if known else "",
        address=client_address(plain),
        request_id=plain.META.get("HTTP_X_REQUEST_ID", "")[:128],
    )
