"""An erasure by the real worker and writer: done, and done all the same when the worker was killed in the middle."""

import uuid
from typing import Any

import httpx
import pytest

from tests.ingestion.events import event
from tests.stack.conftest import Running, frozen, wait_until
from tests.stack.test_device_analysis import kill

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def learner(client: httpx.Client) -> tuple[str, list[dict[str, Any]]]:
    """Somebody new, with stored events."""
    user_id = f"learner-{uuid.uuid4()}"
    sent = [event(user_id=user_id, course_id="erasure") for _ in range(20)]
    assert client.post("/events", json={"events": sent}).status_code == 202
    wait_until(lambda: held(client, user_id) == 20, what="the events stored")
    return user_id, sent


def held(client: httpx.Client, user_id: str) -> int:
    return int(client.get("/events", params={"user_id": user_id}).json()["count"])


def erased(client: httpx.Client, receipt: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {}

    def succeeded() -> bool:
        done.update(client.get(f"/erasures/{receipt['id']}").json())
        return bool(done["status"] == "succeeded")

    wait_until(succeeded, seconds=120, what="the erasure")
    return done


def test_it_works_and_a_resend_changes_nothing(running: Running) -> None:
    client = running.client("admin")
    user_id, sent = learner(client)
    receipt = client.delete("/events", params={"user_id": user_id})
    assert receipt.status_code == 202

    assert erased(client, receipt.json())["counts"]["events"] == 20
    assert held(client, user_id) == 0

    last = event(user_id=f"{user_id}-later", course_id="erasure")
    assert client.post("/events", json={"events": [*sent, last]}).status_code == 202
    wait_until(lambda: held(client, last["user_id"]) == 1, what="what came with the resend stored")
    assert held(client, user_id) == 0


def test_the_worker_is_killed_in_the_middle(running: Running) -> None:
    client = running.client("admin")
    user_id, _ = learner(client)
    with frozen(running, "clickhouse"):
        receipt = client.delete("/events", params={"user_id": user_id}).json()
        began = f"/erasures/{receipt['id']}"
        wait_until(lambda: client.get(began).json()["status"] == "running", what="a worker that has begun")
        kill(running, "worker")

    assert erased(client, receipt)["counts"]["events"] == 20
    assert held(client, user_id) == 0
