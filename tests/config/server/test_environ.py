"""The WSGI environment that is made of an ASGI scope."""

from typing import Any

import pytest

from config.server.environ import environ_of

SCOPE = {
    "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": "", "raw_path": b"/a", "query_string": b"",
    "server": ("127.0.0.1", "8000"), "client": ("10.0.0.1", "4000"), "headers": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"REQUEST_METHOD": "GET", "PATH_INFO": "/a", "SCRIPT_NAME": "", "QUERY_STRING": ""}),
        ({}, {"REMOTE_ADDR": "10.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000"}),
        ({"server": None, "client": None}, {"REMOTE_ADDR": "", "SERVER_NAME": "", "SERVER_PORT": ""}),
        ({"scheme": "https", "http_version": "2"}, {"wsgi.url_scheme": "https", "SERVER_PROTOCOL": "HTTP/2"}),
        # Bytes stay bytes, read as Latin-1, which is how Django gets at them.
        ({"raw_path": b"/a%2Fb%FF%C3%A9"}, {"PATH_INFO": "/a/b\xff\xc3\xa9"}),
        ({"query_string": b"q=\xc3\xa9"}, {"QUERY_STRING": "q=\xc3\xa9"}),
        ({"root_path": "/tide", "raw_path": b"/tide/a"}, {"SCRIPT_NAME": "/tide", "PATH_INFO": "/a"}),
        ({"root_path": "/tide", "raw_path": b"/tide"}, {"SCRIPT_NAME": "/tide", "PATH_INFO": "/"}),
        ({"headers": [(b"content-type", b"a/b")]}, {"CONTENT_TYPE": "a/b"}),
        ({"headers": [(b"content-length", b"3")]}, {"CONTENT_LENGTH": "3"}),
        ({"headers": [(b"x-a", b"1"), (b"x-a", b"2")]}, {"HTTP_X_A": "1,2"}),
        ({"headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2")]}, {"HTTP_COOKIE": "a=1; b=2"}),
        ({"headers": [(b"x-name", b"\xe9")]}, {"HTTP_X_NAME": "\xe9"}),
    ],
)  # fmt: skip
def test_it_works(given: dict[str, Any], expected: dict[str, str]) -> None:
    environ = environ_of(SCOPE | given)
    assert {name: environ[name] for name in expected} == expected


def test_an_underscore_does_not_pass_for_a_hyphen() -> None:
    environ = environ_of(SCOPE | {"headers": [(b"x_forwarded_for", b"6.6.6.6"), (b"x-forwarded-for", b"10.0.0.2")]})
    assert environ["HTTP_X_FORWARDED_FOR"] == "10.0.0.2"
