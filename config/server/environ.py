"""A WSGI environment from an ASGI scope."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Scope = Mapping[str, Any]

_SAME_FOR_ALL: Environ = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_WITHOUT_PREFIX = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def environ_of(scope: Scope) -> Environ:
    """All of the environment but the body. Source: PEP 3333; texts are bytes read as Latin-1."""
    prefix = unquote_to_bytes(scope["root_path"]).decode("latin-1")
    path = unquote_to_bytes(scope["raw_path"]).decode("latin-1")
    server_name, server_port = scope["server"] or ("", "")
    environ = _SAME_FOR_ALL | {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path.removeprefix(prefix) or "/",
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server_name,
        "SERVER_PORT": str(server_port),
        "REMOTE_ADDR": (scope["client"] or ("",))[0],
        "wsgi.url_scheme": scope["scheme"],
    }
    for name, value in scope["headers"]:
        if (key := _key(name)) is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


@lru_cache(maxsize=1024)
def _key(header: bytes) -> str | None:
    name = header.decode("latin-1")
    if "_" in name:
        return None  # it would pass for the header with a hyphen in its place
    key = name.upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
