"""Clients that go away in the middle, and answers that break off in the middle, through the real web server."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from clickhouse_driver import Client as ClickHouse

from devstack import environment_file
from devstack.directories import DataDirectory
from tests.stack.conftest import Running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

DEVICE = "1eaf1eaf-0000-4000-8000-000000000000"
MAKE_READINGS = f"""
INSERT INTO device_readings SELECT '{DEVICE}', toDateTime64('2025-03-10', 3, 'UTC') + number / 10, now64(3),
rand(), rand(1), rand(2) FROM numbers(5000000)
"""  # noqa: S608  # our own device
# Each row is a group of its own, and each group keeps its values: seconds of work.
LONG = {
    "table_name": "device_readings",
    "group_by": ["ts"],
    "aggregations": [{"function": "median", "field": name, "alias": name} for name in "xyz"],
    "limit": 1,
}
LONG_CHART = {
    "table_name": "device_readings",
    "chart_type": "pie",
    "x": "x",
    "y": [{"function": "median", "field": "y"}],
}
EXPORT = {"table_name": "device_readings", "format": "csv"}
FRESH = {"Cache-Control": "no-cache"}
RUNNING = "SELECT query_id FROM system.processes WHERE user = 'tidewatch_reader'"


@pytest.fixture(scope="module")
def store(tidewatch: Running) -> Iterator[ClickHouse]:
    """ClickHouse itself, with readings that only an admin sees."""
    environment = environment_file.read(DataDirectory(tidewatch.data_dir).environment)
    client = ClickHouse.from_url(environment["CLICKHOUSE_URL"])
    client.execute(MAKE_READINGS)
    yield client
    client.execute(f"ALTER TABLE device_readings DELETE WHERE device_id = '{DEVICE}' SETTINGS mutations_sync = 1")
    client.disconnect()


def queries(store: ClickHouse) -> list[str]:
    return [query_id for (query_id,) in store.execute(RUNNING)]


def post(
    running: Running, path: str, question: object, headers: Mapping[str, str] = FRESH
) -> http.client.HTTPConnection:
    """A request that was sent, and whose answer nobody has read."""
    parts = urlsplit(running.url)
    token = running.client("admin").headers["Authorization"]
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    told = {"Authorization": token, "Content-Type": "application/json", **headers}
    connection.request("POST", f"/api/v1{path}", json.dumps(question), told)
    return connection


def test_a_query_ends_with_its_connection(running: Running, store: ClickHouse) -> None:
    stopped = running.log("web").count("abandoned_query_stopped")
    connection = post(running, "/data/aggregate", LONG)
    wait_until(lambda: queries(store), what="the query")
    connection.close()
    wait_until(lambda: not queries(store), what="its end")
    # It did not just come to its own end.
    wait_until(lambda: running.log("web").count("abandoned_query_stopped") == stopped + 1, what="the stop in the log")


def test_who_stays_gets_the_answer_that_another_no_longer_waits_for(running: Running, store: ClickHouse) -> None:
    first = post(running, "/data/chart", LONG_CHART, {})
    wait_until(lambda: queries(store), what="the query")
    second = post(running, "/data/chart", LONG_CHART, {})
    first.close()
    answer = second.getresponse()
    assert (answer.status, len(json.loads(answer.read())["slices"])) == (200, 51)
    second.close()


def test_an_export_ends_with_its_connection(running: Running, store: ClickHouse) -> None:
    client = running.client("admin")
    connection = post(running, "/data/export", EXPORT)
    answer = connection.getresponse()
    answer.read(1_000_000)
    export_id = answer.headers["X-Export-Id"]
    answer.close()
    connection.close()
    wait_until(lambda: not queries(store), what="the query's end")
    wait_until(lambda: client.get(f"/data/exports/{export_id}").json()["status"] == "cancelled", what="its record")


def test_an_export_that_breaks_off_does_not_look_whole(running: Running, store: ClickHouse) -> None:
    client = running.client("admin")
    with client.stream("POST", "/data/export", json=EXPORT) as answer:
        chunks = answer.iter_raw()
        next(chunks)
        [query_id] = queries(store)
        store.execute("KILL QUERY WHERE query_id = %(id)s ASYNC", {"id": query_id})
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)
    record = client.get(f"/data/exports/{answer.headers['X-Export-Id']}").json()
    assert (record["status"], record["error"]) == ("failed", "The analytics database broke off its answer.")


@pytest.mark.parametrize(
    ("path", "length"),
    [
        ("/api/v1/events", "Content-Length: 100000"),
        ("/api/v1/data/query", "Transfer-Encoding: chunked"),
        ("/api/v1/events", "Content-Length: 1000000"),  # without a token, so that nobody wants it
    ],
)
def test_clients_that_send_slowly_hold_up_nobody(running: Running, path: str, length: str) -> None:
    parts = urlsplit(running.url)
    begun = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n{length}\r\n\r\n1\r\n"
    with ExitStack() as slow:
        for _ in range(40):
            connection = slow.enter_context(socket.create_connection((parts.hostname, parts.port)))
            connection.sendall(begun.encode())
        assert httpx.get(f"{running.url}/health", timeout=10).status_code == 200


def test_clients_that_send_nothing_keep_nobody_out(running: Running) -> None:
    parts = urlsplit(running.url)
    with ExitStack() as idle:
        for _ in range(1500):
            idle.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=10))
        for _ in range(8):  # whichever process gets it
            assert httpx.get(f"{running.url}/health", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"Content-Length: 100\r\n\r\n{",
        b"Content-Length: 1000000\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n50000\r\n" + b" " * 0x50000 + b"\r\n",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/data/query", "/auth/login"])
def test_a_body_that_breaks_off_is_told(running: Running, path: str, sent: bytes) -> None:
    parts = urlsplit(running.url)
    token = running.client().headers["Authorization"]
    head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {token}\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n" + sent)
        connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["errors"][0]["code"]) == (400, "incomplete")
