"""A proxy before ClickHouse, and databases that do not exist yet."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from storage_app.clickhouse import gateway
from tests.storage_app.clickhouse.tcp_proxy import TcpProxy


@pytest.fixture
def proxy(settings: Settings) -> Iterator[TcpProxy]:
    """The gateway reaches ClickHouse through it."""
    server = settings.CLICKHOUSE
    with TcpProxy(server["host"], server["port"]) as running:
        settings.CLICKHOUSE = {**server, "host": "127.0.0.1", "port": running.port}
        yield running
        settings.CLICKHOUSE = server
        gateway.ping()  # the thread's client lets go of the proxy


@pytest.fixture
def missing_database(settings: Settings) -> Iterator[str]:
    """The gateway's database, which is not there."""
    server = settings.CLICKHOUSE
    name = f"{server['database']}_{uuid4().hex[:8]}"
    settings.CLICKHOUSE = {**server, "database": name}
    yield name
    settings.CLICKHOUSE = server
    gateway.execute("DROP DATABASE IF EXISTS {name:Identifier} SYNC", {"name": name})


@pytest.fixture
def is_running() -> Callable[[str], bool]:
    """Whether the server works on the query with this id."""

    def ask(query_id: str) -> bool:
        sql = "SELECT count() FROM system.processes WHERE query_id = {id:String}"
        return bool(gateway.query(sql, {"id": query_id})[0][0])

    return ask
