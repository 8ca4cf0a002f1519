"""The main job on real input: 231,917 events of 22 courses in through the API, completion out, as pandas has it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.stack.conftest import Running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.shared_data, pytest.mark.xdist_group("stack")]

START, END = "2012-01-01T00:00:00Z", "2016-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def events_file(shared_data: Path) -> Path:
    return shared_data / "data" / "learning_oulad_events.ndjson.gz"


@pytest.fixture(scope="module")
def expected(events_file: Path) -> pd.DataFrame:
    """Per course: people (everybody with an event, as the period covers everything) and who completed."""
    with gzip.open(events_file) as lines:
        events = pd.DataFrame(json.loads(line) for line in lines).drop_duplicates("event_id")
    people = events.groupby("course_id")["user_id"].nunique()
    completed = events[events["event_type"] == "course_completed"].groupby("course_id")["user_id"].nunique()
    return pd.DataFrame({"people": people, "completed": completed}).fillna(0).astype(int)


def calculate(running: Running) -> dict[str, Any]:
    client = running.client("admin")
    answer = client.post("/metrics/calculate?wait=true", json={"start": START, "end": END, "metrics": ["completion"]})
    assert answer.status_code in {200, 202}, answer.text
    url = f"/metrics/tasks/{answer.json()['task_id']}"
    wait_until(lambda: client.get(url).json()["status"] == "succeeded", what="the calculation")
    task: dict[str, Any] = client.get(url).json()
    return task


def check_numbers(running: Running, expected: pd.DataFrame) -> None:
    client = running.client()
    # Other tests' events are of later years.
    query = {"end": END, "limit": "1"}
    wait_until(lambda: client.get("/events", params=query).json()["count"] >= 231_917, what="all events visible")
    assert client.get("/events", params=query).json()["count"] == 231_917
    results = {result["course_id"]: result for result in calculate(running)["results"]}
    everything = results.pop(None)
    assert (everything["parts"]["numerator"], everything["parts"]["denominator"]) == (15_385, 32_588)
    assert everything["value"] == 15_385 / 32_588
    assert set(results) == set(expected.index)
    for course_id, row in expected.iterrows():
        result = results[course_id]
        assert (result["parts"]["numerator"], result["parts"]["denominator"]) == (row["completed"], row["people"])
        assert result["value"] == row["completed"] / row["people"]


def test_the_whole_file_twice(running: Running, events_file: Path, expected: pd.DataFrame) -> None:
    for _ in range(2):
        loaded = running.manage("load_events", str(events_file), "--url", running.url)
        assert loaded.returncode == 0, loaded.stderr
        assert "231,917 events accepted, 0 refused" in loaded.stdout
        check_numbers(running, expected)

    course = running.client().get("/analytics/course/AAA-2013J", params={"start": START, "end": END}).json()
    completion = course["metrics"]["completion"]
    people = expected.loc["AAA-2013J"]
    assert completion["value"] == people["completed"] / people["people"]
    assert completion["users"]["count"] == people["people"]
    assert completion["users"]["mean"] == pytest.approx(completion["value"])
    assert completion["stale"] is False

    person = running.client().get("/metrics/user/ou-11391", params={"start": START, "end": END}).json()
    assert person["user_id"] == "ou-11391"
    assert {result["course_id"] for result in person["results"]} == {None, "AAA-2013J"}
