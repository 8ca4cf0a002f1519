"""The endpoints of device analysis: who sees which device, what they do not take, where else they are."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from analytics.devices.models import DeviceAnalysisTask
from tests.analytics.devices.readings import STATS, device, every_minute, store
from tests.analytics.http import AsUser, errors

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

OF_A_DEVICE = [
    ("get", "/analysis/{}"),
    ("get", "/{}/series"),
    ("get", "/analysis/result/{}"),
    ("post", "/analysis/{}/async"),
]
OF_A_TASK = [("get", "/analysis/tasks/{}"), ("post", "/analysis/tasks/{}/cancel")]


@pytest.fixture
def people(request: pytest.FixtureRequest, as_user: AsUser) -> Callable[[str], APIClient]:
    """A client by the name of the person it speaks for."""

    def client_of(name: str) -> APIClient:
        return APIClient() if name == "anonymous" else as_user(request.getfixturevalue(name))

    return client_of


WHO = {"anonymous": 401, "stranger": 404, "colleague": 404, "owner": 200, "admin": 200}


@pytest.mark.parametrize(("method", "path"), OF_A_DEVICE)
@pytest.mark.parametrize(("person", "status"), WHO.items())
def test_who_sees_a_device(
    people: Callable[[str], APIClient], sensor: Device, method: str, path: str, person: str, status: int
) -> None:
    answer = getattr(people(person), method)(STATS + path.format(sensor.pk))
    assert answer.status_code == (202 if (method, status) == ("post", 200) else status), answer.content
    nothing = getattr(people(person), method)(STATS + path.format(uuid.uuid4()))
    assert nothing.status_code == (401 if status == 401 else 404)
    if status == 404:  # whether it exists is the owner's matter
        assert nothing.content == answer.content


@pytest.mark.parametrize(("method", "path"), OF_A_TASK)
@pytest.mark.parametrize(("person", "status"), WHO.items())
def test_who_sees_a_task(
    people: Callable[[str], APIClient], sensor: Device, method: str, path: str, person: str, status: int
) -> None:
    task_id = people("owner").post(f"{STATS}/analysis/{sensor.pk}/async").json()["task_id"]
    assert getattr(people(person), method)(STATS + path.format(task_id)).status_code == status
    assert getattr(people(person), method)(STATS + path.format(uuid.uuid4())).status_code in {401, 404}


def test_a_student_analyses_their_own(stranger: User, as_user: AsUser) -> None:
    own = device(stranger)
    store(own, every_minute(1))
    assert as_user(stranger).get(f"{STATS}/analysis/{own.pk}").json()["x"]["count"] == 1
    assert as_user(stranger).get(f"{STATS}/fleet").json()["count"] == 1


def test_a_read_key_sees_its_owners_devices(admin: User, colleague: User) -> None:
    client = APIClient()
    key = api_key_create(owner=admin, name="chart", scopes=["read"], origin=SYSTEM).text
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    own, others = device(admin), device(colleague)  # it never acts as an admin
    assert client.get(f"{STATS}/analysis/{own.pk}").status_code == 200
    assert client.get(f"{STATS}/analysis/{others.pk}").status_code == 404
    assert client.post(f"{STATS}/analysis/{own.pk}/async").status_code == 403


def test_somebody_elses_result_is_seen_by_the_devices_owner(
    owner: User, admin: User, colleague: User, as_user: AsUser, sensor: Device
) -> None:
    task_id = as_user(admin).post(f"{STATS}/analysis/{sensor.pk}/async").json()["task_id"]
    url = f"{STATS}/analysis/result/{sensor.pk}"
    assert [each["task_id"] for each in as_user(owner).get(url).json()] == [task_id]
    # A task of another device is none of this one's.
    elsewhere = f"{STATS}/analysis/result/{device(owner).pk}?task_id={task_id}"
    assert as_user(owner).get(elsewhere).status_code == 404


BAD_SPANS = [
    ("start=soon", "invalid", "start"),
    ("start=", "invalid", "start"),
    ("end=2025-03-10%00", "invalid", "end"),
    ("start=" + "9" * 5000, "invalid", "start"),
    ("start=0001-01-01T00:00:00%2B14:00", "out_of_range", "start"),
    ("end=9999-12-31", "out_of_range", "end"),
    ("start=2025-03-10&end=2025-03-10", "end_before_start", "end"),
    ("start=2025-03-11&end=2025-03-10", "end_before_start", "end"),
]


@pytest.mark.parametrize(("query", "code", "attr"), BAD_SPANS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/analysis/{}"), ("get", "/{}/series"), ("post", "/analysis/{}/async"), ("get", "/fleet")],
)
def test_a_senseless_period_is_refused(
    owner: User, as_user: AsUser, sensor: Device, method: str, path: str, query: str, code: str, attr: str
) -> None:
    answer = getattr(as_user(owner), method)(f"{STATS}{path.format(sensor.pk)}?{query}")
    assert answer.status_code == 400, answer.content
    assert errors(answer) == [(code, attr)]
    assert not DeviceAnalysisTask.objects.exists()


@pytest.mark.parametrize(
    ("path", "code", "attr"),
    [
        ("/{}/series?interval=fortnight", "invalid_choice", "interval"),
        ("/{}/series?interval=", "invalid_choice", "interval"),
        ("/{}/series?timezone=Mars", "unknown_timezone", "timezone"),
        ("/{}/series?timezone=UTC%00", "null_characters_not_allowed", "timezone"),
        ("/{}/series?start=1900-01-01&end=2299-01-01&interval=second", "too_many_points", "interval"),
        ("/analysis/result/{}?task_id=1", "invalid", "task_id"),
        ("/analysis/result/{}?limit=1001", "max_value", "limit"),
        ("/analysis/result/{}?limit=0", "min_value", "limit"),
        ("/fleet?owner_id=" + "9" * 30, "max_value", "owner_id"),
        ("/fleet?owner_id=me", "invalid", "owner_id"),
    ],
)
def test_a_senseless_question_is_refused(
    owner: User, as_user: AsUser, sensor: Device, path: str, code: str, attr: str
) -> None:
    answer = as_user(owner).get(STATS + path.format(sensor.pk))
    assert answer.status_code == 400, answer.content
    assert errors(answer) == [(code, attr)]


ID = "6b0e4d1c-3f0a-4f0e-9a53-1d6a3f6b1c01"
BAD_BODIES: list[tuple[Any, str, str | None]] = [
    ({"start": 5}, "invalid", "start"),
    ({"start": {"a": [1]}}, "invalid", "start"),
    ({"start": "2025-03-10", "end": "2025-03-10"}, "end_before_start", "end"),
    ([ID], "invalid", None),
    ("text", "invalid", None),
]
BAD_FLEETS: list[tuple[Any, str, str | None]] = [
    *BAD_BODIES,
    ({"device_ids": []}, "min_length", "device_ids"),
    ({"device_ids": ID}, "not_a_list", "device_ids"),
    ({"device_ids": None}, "null", "device_ids"),
    ({"device_ids": ["x"]}, "invalid", "device_ids.0"),
    ({"device_ids": [ID + "\0"]}, "invalid", "device_ids.0"),
    ({"device_ids": [[ID]]}, "invalid", "device_ids.0"),
    ({"device_ids": [10**50]}, "invalid", "device_ids.0"),
    ({"device_ids": [ID]}, "does_not_exist", "device_ids.0"),
    ({"device_ids": [ID] * 10_001}, "max_length", "device_ids"),
    ({"device_ids": [ID], "owner_id": 1}, "invalid", "owner_id"),
    ({"owner_id": 10**30}, "max_value", "owner_id"),
    ({"owner_id": "me"}, "invalid", "owner_id"),
]


@pytest.mark.parametrize(("body", "code", "attr"), BAD_FLEETS, ids=lambda value: repr(value)[:60])
def test_a_senseless_fleet_is_refused(owner: User, as_user: AsUser, body: Any, code: str, attr: str | None) -> None:
    answer = as_user(owner).post(f"{STATS}/analysis/async", json.dumps(body), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert errors(answer)[:1] == [(code, attr or "non_field_errors")]
    assert not DeviceAnalysisTask.objects.exists()


@pytest.mark.parametrize(("body", "code", "attr"), BAD_BODIES, ids=lambda value: repr(value)[:60])
def test_a_senseless_wish_is_refused(
    owner: User, as_user: AsUser, sensor: Device, body: Any, code: str, attr: str | None
) -> None:
    url = f"{STATS}/analysis/{sensor.pk}/async?start=2024-01-01"
    answer = as_user(owner).post(url, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert errors(answer) == [(code, attr or "non_field_errors")]


def test_nobody_has_a_device(owner: User, admin: User, as_user: AsUser) -> None:
    for user, body in ((owner, {}), (admin, {"owner_id": owner.pk}), (admin, {"owner_id": 2**63 - 1})):
        answer = as_user(user).post(f"{STATS}/analysis/async", body)
        assert (answer.status_code, errors(answer)) == (400, [("no_devices", None)])


def test_every_unknown_device_is_named(owner: User, colleague: User, as_user: AsUser, sensor: Device) -> None:
    ids = [str(sensor.pk), str(device(colleague).pk), *[str(uuid.uuid4()) for _ in range(150)]]
    answer = as_user(owner).post(f"{STATS}/analysis/async", {"device_ids": ids}, format="json")
    assert errors(answer) == [("does_not_exist", f"device_ids.{place}") for place in range(1, 101)]


def test_only_an_admin_names_another_owner(owner: User, colleague: User, as_user: AsUser) -> None:
    device(colleague)
    answer = as_user(owner).post(f"{STATS}/analysis/async", {"owner_id": colleague.pk})
    assert (answer.status_code, errors(answer)) == (403, [("permission_denied", None)])


@pytest.mark.parametrize("path", ["/analysis/no-uuid", "/analysis/result/1", "/analysis/tasks/1", "/1/series"])
def test_an_address_without_an_id(owner: User, as_user: AsUser, path: str) -> None:
    assert as_user(owner).get(STATS + path).status_code == 404


@pytest.mark.parametrize(("method", "path"), [*OF_A_DEVICE, ("get", "/fleet"), ("post", "/analysis/async")])
def test_without_the_prefix_it_is_the_same(
    owner: User, as_user: AsUser, sensor: Device, method: str, path: str
) -> None:
    store(sensor, every_minute(1, 2))
    client = as_user(owner)
    canonical, alias = (getattr(client, method)(prefix + path.format(sensor.pk)) for prefix in (STATS, "/stats"))
    assert canonical.status_code in {200, 202}
    assert canonical.json() == alias.json()  # result_url among it


def test_the_document_has_the_canonical_paths_alone() -> None:
    document = APIClient().get("/openapi.json").json()
    paths = {path for path in document["paths"] if "/stats" in path}
    assert all(path.startswith("/api/v1/stats") for path in paths)
    series = document["paths"]["/api/v1/stats/{device_id}/series"]["get"]
    assert {each["name"] for each in series["parameters"]} == {"device_id", "start", "end", "interval", "timezone"}
    for path in paths:
        for operation in document["paths"][path].values():
            assert operation["tags"] == ["Devices"]
            assert {"401", "403", "503"} | ({"404"} if "{" in path else set()) <= operation["responses"].keys()
            assert operation["description"]
