"""The admin shows analyses, changes none, and can cancel."""

import pytest
from django.test import Client

from accounts.models import Device, User
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import Span
from analytics.devices.services.requests import device_analysis_create
from analytics.devices.services.running import device_analysis_run
from tests.analytics.devices.readings import every_minute, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.fixture
def site(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.mark.parametrize("model", [DeviceAnalysisTask, DeviceAnalysis])
def test_everything_is_shown_and_nothing_can_be_changed(
    site: Client, owner: User, sensor: Device, model: type[DeviceAnalysisTask | DeviceAnalysis]
) -> None:
    store(sensor, every_minute(1, 2, 4))
    task = device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span())
    device_analysis_run(task_id=task.pk)
    folder = f"/admin/analytics/{model.__name__.lower()}"
    page = site.get(f"{folder}/")
    assert page.status_code == 200
    assert "succeeded" in page.content.decode().lower()
    one = f"{folder}/{model._default_manager.get().pk}"
    assert site.get(f"{one}/change/").status_code == 200
    assert site.post(f"{one}/change/", {}).status_code == 403
    assert site.post(f"{one}/delete/", {"post": "yes"}).status_code == 403
    assert site.get(f"{folder}/add/").status_code == 403


def test_results_are_found_by_their_device(site: Client, owner: User, sensor: Device) -> None:
    device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span())
    folder = "/admin/analytics/deviceanalysis/"

    def found(text: str) -> bool:
        return "/change/" in site.get(folder, {"q": text}).content.decode()

    assert [found("sens"), found(str(sensor.pk)), found("nothing like it")] == [True, True, False]


def test_an_unfinished_analysis_can_be_cancelled(site: Client, owner: User, sensor: Device) -> None:
    task = device_analysis_create(requested_by_id=owner.pk, device_ids=[sensor.pk], span=Span())
    chosen = {"action": "cancel", "_selected_action": [str(task.pk)]}
    site.post("/admin/analytics/deviceanalysistask/", chosen)
    task.refresh_from_db()
    assert task.status == "cancelled"
