"""Each process killed in turn, and the path tried again."""

import os
import signal
import uuid
from typing import Any

import httpx
import pytest

from tests.ingestion.events import event
from tests.stack.conftest import Running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

SERVICES = ("web", "writer", "worker", "beat", "redis", "clickhouse", "postgresql", "s3")


def send(running: Running, course_id: str, count: int) -> None:
    """As a client does: again until it is accepted."""
    events = [event(course_id=course_id, user_id=f"u{n}", event_type="course_completed") for n in range(count)]

    def accepted() -> bool:
        try:
            return running.client().post("/events", json={"events": events}).status_code == 202
        except (httpx.TransportError, AssertionError):
            return False

    wait_until(accepted, what="events accepted")


def stored(running: Running, course_id: str) -> int:
    try:
        answer = running.client().get("/events", params={"course_id": course_id, "limit": 1})
    except (httpx.TransportError, AssertionError):
        return -1
    return int(answer.json()["count"]) if answer.status_code == 200 else -1


def completion(running: Running, course_id: str) -> Any:
    period = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    asked = {"course_id": course_id, "metrics": ["completion"], **period}

    def accepted() -> bool:
        try:
            return running.client("admin").post("/metrics/calculate", json=asked).status_code == 202
        except (httpx.TransportError, AssertionError):
            return False

    def answer() -> httpx.Response:
        return running.client("admin").get(f"/analytics/course/{course_id}", params=period)

    wait_until(accepted, what="the calculation accepted")

    wait_until(lambda: answer().status_code == 200, what="the course's metrics")
    return answer().json()["metrics"]["completion"]["value"]


@pytest.mark.parametrize("service", SERVICES)
def test_killed_and_started_again(running: Running, service: str) -> None:
    course_id = f"{service}-{uuid.uuid4().hex[:8]}"
    send(running, course_id, 3)
    killed = running.pid(service)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: running.pid(service) not in {None, killed}, what=f"{service} started again")
    send(running, course_id, 4)
    wait_until(lambda: stored(running, course_id) == 7, what="every event visible, none twice")
    wait_until(lambda: httpx.get(f"{running.url}/health/ready").status_code == 200, what="ready")
    assert completion(running, course_id) == 1.0
