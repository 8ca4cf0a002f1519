"""Tokens that must not be taken for the real one they are made from."""

import base64
import json
from typing import Any

import jwt
from rest_framework_simplejwt.settings import api_settings

FORGERIES = (
    "expired",
    "other key",
    "other algorithm",
    "no algorithm",
    "no signature",
    "changed user",
    "without exp",
    "without kind",
    "cut off",
    "nested header",
    "words",
    "not ascii",
)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forge(kind: str, token: str) -> str:
    """The token, changed in the given way."""
    key: str = api_settings.SIGNING_KEY
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    header, payload, signature = token.split(".")
    without = {name: {k: v for k, v in claims.items() if k != name} for name in ("exp", "token_type")}
    forged = {
        "expired": jwt.encode(claims | {"exp": claims["iat"] - 1}, key, algorithm="HS256"),
        "other key": jwt.encode(claims, "k" * 64, algorithm="HS256"),
        "other algorithm": jwt.encode(claims, key.ljust(64, "0"), algorithm="HS512"),
        "no algorithm": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "no signature": f"{header}.{payload}.",
        "changed user": f"{header}.{_part(claims | {'user_id': '1'})}.{signature}",
        "without exp": jwt.encode(without["exp"], key, algorithm="HS256"),
        "without kind": jwt.encode(without["token_type"], key, algorithm="HS256"),
        "cut off": token[:-4],
        "nested header": f"{base64.urlsafe_b64encode(b'[' * 2700).decode()}.{payload}.{signature}",
        "words": "the king of France",
        "not ascii": "ключ",
    }
    return forged[kind]
