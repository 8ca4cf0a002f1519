"""Exports of a running Tidewatch: streamed through the web server, and written by a worker, also when one is killed."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.stack.conftest import Running, frozen, wait_until
from tests.stack.test_calculation_faults import kill_workers
from tests.stack.test_device_analysis import READINGS, new_device

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
BODY = {"table_name": "events", "format": "csv"}


def record_of(client: httpx.Client, export_id: str) -> dict[str, Any]:
    record: dict[str, Any] = client.get(f"/data/exports/{export_id}").json()
    return record


def test_streamed_and_by_a_worker(running: Running) -> None:
    client = running.client("admin")
    total = client.post("/data/query", json={"table_name": "events", "page_size": 1}).json()["total"]

    streamed = client.post("/data/export", json=BODY)
    assert streamed.status_code == 200
    record = record_of(client, streamed.headers["X-Export-Id"])
    assert (record["status"], record["rows"]) == ("succeeded", total)
    assert record["sha256"] == hashlib.sha256(streamed.content).hexdigest()

    accepted = client.post("/data/export?async=true", json=BODY)
    assert accepted.status_code == 202
    export_id = accepted.json()["task_id"]
    wait_until(lambda: record_of(client, export_id)["status"] == "succeeded", what="the export")
    record = record_of(client, export_id)
    file = httpx.get(record["url"])
    assert (len(file.content), hashlib.sha256(file.content).hexdigest()) == (record["bytes"], record["sha256"])
    assert record["rows"] == record["total_rows"] == total


def test_killed_in_the_middle_it_begins_anew(running: Running) -> None:
    device_id = new_device(running)
    client = running.client()
    own = {"conditions": [{"field": "device_id", "operator": "eq", "value": device_id}]}
    body = {"table_name": "device_readings", "format": "csv", "filters": own, "sort": [{"field": "ts"}]}
    with frozen(running, "s3"):  # where the worker waits with what it has read
        export_id = client.post("/data/export?async=true", json=body).json()["task_id"]
        wait_until(lambda: record_of(client, export_id)["rows"] > 0, what="some of the export")
        begun = record_of(client, export_id)
        kill_workers(running)
    assert (begun["status"], begun["attempts"], begun["rows"] < READINGS) == ("running", 1, True)
    wait_until(lambda: record_of(client, export_id)["status"] == "succeeded", seconds=120, what="the export done again")
    record = record_of(client, export_id)
    streamed = client.post("/data/export", json=body).content
    assert record["attempts"] >= 2
    assert record["rows"] == record["total_rows"] == READINGS
    assert (
        record["sha256"]
        == hashlib.sha256(streamed).hexdigest()
        == hashlib.sha256(httpx.get(record["url"]).content).hexdigest()
    )
