"""Workers killed in the middle of a calculation and of a night: earlier results stay whole, and the work is done."""

import json
import os
import signal
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.ingestion.events import event
from tests.stack.conftest import Running, frozen, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
PERIOD = {"start": DAY.isoformat(), "end": (DAY + timedelta(days=1)).isoformat()}
PEOPLE = 50

RUN_NOW = """
from django.utils import timezone
from analytics.nightly_tasks import nightly_runs_tend
from analytics.services.nightly_runs import nightly_run_create
print(nightly_run_create(now=timezone.now(), by_hand=True).pk)
nightly_runs_tend.delay()
"""
SHOW_RUN = """
import json
from analytics.models import NightlyRun
run = NightlyRun.objects.get(pk={pk})
print(json.dumps([run.status, run.results, run.failures, list(run.tasks.values_list("status", flat=True))]))
"""


def shell(running: Running, code: str) -> str:
    """The last line that the code prints."""
    done = running.manage("shell", "--verbosity", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def send(client: httpx.Client, course_id: str, event_type: str) -> None:
    """An event of each person, until it can be seen."""
    count = client.get("/events", params={"course_id": course_id, "limit": 1}).json()["count"]
    at = (DAY + timedelta(hours=9)).isoformat()
    events = [event(course_id=course_id, user_id=f"u{n}", event_type=event_type, occurred_at=at) for n in range(PEOPLE)]
    assert client.post("/events", json={"events": events}).status_code == 202

    def seen() -> bool:
        page = client.get("/events", params={"course_id": course_id, "limit": 1}).json()
        return bool(page["count"] == count + PEOPLE)

    wait_until(seen, what="the events")


def ask(client: httpx.Client, course_id: str) -> str:
    """Ask for every metric; where to look for it."""
    answer = client.post("/metrics/calculate", json={"course_id": course_id, **PERIOD})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["result_url"]).removeprefix("/api/v1")


def numbers(client: httpx.Client, course_id: str) -> dict[str, Any]:
    """Of each metric the course's number and its spread over people."""
    answer = client.get(f"/analytics/course/{course_id}", params=PERIOD)
    assert answer.status_code == 200, answer.text
    return {name: (each["value"], each["users"]) for name, each in answer.json()["metrics"].items()}


def kill_workers(running: Running) -> None:
    """The worker and the processes it has forked, at once."""
    pid = running.pid("worker")
    assert pid
    os.killpg(os.getpgid(pid), signal.SIGKILL)
    wait_until(lambda: running.pid("worker") not in {None, pid}, what="another worker")


def prepared(client: httpx.Client) -> tuple[str, dict[str, Any]]:
    """A course with results, which events that have come since will change."""
    course_id = f"killed-{uuid.uuid4().hex[:8]}"
    send(client, course_id, "page_viewed")
    url = ask(client, course_id)
    wait_until(lambda: client.get(url).json()["status"] == "succeeded", what="the first calculation")
    earlier = numbers(client, course_id)
    send(client, course_id, "problem_attempted")
    return course_id, earlier


def test_killed_while_it_reads(running: Running) -> None:
    client = running.client("admin")
    course_id, earlier = prepared(client)
    with frozen(running, "clickhouse"):
        url = ask(client, course_id)
        wait_until(lambda: client.get(url).json()["status"] == "running", what="the calculation begun")
        kill_workers(running)
    meanwhile = numbers(client, course_id)
    wait_until(lambda: client.get(url).json()["status"] == "succeeded", what="the calculation done again")
    later = numbers(client, course_id)
    assert later["engagement"][0] == 1 != earlier["engagement"][0]
    assert all(meanwhile[name] in (earlier[name], later[name]) for name in later)
    assert client.get(url).json()["progress"] == {"done": 6, "total": 6}


def test_killed_wherever_it_is(running: Running) -> None:
    client = running.client("admin")
    course_id, earlier = prepared(client)
    url = ask(client, course_id)
    wait_until(lambda: client.get(url).json()["status"] != "pending", what="the calculation begun")
    kill_workers(running)
    meanwhile = numbers(client, course_id)
    wait_until(lambda: client.get(url).json()["status"] == "succeeded", what="the calculation done again")
    later = numbers(client, course_id)
    assert later["engagement"][0] == 1 != earlier["engagement"][0]
    assert all(meanwhile[name] in (earlier[name], later[name]) for name in later)


def test_killed_in_the_middle_of_the_night(running: Running) -> None:
    client = running.client("admin")
    course_id, earlier = prepared(client)
    pk = shell(running, RUN_NOW)

    def run() -> Any:
        return json.loads(shell(running, SHOW_RUN.format(pk=pk)))

    wait_until(lambda: run()[0] == "running", what="the run planned")
    with frozen(running, "clickhouse"):
        kill_workers(running)
    wait_until(lambda: run()[0] not in {"pending", "running"}, seconds=120, what="the run ended")
    status, results, failures, tasks = run()
    assert (status, failures, set(tasks)) == ("succeeded", [], {"succeeded"})
    assert results > 0
    assert numbers(client, course_id)["engagement"][0] == 1 != earlier["engagement"][0]
