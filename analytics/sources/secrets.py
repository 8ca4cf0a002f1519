"""Secrets of sources, encrypted where they are kept. Nothing but a run ever sees them again."""

import json
from typing import Any

from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from rest_framework.exceptions import APIException

from accounts.sealing import fernet_of
from analytics.sources.errors import SourceFailed


class NoSecretKey(APIException):
    """The server has no key to keep secrets with."""

    status_code = 409
    default_code = "no_secret_key"
    default_detail = "This server has no SOURCES_SECRET_KEYS, so that it keeps no passwords."


def secrets_encrypt(secrets: dict[str, Any]) -> str:
    """As they are kept; no secrets are kept as the empty text.

    Raises:
        NoSecretKey
    """
    return _keys().encrypt(json.dumps(secrets).encode()).decode() if secrets else ""


def secrets_decrypt(kept: str) -> dict[str, Any]:
    """What was kept.

    Raises:
        SourceFailed: the key it was kept with is gone.
        NoSecretKey
    """
    if not kept:
        return {}
    try:
        secrets: dict[str, Any] = json.loads(_keys().decrypt(kept.encode()))
    except InvalidToken:
        detail = "Its secrets were kept with a key that this server no longer has. Set them again."
        raise SourceFailed(detail, code="secrets_lost") from None
    return secrets


def secrets_rotate(kept: str) -> str:
    """The same secrets, kept with the newest key.

    Raises:
        SourceFailed: the key it was kept with is gone.
        NoSecretKey
    """
    try:
        return _keys().rotate(kept.encode()).decode()
    except InvalidToken:
        raise SourceFailed("Its secrets were kept with a key that is gone.", code="secrets_lost") from None


def _keys() -> MultiFernet:
    if not settings.SOURCES_SECRET_KEYS:
        raise NoSecretKey
    return fernet_of(*(key.encode() for key in settings.SOURCES_SECRET_KEYS))
