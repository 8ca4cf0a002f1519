"""Bodies on a connection that is kept open, through the real web server."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.stack.conftest import Running

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def connection(running: Running) -> http.client.HTTPConnection:
    parts = urlsplit(running.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)


@pytest.mark.parametrize("size", [10, 100_000, 3_000_000])
def test_an_unread_body_does_not_hurt_the_next_request(running: Running, size: int) -> None:
    kept = connection(running)
    for _ in range(5):
        kept.request("POST", "/api/v1/events", b"x" * size, {"Content-Type": "application/json"})
        refused = kept.getresponse()
        refused.read()
        assert refused.status == 401
        kept.request("GET", "/health")
        healthy = kept.getresponse()
        assert (healthy.status, healthy.read()) == (200, b'{"status":"ok"}')
    kept.close()


def test_a_chunked_body(running: Running) -> None:
    kept = connection(running)
    body = json.dumps({"username": "teacher", "password": "teacher"}).encode()
    pieces = iter([body[:10], body[10:]])
    kept.request("POST", "/auth/login", pieces, {"Content-Type": "application/json"}, encode_chunked=True)
    answer = kept.getresponse()
    assert (answer.status, "access" in json.loads(answer.read())) == (200, True)
    kept.close()
