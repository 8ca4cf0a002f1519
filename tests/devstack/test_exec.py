"""`devstack exec`: four real stores for one command, and nothing left of them."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.directories import DataDirectory
from tests.devstack.launched import finish, launch, only_data_directory, pid_of, processes_of, wait_until

pytestmark = pytest.mark.stack
STORES = ("postgresql", "redis", "clickhouse", "s3")

USE_ALL_FOUR = """
import os, boto3, clickhouse_driver, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    connection.execute("CREATE DATABASE another")
redis.from_url(os.environ["REDIS_URL"]).set("a", 1)
clickhouse = clickhouse_driver.Client.from_url(os.environ["CLICKHOUSE_URL"])
clickhouse.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
clickhouse.execute("CREATE DATABASE another")
clickhouse.execute("INSERT INTO t VALUES", [(1,)])
reader = clickhouse_driver.Client.from_url(os.environ["CLICKHOUSE_READER_URL"])
assert reader.execute("SELECT a FROM t") == [(1,)]
try:
    reader.execute("INSERT INTO t VALUES", [(2,)])
except clickhouse_driver.errors.ServerException as error:
    assert error.code in (164, 497), error  # READONLY, ACCESS_DENIED
else:
    raise AssertionError("the reader wrote")
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_ENDPOINT_URL"],
    region_name=os.environ["S3_REGION"],
    aws_access_key_id=os.environ["S3_ACCESS_KEY"],
    aws_secret_access_key=os.environ["S3_SECRET_KEY"],
)
s3.create_bucket(Bucket=os.environ["S3_BUCKET"])
s3.put_object(Bucket=os.environ["S3_BUCKET"], Key="k", Body=b"b")
raise SystemExit(7)
"""


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _running(parent: Path) -> DataDirectory:
    """Wait for the command to have started: the stores are ready then."""
    wait_until((parent / "started").exists)
    return only_data_directory(parent)


def _sleep(parent: Path) -> list[str]:
    return ["exec", "--", "sh", "-c", f"touch {parent}/started; exec sleep 300"]


def test_it_works(tmp_path: Path) -> None:
    code, output = finish(launch(["exec", "--", sys.executable, "-c", USE_ALL_FOUR], TMPDIR=str(tmp_path)))
    assert code == 7, output
    assert processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_signal_ends_the_command_and_the_stores(tmp_path: Path) -> None:
    launched = launch(_sleep(tmp_path), TMPDIR=str(tmp_path))
    _running(tmp_path)
    launched.terminate()
    code, output = finish(launched)
    assert code == 128 + signal.SIGTERM, output
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["launcher", "its whole group"])
def test_a_killed_launcher_leaves_nothing(tmp_path: Path, kill: Callable[[int, int], None]) -> None:
    launched = launch(_sleep(tmp_path), TMPDIR=str(tmp_path))
    data = _running(tmp_path)
    assert all(pid_of(data, store) for store in STORES)
    kill(launched.pid, signal.SIGKILL)
    launched.communicate(timeout=60)
    wait_until(lambda: not processes_of(tmp_path))
    wait_until(lambda: not data.path.exists())


def test_a_killed_guardian_is_replaced(tmp_path: Path) -> None:
    launched = launch(_sleep(tmp_path), TMPDIR=str(tmp_path))
    data = _running(tmp_path)
    first = pid_of(data, "guardian")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: pid_of(data, "guardian") != first)
    launched.kill()
    launched.communicate(timeout=60)
    wait_until(lambda: not processes_of(tmp_path))
    wait_until(lambda: not data.path.exists())


def test_a_store_that_dies_is_started_again_on_its_port(tmp_path: Path) -> None:
    launched = launch(_sleep(tmp_path), TMPDIR=str(tmp_path))
    data = _running(tmp_path)
    ports = json.loads(data.ports.read_text())
    killed = {store: pid_of(data, store) for store in STORES}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(pid_of(data, store) not in {0, killed[store]} for store in STORES))
    wait_until(lambda: all(_listens(ports[name]) for name in STORES))
    launched.terminate()
    _, output = finish(launched)
    for store in STORES:
        assert f"{store} ended (signal 9): starting it again in 0.5 s" in output


def test_an_unknown_command_is_one_line(tmp_path: Path) -> None:
    assert finish(launch(["exec", "--", "no-such-command"], TMPDIR=str(tmp_path))) == (
        1,
        "There is no program no-such-command.\n",
    )
