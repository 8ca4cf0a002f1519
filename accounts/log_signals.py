"""What each line of the log says of its request, beyond the request's id."""

from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata

from accounts.client_address import client_address


@receiver(bind_extra_request_metadata)
def bind_address(request: HttpRequest, **_: Any) -> None:
    """The address as the product knows it: the library would believe any X-Forwarded-For."""
    structlog.contextvars.bind_contextvars(ip=client_address(request))
