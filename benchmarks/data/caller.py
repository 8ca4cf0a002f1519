"""An admin who asks through the whole web application, by WSGI: what the web server calls, without a network."""

import json
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from accounts.models import Role, User
from accounts.tokens import access_token_sign
from analytics.redis_store import client
from benchmarks.data.shapes import SHAPES

_ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "QUERY_STRING": "", "CONTENT_TYPE": "application/json",
    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
    "HTTP_ACCEPT": "*/*", "wsgi.url_scheme": "http",
}  # fmt: skip


@cache
def _application() -> WSGIHandler:
    return WSGIHandler()


def _begin(_status: str, _headers: list[tuple[str, str]], _error: object = None, /) -> Callable[[bytes], object]:
    """The response that the handler gives tells the same."""
    return list


class Caller:
    """Signed in."""

    def __init__(self) -> None:
        self.user = User.objects.create_user(email="bench@example.org", username="bench", role=Role.ADMIN)
        self._token = access_token_sign(user=self.user)

    def ask(self, shape: str, *, fresh: bool) -> bytes:
        """One question, and its answer, as JSON; `fresh`: without the cache.

        Raises:
            RuntimeError: it was refused.
        """
        call, body = SHAPES[shape]
        sent = json.dumps(body).encode()
        environ = _ENVIRON | {
            "PATH_INFO": f"/api/v1/data/{call}", "CONTENT_LENGTH": str(len(sent)), "wsgi.input": BytesIO(sent),
            "HTTP_AUTHORIZATION": f"Bearer {self._token}", "HTTP_CACHE_CONTROL": "no-cache" if fresh else "",
        }  # fmt: skip
        response = _application()(environ, _begin)
        content = b"".join(response)
        response.close()
        if response.status_code != 200:
            raise RuntimeError(f"{shape}: {response.status_code} {content!r}")
        return content


def answers_forget() -> None:
    """Nothing is kept any more."""
    if keys := client().keys("tidewatch:answer:*"):
        client().delete(*keys)
