"""What every answer has: one shape of error, a request id, health, the OpenAPI document and its pages."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.clickhouse.errors import StoreUnavailable


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nowhere", "/api/v1/events/", "/api/v1/dashboards/", "/auth/nowhere"]
)
def test_an_unknown_path(path: str, client: Client) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "client_error",
        "errors": [{"code": "not_found", "detail": "Not found.", "attr": None}],
    }


@pytest.mark.parametrize("path", ["/api/v1/tables/sources", "/api/v1/data/query", "/docs"])
def test_options_are_what_the_document_tells(path: str, client: Client) -> None:
    answer = client.options(path)
    assert answer.status_code in {401, 405}


@pytest.mark.parametrize("sent", ["abc-123", "trace:1.2_3", "a" * 128])
def test_a_sane_request_id_comes_back(sent: str, client: Client) -> None:
    assert client.get("/health", headers={"X-Request-ID": sent}).headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "a" * 129, "two words", "line\nbreak", "-x", "ü", '{"a":1}'])
def test_another_request_id_is_replaced(sent: str, client: Client) -> None:
    got = client.get("/health", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert uuid.UUID(got)


class Lines(logging.Handler):
    """What the logs would say, line by line."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    root = logging.getLogger()
    formatters = [handler.formatter for handler in root.handlers if handler.formatter]
    handler = Lines(next(formatter for formatter in formatters if "structlog" in type(formatter).__module__))
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


def test_log_lines_are_json_with_the_request_id(client: Client, log_lines: list[str]) -> None:
    client.get("/health", headers={"X-Request-ID": "find-me"})
    entries = [json.loads(line) for line in log_lines]
    assert any(entry["request_id"] == "find-me" and entry["event"] == "request_finished" for entry in entries)


def test_alive_without_any_store(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.redis
@pytest.mark.clickhouse
@pytest.mark.s3
def test_ready(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.content
    stores = answer.json()["stores"]
    assert {name: store["state"] for name, store in stores.items()} == dict.fromkeys(
        ["postgresql", "clickhouse", "redis", "s3"], "up"
    )
    assert all(store["latency_ms"] >= 0 for store in stores.values())


@pytest.mark.django_db
@pytest.mark.redis
@pytest.mark.clickhouse
@pytest.mark.s3
def test_not_ready_without_redis(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    states = {name: store["state"] for name, store in answer.json()["stores"].items()}
    assert states == {"postgresql": "up", "clickhouse": "up", "redis": "down", "s3": "up"}
    assert "127.0.0.1" not in answer.content.decode()


def fail(error: Exception) -> Callable[..., Any]:
    def _fail(*_: Any, **__: Any) -> Any:
        raise error

    return _fail


# A mock, since no real store fails with these in the middle of one request only.
@pytest.mark.django_db
@pytest.mark.parametrize("error", [StoreUnavailable("gone"), OperationalError("server closed, host 10.1.2.3")])
def test_a_store_that_fails_is_503(
    error: Exception, as_user: Callable[[User], APIClient], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.views.event_list", fail(error))
    answer = as_user(owner).get("/api/v1/events")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["errors"][0]["code"] == "service_unavailable"
    assert "10.1.2.3" not in answer.content.decode()


@pytest.mark.django_db
def test_a_defect_is_500_and_says_nothing_of_the_inside(
    as_user: Callable[[User], APIClient], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.views.event_list", fail(RuntimeError("secret detail")))
    client = as_user(owner)
    client.raise_request_exception = False
    answer = client.get("/api/v1/events")
    assert answer.status_code == 500
    assert answer.json()["type"] == "server_error"
    assert "secret detail" not in answer.content.decode()


def test_the_openapi_document(client: Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]["/api/v1/events"]) == {"get", "post", "delete"}
    assert all(path.startswith(("/api/v1/", "/health")) for path in document["paths"])
    assert not [path for path in document["paths"] if path.endswith("/")]


@pytest.mark.django_db  # the end of a streamed answer closes old connections
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documents_pages_load_nothing_from_elsewhere(path: str, client: Client) -> None:
    page = client.get(path)
    assert page.status_code == 200
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page.content.decode())
    assert loaded
    assert [address for address in loaded if not address.startswith("/")] == []
    for address in loaded:
        with closing(client.get(address.replace("&amp;", "&"))) as asset:
            assert asset.status_code == 200, address


@pytest.mark.django_db
def test_the_admin_opens(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_a_body_over_the_limit_is_413(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = client.post("/api/v1/auth/register", b"{" + b" " * 2000, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "too_large")


@pytest.mark.django_db
@pytest.mark.redis
@pytest.mark.clickhouse
@pytest.mark.parametrize("offset", ["0" * 5000, "0" * 25 + "9" * 30, "9" * 5000])
def test_an_offset_of_thousands_of_digits(offset: str, as_user: Callable[[User], APIClient], owner: User) -> None:
    assert as_user(owner).get("/api/v1/events", {"offset": offset}).status_code == 400
