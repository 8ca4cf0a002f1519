"""Results, files, devices and readings go, and other people's stay."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, User
from accounts.personal_data import person_find
from analytics.models import MetricResult, PersonResult
from dashboards.models import Dashboard, Widget
from storage_app.files.models import FileState, StoredFile
from tests.analytics.devices.readings import device, every_minute, store
from tests.analytics.stored import moment
from tests.erasure.conftest import Erase, rows
from tests.storage_app.files.conftest import stored_keys
from tests.storage_app.files.uploading import uploaded

pytestmark = [pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


def test_results(stranger: User, erase: Erase) -> None:
    start, end = moment("2025-03-10T00:00:00"), moment("2025-03-11T00:00:00")
    of_course = MetricResult.objects.create(
        metric="engagement", course_id="c", start=start, end=end, timezone="UTC", value=1, parts={}, unit="ratio",
        parameters={}, computed_at=end, people_digest="of both",
    )  # fmt: skip
    for user_id in (str(stranger.pk), "learner-2"):
        PersonResult.objects.create(result=of_course, user_id=user_id, value=1, part_1=1, part_2=2)
    assert erase(str(stranger.pk)).counts["results"] == 1
    assert list(PersonResult.objects.values_list("user_id", flat=True)) == ["learner-2"]
    assert MetricResult.objects.get().people_digest == ""  # so that the next calculation writes its people again


def test_files_with_their_bytes(stranger: User, owner: User, as_user: AsUser, erase: Erase) -> None:
    for person in (stranger, owner):
        uploaded(as_user(person))
    before = set(stored_keys())
    theirs = StoredFile.objects.get(owner=stranger).key
    StoredFile.objects.create(owner=stranger, key="files/half", path="half", state=FileState.UPLOADING)

    assert erase(str(stranger.pk)).counts["files"] == 2

    assert set(stored_keys()) == before - {theirs}
    assert [file.owner for file in StoredFile.objects.all()] == [owner]


def test_devices_with_their_readings_and_hours(stranger: User, owner: User, erase: Erase) -> None:
    theirs, others = device(stranger), device(owner)
    for each in (theirs, others):
        store(each, every_minute(1, 2, 3))

    counts = erase(str(stranger.pk)).counts

    assert (counts["devices"], counts["readings"]) == (1, 3)
    assert list(Device.objects.all()) == [others]
    for table in ("device_readings", "device_hours"):
        assert (rows(table, device_id=str(theirs.pk)), rows(table, device_id=str(others.pk)) > 0) == (0, True)


def test_dashboards_with_their_widgets(stranger: User, owner: User, erase: Erase) -> None:
    for person in (stranger, owner):
        dashboard = Dashboard.objects.create(owner=person, name="Sales", visibility="shared")
        Widget.objects.create(dashboard=dashboard, type="text", options={"text": "t"})

    assert erase(str(stranger.pk)).counts["dashboards"] == 1

    assert [widget.dashboard.owner for widget in Widget.objects.all()] == [owner]
    assert "dashboards" not in erase("learner-1").counts


def test_the_account_stays_unless_it_is_asked_for(stranger: User, erase: Erase) -> None:
    before = User.objects.values().get(pk=stranger.pk)
    assert not erase(str(stranger.pk)).includes_account
    assert User.objects.values().get(pk=stranger.pk) == before


@pytest.mark.parametrize("form", ["0{}", " {}", "{}.0", "+{}", "{} ", "٣", "9" * 30])
def test_only_an_accounts_own_id_is_its_own(form: str, stranger: User, as_user: AsUser, erase: Erase) -> None:
    uploaded(as_user(stranger))
    user_id = form.format(stranger.pk)
    assert person_find(user_id=user_id).account is None
    assert erase(user_id, account=True).counts["files"] == 0
    assert StoredFile.objects.filter(owner=stranger).exists()
