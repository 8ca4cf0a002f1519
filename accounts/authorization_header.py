"""The Authorization header."""

from django.http import HttpRequest
from rest_framework.request import Request


def credentials(request: HttpRequest | Request, scheme: str) -> str | None:
    """What follows the scheme (lower case) in the header; None where there is another scheme or no header."""
    sent, _, text = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return text.strip() if sent.lower() == scheme else None
