"""What the tests of files send, and ask."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from rest_framework.test import APIClient

URL = "/api/v1/files"
CSV = b"a,b\n1,2\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(64))


def upload(client: APIClient, *files: tuple[str, bytes], **fields: str) -> Any:
    """POST files/upload as a form does, with the names as they are."""
    form = httpx.Request(
        "POST", "http://testserver", files=[("file", (name, content)) for name, content in files], data=fields
    )
    return upload_raw(client, form.read(), form.headers["Content-Type"])


def upload_raw(client: APIClient, body: bytes, content_type: str, **extra: Any) -> Any:
    """POST files/upload with a body of one's own."""
    sent: Any = body  # the stubs know text only
    return client.generic("POST", f"{URL}/upload", sent, content_type=content_type, **extra)


def uploaded(client: APIClient, name: str = "a.csv", content: bytes = CSV, **fields: str) -> dict[str, Any]:
    """A file that is there."""
    answer = upload(client, (name, content), **fields)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def listed(client: APIClient, **parameters: Any) -> list[str]:
    """The paths of GET files."""
    answer = client.get(URL, parameters)
    assert answer.status_code == 200, answer.content
    return [file["path"] for file in answer.json()["results"]]


def fetched(client: APIClient, path: str) -> httpx.Response:
    """What the link of a file gives."""
    answer = client.get(f"{URL}/download/{quoted(path)}")
    assert answer.status_code == 200, answer.content
    return httpx.get(answer.json()["url"])


def quoted(path: str) -> str:
    """A path in a URL."""
    return quote(path)


def errors(answer: Any) -> Mapping[str, Any]:
    """The first error."""
    body: dict[str, Any] = answer.json()
    return dict(body["errors"][0])
