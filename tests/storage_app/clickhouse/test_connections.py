"""Threads, forks, and servers that come and go."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django.fixtures import Settings

from storage_app.clickhouse import connections, gateway
from storage_app.clickhouse.errors import StoreUnavailable
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy

pytestmark = pytest.mark.clickhouse


def wait_for_open(proxy: TcpProxy, count: int) -> None:
    deadline = time.monotonic() + 30
    while proxy.open_count != count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_threads_get_their_own_answers() -> None:
    def ask(number: int) -> bool:
        text = f"{number}:" + "x" * (number % 7 * 1000)
        sql = "SELECT {number:UInt64}, {text:String}, count() FROM numbers({number:UInt64})"
        return gateway.query(sql, {"number": number, "text": text}) == [(number, text, number)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(400)))


def test_a_thread_keeps_its_connection_and_closes_it_at_its_end(proxy: TcpProxy) -> None:
    def ask() -> None:
        for _ in range(5):
            gateway.ping()

    for _ in range(3):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert proxy.accepted_count == 3
    wait_for_open(proxy, 0)


def test_a_fork_uses_its_own_connection_and_leaves_its_parents_alone(proxy: TcpProxy) -> None:
    gateway.ping()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answers = [gateway.query("SELECT 'child', {n:UInt8}", {"n": n})[0] for n in range(20)]
            os.write(writer, repr(answers).encode())
        finally:
            os._exit(0)  # whatever happened: a child that went on would run the other tests
    mine = [gateway.query("SELECT 'parent', {n:UInt8}", {"n": n})[0] for n in range(20)]
    os.waitpid(pid, 0)
    os.close(writer)
    with open(reader, "rb") as child:  # noqa: PTH123  # a file descriptor is no path
        assert child.read().decode() == repr([("child", n) for n in range(20)])
    assert mine == [("parent", n) for n in range(20)]
    assert gateway.query("SELECT 1") == [(1,)]
    assert proxy.accepted_count == 2


def test_a_connection_that_died_while_idle_is_replaced(proxy: TcpProxy) -> None:
    gateway.ping()
    proxy.cut()
    wait_for_open(proxy, 0)
    assert gateway.query("SELECT 1") == [(1,)]
    proxy.cut()
    wait_for_open(proxy, 0)
    gateway.execute("TRUNCATE TABLE events")
    assert proxy.accepted_count == 3


def test_a_read_is_asked_again_when_the_connection_breaks_under_it(proxy: TcpProxy) -> None:
    gateway.ping()
    proxy.cut_at(b"SELECT 'twice'")
    assert gateway.query("SELECT 'twice'") == [("twice",)]
    assert proxy.accepted_count == 2


@pytest.mark.parametrize("sent_before", [True, False])
def test_a_write_is_not_sent_again(proxy: TcpProxy, sent_before: bool) -> None:
    if sent_before:
        gateway.ping()
    proxy.cut_at(b"INSERT INTO events")
    with pytest.raises(StoreUnavailable):
        gateway.insert("INSERT INTO events (user_id) VALUES", [("u1",)])
    proxy.cut_at(b"INSERT INTO events")
    with pytest.raises(StoreUnavailable):
        gateway.execute("INSERT INTO events (user_id) SELECT 'u1'")
    assert gateway.query("SELECT count() FROM events") == [(0,)]


def test_a_server_that_is_down_and_comes_back(proxy: TcpProxy, settings: Settings) -> None:
    gateway.ping()
    proxy.refuse()
    with pytest.raises(StoreUnavailable):
        gateway.query("SELECT 1")
    with pytest.raises(StoreUnavailable), gateway.stream("SELECT 1"):
        pass
    with TcpProxy(*proxy._upstream) as other:
        settings.CLICKHOUSE = {**settings.CLICKHOUSE, "port": other.port}
        assert gateway.query("SELECT 1") == [(1,)]


def test_a_server_that_falls_silent(proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SOCKET_MARGIN_SECONDS", 0.1)
    proxy.hold_at(b"SELECT 'silence'")
    with pytest.raises(StoreUnavailable) as caught:
        gateway.query("SELECT 'silence'", timeout_seconds=0.1)
    assert caught.value.detail == "The analytics database did not answer in time."
    assert gateway.query("SELECT 1") == [(1,)]


def test_a_stream_whose_connection_breaks(proxy: TcpProxy) -> None:
    with gateway.stream("SELECT number FROM system.numbers") as rows:
        next(rows)
        proxy.cut()
        with pytest.raises(StoreUnavailable):
            for _ in rows:
                pass
