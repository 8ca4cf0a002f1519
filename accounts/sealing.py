"""Encrypts what must be read again, so that a copy of the database alone is of no use."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """It was sealed with another SECRET_KEY, or changed."""


def seal(text: str) -> str:
    """The text, encrypted with SECRET_KEY."""
    return _fernet(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text.

    Raises:
        SealBroken: neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS fits.
    """
    try:
        return _fernet(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def _fernet(*secrets: str) -> MultiFernet:
    """The purpose keeps the key apart from Django's other uses of the secret."""
    return fernet_of(*(b"accounts.sealing\0" + secret.encode() for secret in secrets))


@lru_cache(maxsize=8)
def fernet_of(*secrets: bytes) -> MultiFernet:
    """Of texts of any length, where Fernet takes 32 bytes: the first encrypts, each decrypts."""
    digests = (hashlib.sha256(secret).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
