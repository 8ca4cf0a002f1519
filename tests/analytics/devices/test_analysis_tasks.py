"""Analyses by a worker: asked for, joined, run."""

import uuid
from typing import Any

import pytest

from accounts.models import Device, User
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import Span
from analytics.devices.services.requests import device_analysis_create
from analytics.kept_task import TaskStatus
from storage_app import advisory_lock
from tests.accounts.together import together
from tests.analytics.devices.asking import ask, results, run
from tests.analytics.devices.readings import STATS, device, every_minute, store
from tests.analytics.http import AsUser

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


def test_from_wish_to_result(owner: User, as_user: AsUser, sensor: Device) -> None:
    store(sensor, every_minute(1, 2, 4))
    client = as_user(owner)
    period = {"start": "2025-03-10", "end": "2025-03-11"}
    accepted = client.post(f"{STATS}/analysis/{sensor.pk}/async", period)
    assert accepted.status_code == 202
    task_id = accepted.json()["task_id"]
    url = f"{STATS}/analysis/result/{sensor.pk}?task_id={task_id}"
    assert accepted.json() == {"task_id": task_id, "status": "pending", "result_url": url}

    [pending] = client.get(url).json()
    assert (pending["status"], pending["result"], pending["error"]) == ("pending", None, None)
    assert pending["finished_at"] is None

    assert run(task_id) is None
    [stored] = client.get(url).json()
    now = client.get(f"{STATS}/analysis/{sensor.pk}", period).json()
    assert stored["status"] == "succeeded"
    assert stored["result"] == {axis: now[axis] for axis in "xyz"}
    assert (stored["start"], stored["end"]) == ("2025-03-10T00:00:00Z", "2025-03-11T00:00:00Z")
    assert stored["requested_at"] <= stored["finished_at"]
    task = client.get(f"{STATS}/analysis/tasks/{task_id}").json()
    assert (task["status"], task["progress"], task["attempts"]) == ("succeeded", {"done": 1, "total": 1}, 1)
    assert task["results"] == [{"device_id": str(sensor.pk), "result": stored["result"]}]


def test_the_period_may_stand_in_the_address_or_in_the_body(owner: User, as_user: AsUser, sensor: Device) -> None:
    url = f"{STATS}/analysis/{sensor.pk}/async"
    client = as_user(owner)
    in_address = client.post(f"{url}?start=2025-03-10&end=2025-03-11")
    in_body = client.post(url, {"start": "2025-03-10", "end": "2025-03-11"})
    in_both = client.post(f"{url}?start=2020-01-01", {"start": "2025-03-10", "end": "2025-03-11"})
    assert in_address.json() == in_body.json() == in_both.json()
    assert client.post(url).json()["task_id"] != in_body.json()["task_id"]


def test_newest_first(owner: User, as_user: AsUser, sensor: Device) -> None:
    asked = [ask(as_user, owner, sensor, start=f"2025-03-0{day}") for day in (1, 2, 3)]
    assert [each["task_id"] for each in results(as_user, owner, sensor)] == asked[::-1]
    assert [each["task_id"] for each in results(as_user, owner, sensor, limit=1)] == asked[2:]
    assert results(as_user, owner, device(owner)) == []


def test_the_same_wish_joins_the_unfinished_task(owner: User, admin: User, as_user: AsUser, sensor: Device) -> None:
    first = ask(as_user, owner, sensor)
    assert ask(as_user, owner, sensor) == first
    DeviceAnalysisTask.objects.update(status=TaskStatus.RUNNING)
    assert ask(as_user, owner, sensor) == first
    others = {ask(as_user, owner, sensor, end="2025-03-11"), ask(as_user, owner, device(owner))}
    others.add(ask(as_user, admin, sensor))  # whose task the owner could not see
    assert len(others - {first}) == 3
    run(first)
    assert ask(as_user, owner, sensor) != first


@pytest.mark.django_db(transaction=True)
def test_the_same_wish_at_the_same_moment(owner: User, sensor: Device) -> None:
    def wish() -> uuid.UUID:
        return device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span()).pk

    assert len(set(together(*[wish] * 6))) == 1
    assert DeviceAnalysisTask.objects.count() == DeviceAnalysis.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_runs_once_at_a_time(owner: User, sensor: Device) -> None:
    task = device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span())
    with advisory_lock.held(task.pk) as is_ours:
        assert is_ours
        assert together(lambda: run(str(task.pk))) == [None]
    task.refresh_from_db()
    assert (task.status, task.attempts) == (TaskStatus.PENDING, 0)


def test_a_fleet_from_wish_to_results(owner: User, colleague: User, as_user: AsUser) -> None:
    devices = sorted((device(owner) for _ in range(3)), key=lambda each: each.pk)
    for place, each in enumerate(devices[:2], start=1):
        store(each, every_minute(*[float(place)] * place))
    store(device(colleague), every_minute(99))
    accepted = as_user(owner).post(f"{STATS}/analysis/async", {"start": "2025-03-10"}).json()
    assert accepted["result_url"] == f"{STATS}/analysis/tasks/{accepted['task_id']}"
    assert as_user(owner).get(accepted["result_url"]).json()["progress"] == {"done": 0, "total": 3}
    run(accepted["task_id"])
    task = as_user(owner).get(accepted["result_url"]).json()
    assert (task["status"], task["progress"], task["count"]) == ("succeeded", {"done": 3, "total": 3}, 3)
    assert [each["device_id"] for each in task["results"]] == [str(each.pk) for each in devices]
    assert [each["result"]["x"]["sum"] for each in task["results"]] == [1.0, 4.0, None]
    assert results(as_user, owner, devices[1])[0]["result"] == task["results"][1]["result"]


def test_a_fleet_is_chosen(owner: User, colleague: User, admin: User, as_user: AsUser) -> None:
    first, second = device(owner), device(owner)

    def total(user: User, **body: Any) -> int:
        answer = as_user(user).post(f"{STATS}/analysis/async", body, format="json")
        assert answer.status_code == 202, answer.content
        return DeviceAnalysisTask.objects.get(pk=answer.json()["task_id"]).total

    assert total(owner) == total(owner, owner_id=owner.pk) == total(admin, owner_id=owner.pk) == 2
    assert total(owner, device_ids=[str(first.pk)]) == 1
    assert total(admin, device_ids=[str(first.pk), str(second.pk), str(first.pk)]) == 2


def test_a_large_fleet(owner: User, as_user: AsUser) -> None:
    Device.objects.bulk_create(Device(owner=owner) for _ in range(1_500))
    accepted = as_user(owner).post(f"{STATS}/analysis/async", {}).json()
    run(accepted["task_id"])
    page = as_user(owner).get(accepted["result_url"], {"limit": 1000, "offset": 1000}).json()
    assert (page["status"], page["progress"]["done"], len(page["results"])) == ("succeeded", 1_500, 500)
    assert all(each["result"]["x"]["count"] == 0 for each in page["results"])
