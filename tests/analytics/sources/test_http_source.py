"""Sources of web addresses: what servers do, and where they may be."""

import gzip
import io
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from config.settings.sources import AllowedHost
from tests.analytics.http import AsUser, errors
from tests.analytics.sources.conftest import SOURCES, Sync
from tests.analytics.sources.servers import LocalServer, body, drips, endless, redirect, serving, serving_tls, stalls
from tests.analytics.sources.stored import rows

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]
Make = Callable[..., dict[str, Any]]
CSV = b"a,b\n1,x\n2,y\n"
BOMB = b"a\n" + (b"x" * 9999 + b"\n") * 3000


@pytest.fixture
def server(settings: Any) -> Iterator[LocalServer]:
    """A server that sources may reach."""
    settings.SOURCES_STALL_SECONDS = 1
    with serving() as local:
        settings.SOURCES_ALLOWED_HOSTS = [AllowedHost("127.0.0.1/32", local.port)]
        local.answers["/data.csv"] = body(CSV)
        yield local


@pytest.fixture
def elsewhere() -> Iterator[LocalServer]:
    """A server inside the network that no list allows."""
    with serving() as local:
        local.answers["/data.csv"] = body(CSV)
        yield local


@pytest.fixture
def fails(make: Make, sync: Sync) -> Callable[..., str]:
    """The error of a run that must fail, and leave nothing."""

    def _fails(url: str, **config: Any) -> str:
        source = make(type="http", table_name="t", config={"url": url, **config})
        run = sync(source["id"])
        assert run.status == "failed"
        assert run.error
        return run.error

    return _fails


def test_it_works(server: LocalServer, make: Make, sync: Sync) -> None:
    source = make(type="http", config={"url": server.url(), "headers": {"Authorization": "Bearer open sesame"}})
    assert source["config"] == {"url": server.url()}
    assert source["secrets"] == ["headers"]
    run = sync(source["id"])
    assert (run.status, run.error, run.bytes_read) == ("succeeded", "", len(CSV))
    assert rows("data") == [(1, "x"), (2, "y")]
    [request] = server.requests
    assert "Authorization: Bearer open sesame" in request
    assert f"Host: 127.0.0.1:{server.port}" in request


def test_a_test_shows_what_a_run_would_find_and_keeps_nothing(
    server: LocalServer, make: Make, owner: User, as_user: AsUser
) -> None:
    server.answers["/data.csv"] = body(b"when,n\n2025-03-10T12:00:00+01:00,1\n2025-03-10,x\n")
    source = make(
        type="http",
        config={"url": server.url()},
        columns=[{"name": "when", "type": "DateTime64(3)"}, {"name": "n", "type": "Int64"}],
    )
    answer = as_user(owner).post(f"{SOURCES}/{source['id']}/test")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "columns": [{"name": "when", "type": "DateTime64(3, 'UTC')"}, {"name": "n", "type": "Int64"}],
        "data": [{"when": "2025-03-10T11:00:00.000Z", "n": 1}],
        "refused": [{"line": 3, "reason": "n: 'x' is not a whole number", "row": "when=2025-03-10, n=x"}],
    }
    assert as_user(owner).get(f"{SOURCES}/{source['id']}/runs").json()["count"] == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"])  # noqa: S104
def test_nothing_inside_is_reached(
    host: str, elsewhere: LocalServer, fails: Callable[..., str], make: Make, owner: User, as_user: AsUser
) -> None:
    assert "SOURCES_ALLOWED_HOSTS" in fails(elsewhere.url(host=host))
    source_id = as_user(owner).get(SOURCES).json()["results"][0]["id"]
    answer = as_user(owner).post(f"{SOURCES}/{source_id}/test")
    assert (answer.status_code, errors(answer)) == (422, [("address_refused", None)])
    assert elsewhere.requests == []


def test_a_redirect_inside_is_not_followed(
    server: LocalServer, elsewhere: LocalServer, fails: Callable[..., str]
) -> None:
    server.answers["/data.csv"] = redirect(elsewhere.url())
    assert "SOURCES_ALLOWED_HOSTS" in fails(server.url())
    assert elsewhere.requests == []


def test_a_name_that_changes_its_address_gains_nothing(
    server: LocalServer, fails: Callable[..., str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers first with a public address, then with ours: only what was checked is connected to."""
    settings.SOURCES_ALLOWED_HOSTS = []
    asked: list[str] = []
    connected: list[str] = []
    real_connect = socket.create_connection

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port))]

    def create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        connected.append(address[0])
        if address[0] == "93.184.216.34":
            raise OSError("no way out of a test")
        return real_connect(address, *args, **kwargs)

    monkeypatch.setattr("analytics.sources.addresses.socket.getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    fails(f"http://rebinding.example:{server.port}/data.csv")
    assert asked == ["rebinding.example"]
    assert connected == ["93.184.216.34"]
    assert server.requests == []


def test_redirects_are_followed_without_what_was_meant_for_the_first_server(
    server: LocalServer, elsewhere: LocalServer, settings: Any, make: Make, sync: Sync
) -> None:
    settings.SOURCES_ALLOWED_HOSTS = [AllowedHost("127.0.0.1/32", None)]
    server.answers["/start"] = redirect("/next")
    server.answers["/next"] = redirect(elsewhere.url())
    source = make(type="http", table_name="t", config={"url": server.url("/start"), "headers": {"X-Key": "sesame"}})
    assert sync(source["id"]).status == "succeeded"
    assert [request.count("sesame") for request in server.requests + elsewhere.requests] == [1, 1, 0]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/a", "gopher://x"])
def test_redirects_to_anything_else_are_not_followed(
    location: str, server: LocalServer, fails: Callable[..., str]
) -> None:
    server.answers["/data.csv"] = redirect(location)
    fails(server.url())
    assert len(server.requests) == 1


@pytest.mark.parametrize("host", ["xn--", "xn--a.example", "a" * 300, "..", "%00"])
def test_hosts_that_are_none(host: str, server: LocalServer, fails: Callable[..., str]) -> None:
    assert fails(f"http://{host}/data.csv") in {"This is no address.", "There is no such host."}


@pytest.mark.parametrize("location", ["http://xn--/", "http://[::1", "http://\xff/", "//xn--"])
def test_redirects_to_hosts_that_are_none(location: str, server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = redirect(location)
    fails(server.url())
    assert len(server.requests) == 1


def test_tls_sees_the_name_and_trusts_nobody_unknown(
    fails: Callable[..., str], settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The connection goes to the checked address; the name is what the server is asked for, and is checked."""

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.SOURCES_ALLOWED_HOSTS = [AllowedHost("secure.example", None)]
    with serving_tls(tmp_path, "secure.example") as (port, asked_for):
        assert "cannot be reached" in fails(f"https://secure.example:{port}/data.csv")
    assert asked_for == ["secure.example"]


def test_redirects_have_an_end(server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = redirect("/data.csv")
    assert "more than 5 times" in fails(server.url())
    assert len(server.requests) == 6


def test_a_server_that_stands_still(server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = stalls(CSV)
    assert "stands still" in fails(server.url())


def test_a_server_that_drips(server: LocalServer, fails: Callable[..., str], settings: Any) -> None:
    settings.SOURCES_TRANSFER_SECONDS = 1
    server.answers["/data.csv"] = drips(0.1)
    assert "longer than is allowed" in fails(server.url())


def test_a_server_that_never_ends(server: LocalServer, fails: Callable[..., str], settings: Any) -> None:
    settings.SOURCES_MAX_BYTES = 2_000_000
    server.answers["/data.csv"] = endless(b"1,x\n" * 10_000)
    assert "larger than 2,000,000 bytes" in fails(server.url())


def test_a_server_that_announces_too_much(server: LocalServer, fails: Callable[..., str], settings: Any) -> None:
    settings.SOURCES_MAX_BYTES = 1000
    server.answers["/data.csv"] = body(CSV, Content_Length="9" * 15)
    assert "announces more" in fails(server.url())


def test_a_server_that_announces_more_than_it_sends(server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = body(CSV, Content_Length="100")
    assert "too early" in fails(server.url())


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oh", "204 No Content", "206 Partial Content", "401 No"])
def test_any_other_answer_fails(status: str, server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = body(b"" if status.startswith("204") else CSV, status, Content_Length="")
    assert f"answered {status[:3]}" in fails(server.url())


def _zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress(CSV), _zipped(("a.csv", CSV))], ids=["gzip", "zip"])
def test_what_is_packed_is_unpacked(packed: bytes, server: LocalServer, make: Make, sync: Sync) -> None:
    server.answers["/data.csv"] = body(packed, Content_Encoding="gzip" if packed.startswith(b"\x1f") else "")
    source = make(type="http", config={"url": server.url()})
    assert sync(source["id"]).status == "succeeded"
    assert rows("data") == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    ("packed", "error"),
    [
        (gzip.compress(BOMB), "Unpacked it is larger"),
        (_zipped(("a.csv", BOMB)), "Unpacked it is larger"),
        (gzip.compress(CSV)[:-9], "damaged"),
        (gzip.compress(CSV)[:-1] + b"x", "damaged"),
        (_zipped(("a.csv", CSV), ("b.csv", CSV)), "holds 2 files"),
        (b"PK\x03\x04" + b"nonsense" * 10, "damaged"),
        (b"PAR1" + b"nonsense" * 10, "Parquet"),
        (b"", "nothing in it"),
        (b"a,b\n" + b"x" * 1_100_000, "characters"),
        (b"{}\n", "JSON object"),
    ],
    ids=["gzip bomb", "zip bomb", "cut", "wrong sum", "two", "no zip", "no parquet", "empty", "long line", "no keys"],
)
def test_damage_and_bombs(packed: bytes, error: str, server: LocalServer, fails: Callable[..., str]) -> None:
    server.answers["/data.csv"] = body(packed)
    assert error in fails(server.url())


@pytest.mark.shared_data
def test_real_tables_over_http(server: LocalServer, make: Make, sync: Sync, shared_data: Path) -> None:
    for name, count in (("taxis", 6433), ("flights_2001_20k", 20_000), ("seattle_weather", 1461)):
        server.answers[f"/{name}.csv.gz"] = body((shared_data / "data" / f"table_{name}.csv.gz").read_bytes())
        source = make(type="http", config={"url": server.url(f"/{name}.csv.gz")})
        run = sync(source["id"])
        assert (run.status, run.rows_written, run.rows_refused) == ("succeeded", count, 0)
