"""Sources by the real worker: a run is done, also when the worker is killed in the middle, and nothing is doubled."""

from typing import Any

import httpx
import pytest

from tests.stack.conftest import Running, frozen, wait_until
from tests.stack.test_device_analysis import kill

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

ROWS = 50_000
SOURCES = "/tables/sources"


def make(client: httpx.Client, name: str, **fields: Any) -> int:
    data = "n,text\n" + "".join(f"{number},row {number}\n" for number in range(ROWS))
    uploaded = client.post("/files/upload", files={"file": (name, data.encode())})
    assert uploaded.status_code == 201, uploaded.text
    made = client.post(SOURCES, json={"type": "file", "config": {"path": uploaded.json()["path"]}, **fields})
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def last_run(client: httpx.Client, source_id: int) -> Any:
    return client.get(f"{SOURCES}/{source_id}/runs").json()["results"][0]


def check(running: Running, client: httpx.Client, source_id: int, table: str, rows: int) -> None:
    wait_until(lambda: last_run(client, source_id)["status"] == "succeeded", seconds=120, what="a run that succeeded")
    assert last_run(client, source_id)["rows_written"] == ROWS
    count = f"from storage_app.clickhouse import gateway; print(gateway.query('SELECT count() FROM imported_{table}'))"  # noqa: S608
    counted = running.manage("shell", "--no-imports", "-v", "0", "-c", count)
    assert counted.stdout.strip() == f"[({rows},)]", counted.stderr


def test_a_schedule_runs_it(running: Running) -> None:
    client = running.client()
    source_id = make(client, "scheduled.csv", schedule="@daily")
    due = (
        "from django.utils import timezone; from analytics.models import Source; "
        f"print(Source.objects.filter(pk={source_id}).update(next_run_at=timezone.now()))"
    )
    # As if the day had begun.
    assert running.manage("shell", "--no-imports", "-v", "0", "-c", due).stdout.strip() == "1"
    wait_until(lambda: client.get(f"{SOURCES}/{source_id}/runs").json()["count"], seconds=120, what="a run")
    client.patch(f"{SOURCES}/{source_id}", json={"schedule": ""})
    check(running, client, source_id, "scheduled", ROWS)


def test_the_worker_is_killed_in_the_middle(running: Running) -> None:
    client = running.client()
    source_id = make(client, "killed.csv", mode="append")
    client.post(f"{SOURCES}/{source_id}/sync")
    check(running, client, source_id, "killed", ROWS)
    with frozen(running, "clickhouse"):
        client.post(f"{SOURCES}/{source_id}/sync")
        wait_until(lambda: last_run(client, source_id)["status"] == "running", what="a worker that has begun")
        kill(running, "worker")
    check(running, client, source_id, "killed", 2 * ROWS)
    assert last_run(client, source_id)["attempts"] >= 2
