"""Who may touch which store, and clean stores for every test."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket
from django.conf import settings
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from ingestion import buffer
from ingestion.devices.known import known_devices
from ingestion.redis_store import client
from ingestion.writer import Writer
from storage_app import s3
from storage_app.clickhouse import gateway

pytest_plugins = ["tests.people", "tests.log_watch"]

# The same examples in every run, so that a red run is somebody's change; HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("search", max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

NETWORK_MARKERS = ("redis", "clickhouse", "s3", "stack")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _only_marked_tests_reach_a_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test without a store's marker has no sockets; pytest-django does the same for PostgreSQL."""
    if any(request.node.get_closest_marker(name) for name in NETWORK_MARKERS):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def _clickhouse_migrated(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():  # the migrator's lock is PostgreSQL's
        call_command("migrate_clickhouse", verbosity=0)


@pytest.fixture(autouse=True)
def _clean_clickhouse(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("clickhouse"):
        request.getfixturevalue("_clickhouse_migrated")
        gateway.execute("TRUNCATE TABLE events")
        gateway.execute("TRUNCATE TABLE device_readings")
        gateway.execute("TRUNCATE TABLE device_hours")


@pytest.fixture(scope="session")
def _bucket() -> None:
    s3.bucket_make()


@pytest.fixture(autouse=True)
def _bucket_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("s3"):
        request.getfixturevalue("_bucket")


@pytest.fixture(autouse=True)
def _clean_redis(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("redis"):
        client().flushdb()
        known_devices.clear()


@pytest.fixture
def drain() -> Callable[[], None]:
    """Run a writer until the buffer is empty."""

    def _drain() -> None:
        writer = Writer(max_rows=settings.WRITER_MAX_ROWS, max_wait_ms=1, lease_seconds=5)
        thread = threading.Thread(target=writer.run)
        thread.start()
        deadline = time.monotonic() + 30
        while buffer.waiting() and time.monotonic() < deadline:
            time.sleep(0.01)
        writer.stop()
        thread.join()
        assert buffer.waiting() == 0

    return _drain


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets, which are no part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data sets are not at {SHARED_DATA.name}/ beside the checkout")
    return SHARED_DATA
