"""What is at a web address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import httpx

from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.origins.checked_network import CheckedTransport
from analytics.sources.origins.limits import Limits
from analytics.sources.origins.spool import Spooled, spooled

REDIRECTS_MAX_COUNT = 5
CHUNK_BYTES = 256 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AS_IT_IS = frozenset({"", "identity", "gzip", "x-gzip"})
"""Encodings we take: gzip is unpacked later, by its first bytes, as a file's would be."""


@contextmanager
def web_open(*, config: dict[str, Any], secrets: dict[str, Any], limits: Limits) -> Iterator[Spooled]:
    """The answer to one GET, redirects followed.

    Raises:
        SourceFailed
    """
    with url_open(url=config["url"], headers=secrets.get("headers", {}), limits=limits) as result:
        yield result


@contextmanager
def url_open(*, url: str, headers: Mapping[str, str], limits: Limits) -> Iterator[Spooled]:
    """The same for any address.

    Raises:
        SourceFailed
    """
    with (
        httpx.Client(transport=CheckedTransport(limits), timeout=limits.stall_seconds, trust_env=False) as client,
        _answered(client, url, headers, limits) as response,
    ):
        _check(response, limits)
        name = unquote(response.url.path.rpartition("/")[2])
        with spooled(_chunks(response, limits), name=name, limits=limits) as result:
            yield result


@contextmanager
def _answered(client: httpx.Client, url: str, headers: Mapping[str, str], limits: Limits) -> Iterator[httpx.Response]:
    target = _address(url)
    origin = _origin(target)
    for _ in range(REDIRECTS_MAX_COUNT + 1):
        # What was meant for one server is no other's business.
        sent = dict(headers) if _origin(target) == origin else {}
        request = client.build_request("GET", target, headers={**sent, "Accept-Encoding": "identity"})
        with _explained(limits):
            response = client.send(request, stream=True)
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            try:
                yield response
            finally:
                response.close()
            return
        location = response.headers["location"]
        response.close()
        target = _address(location, base=target)
    raise LimitExceeded(f"The server redirects more than {REDIRECTS_MAX_COUNT} times.")


def _address(text: str, *, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = base.join(text) if base else httpx.URL(text)
        host = url.host  # of a name in Punycode that is none, only this tells
    except (httpx.InvalidURL, ValueError, TypeError):
        detail = "The server redirects to no address." if base else "This is no address."
        raise SourceFailed(detail, code="unreachable") from None
    if url.scheme not in {"http", "https"} or not host:
        raise SourceFailed("Only addresses of http and https are followed.", code="address_refused")
    return url.copy_with(userinfo=b"")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _check(response: httpx.Response, limits: Limits) -> None:
    if response.status_code != 200:
        raise SourceFailed(f"The server answered {response.status_code}.", code="unreachable")
    if response.headers.get("content-encoding", "").strip().lower() not in _AS_IT_IS:
        raise SourceFailed("The server packs its answer in a way that was not asked for.", code="malformed")
    announced = response.headers.get("content-length", "")
    is_number = announced.isascii() and announced.isdecimal()
    if limits.sample_bytes is None and is_number and int(announced[:20]) > limits.max_bytes:
        raise LimitExceeded(f"The server announces more than {limits.max_bytes:,} bytes.")


def _chunks(response: httpx.Response, limits: Limits) -> Iterator[bytes]:
    with _explained(limits):
        yield from response.iter_raw(CHUNK_BYTES)


@contextmanager
def _explained(limits: Limits) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        limits.left_seconds()
        raise LimitExceeded("The server does not answer, or stands still.") from error
    except httpx.RemoteProtocolError as error:
        raise SourceFailed(
            "The server ended its answer too early, or broke the protocol.", code="broken_off"
        ) from error
    except UnicodeError as error:  # httpx looks at where a redirect leads before we do
        raise SourceFailed("The server redirects to no address.", code="unreachable") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceFailed("The server cannot be reached, or broke off.", code="unreachable") from error
