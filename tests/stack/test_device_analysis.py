"""Analyses by the real worker: done, done again when it was killed in the middle, not lost with the broker."""

import os
import signal
from typing import Any

import httpx
import pytest

from tests.stack.conftest import Running, frozen, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

READINGS = 100_000
# A device of the teacher's, with readings that are made inside ClickHouse; prints its id.
MAKE_DEVICE = """
from accounts.models import Device, User
from storage_app.clickhouse import gateway
device = Device.objects.create(owner=User.objects.get(username="teacher"))
gateway.execute(
    "INSERT INTO device_readings SELECT {device:UUID}, toDateTime64('2025-03-10', 3, 'UTC') + number, now64(3),"
    " number, -number, 1 FROM numbers({count:UInt64})", {"device": device.pk, "count": READINGS})
print(device.pk)
"""


def new_device(running: Running) -> str:
    made = running.manage("shell", "--no-imports", "-v", "0", "-c", f"{READINGS=}{MAKE_DEVICE}")
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[-1]


def ask(client: httpx.Client, device_id: str) -> str:
    answer = client.post(f"/stats/analysis/{device_id}/async")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def task(client: httpx.Client, task_id: str) -> Any:
    return client.get(f"/stats/analysis/tasks/{task_id}").json()


def check_result(client: httpx.Client, device_id: str, task_id: str) -> None:
    done = "the analysis stored"
    wait_until(lambda: task(client, task_id)["status"] == "succeeded", seconds=120, what=done)
    [stored] = client.get(f"/stats/analysis/result/{device_id}").json()
    now = client.get(f"/stats/analysis/{device_id}").json()
    assert stored["task_id"] == task_id
    assert stored["result"] == {axis: now[axis] for axis in "xyz"}
    assert stored["result"]["x"] == {
        "min": 0.0,
        "max": READINGS - 1,
        "count": READINGS,
        "sum": READINGS * (READINGS - 1) / 2,
        "median": (READINGS - 1) / 2,
    }


def kill(running: Running, service: str) -> None:
    killed = running.pid(service)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: running.pid(service) not in {None, killed}, what=f"{service} started again")


def test_it_works(running: Running) -> None:
    device_id = new_device(running)
    client = running.client()
    check_result(client, device_id, ask(client, device_id))


def test_the_worker_is_killed_in_the_middle(running: Running) -> None:
    device_id = new_device(running)
    client = running.client()
    with frozen(running, "clickhouse"):
        task_id = ask(client, device_id)
        wait_until(lambda: task(client, task_id)["status"] == "running", what="a worker that has begun")
        kill(running, "worker")
    check_result(client, device_id, task_id)
    assert task(client, task_id)["attempts"] >= 2


def test_the_broker_is_killed_with_the_message(running: Running) -> None:
    device_id = new_device(running)
    client = running.client()
    with frozen(running, "worker"):
        task_id = ask(client, device_id)
        kill(running, "redis")
    check_result(client, device_id, task_id)
