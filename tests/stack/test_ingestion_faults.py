"""Stores and writers stopped in the middle: what was accepted is there in the end, once."""

import os
import signal
import subprocess
import sys
import time
import uuid

import httpx
import pytest

from tests.ingestion.events import event
from tests.stack.conftest import ROOT, Running, environment, frozen, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def new_course() -> str:
    return f"fault-{uuid.uuid4().hex[:8]}"


def stored(client: httpx.Client, course_id: str) -> int:
    answer = client.get("/events", params={"course_id": course_id, "limit": 1})
    return int(answer.json()["count"]) if answer.status_code == 200 else -1


def send(client: httpx.Client, course_id: str, count: int) -> int:
    """Send events; gives how many were acknowledged."""
    events = [event(course_id=course_id) for _ in range(count)]
    answer = client.post("/events", json={"events": events})
    return int(answer.json()["accepted"]) if answer.status_code == 202 else 0


def test_clickhouse_stands_still(running: Running) -> None:
    client, course_id = running.client(), new_course()
    with frozen(running, "clickhouse"):
        accepted = sum(send(client, course_id, 10) for _ in range(20))
        time.sleep(2)  # let the writer run into it
    assert accepted == 200
    wait_until(lambda: stored(client, course_id) == 200, what="everything that was accepted")


def test_redis_stands_still(running: Running) -> None:
    client, course_id = running.client(), new_course()
    with frozen(running, "redis"):
        accepted = send(client, course_id, 10)
    assert accepted == 10  # straight into ClickHouse
    wait_until(lambda: stored(client, course_id) == 10, what="everything that was accepted")


def test_a_frozen_writer_is_replaced(running: Running) -> None:
    client, course_id = running.client("admin"), new_course()
    second = subprocess.Popen(
        [sys.executable, "-m", "devstack", "manage", "write_events"],
        cwd=ROOT,
        env=environment(running.data_dir),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(client.get("/ingestion/status").json()["writers"]) >= 2, what="two writers")
        with frozen(running, "writer"):
            accepted = sum(send(client, course_id, 10) for _ in range(10))
            wait_until(lambda: stored(client, course_id) == accepted == 100, what="the other writer took over")
    finally:
        second.terminate()
        second.wait(timeout=30)
    assert send(client, course_id, 5) == 5
    wait_until(lambda: stored(client, course_id) == 105, what="the first writer writes again")


def test_a_writer_killed_again_and_again(running: Running) -> None:
    client, course_id = running.client(), new_course()
    accepted = 0
    for _ in range(4):
        accepted += sum(send(client, course_id, 500) for _ in range(5))
        if pid := running.pid("writer"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
    wait_until(lambda: stored(client, course_id) == accepted == 10_000, what="everything that was accepted, once")


def test_readings_outlive_the_writer(running: Running) -> None:
    """Identical ones: each that is doubled or lost would show."""
    client = running.client()
    device_id = client.post("/devices", json={}).json()["id"]
    batch = {"readings": [{"device_id": device_id, "x": 1, "y": 2, "z": 3, "timestamp": "2025-03-10T10:00:00Z"}] * 500}
    accepted = 0
    for _ in range(4):
        accepted += sum(client.post("/stats", json=batch).json()["accepted"] for _ in range(5))
        if pid := running.pid("writer"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)

    def counted() -> int:
        return int(client.get(f"/stats/{device_id}", params={"limit": 1}).json()["count"])

    wait_until(lambda: counted() == accepted == 10_000, what="everything that was accepted")
    time.sleep(2)  # nothing comes after
    assert counted() == 10_000
