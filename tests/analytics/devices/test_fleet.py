"""GET /stats/fleet, and the hourly sums it reads: the same as the readings say, also when inserts are repeated."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Device, User
from analytics.devices.selectors import Span, devices_analyse, fleet_figures
from storage_app.clickhouse import gateway
from storage_app.clickhouse.device_hours import device_hours_delete, device_hours_rebuild
from tests.analytics.devices.readings import NOON, STATS, Reading, device, every_minute, store
from tests.analytics.http import AsUser, errors
from tests.analytics.stored import moment

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

HOUR = timedelta(hours=1)
DELETE = "DELETE FROM device_readings WHERE device_id = {device:UUID} AND ts < {before:DateTime64(3, 'UTC')}"

EVERY_COLUMN = """SELECT * EXCEPT (x_sum, y_sum, z_sum), hex(x_sum), hex(y_sum), hex(z_sum)
    FROM device_hours FINAL WHERE device_id = {device:UUID} ORDER BY hour"""


def hourly(one: Device) -> list[tuple[datetime, int, float]]:
    """(hour, count, sum of x)"""
    sql = """SELECT hour, sum(readings), sumKahanMerge(x_sum) FROM device_hours
        WHERE device_id = {device:UUID} GROUP BY hour ORDER BY hour"""
    return [(row[0], row[1], row[2]) for row in gateway.query(sql, {"device": one.pk})]


def test_it_works(owner: User, as_user: AsUser) -> None:
    first, second = sorted((device(owner, "first"), device(owner, "second")), key=lambda each: each.pk)
    store(first, every_minute(1, 2, 3))
    answer = as_user(owner).get(f"{STATS}/fleet").json()
    assert answer["count"] == 2
    assert answer["results"] == [
        {
            "device_id": str(first.pk),
            "name": first.name,
            "x": {"min": 1.0, "max": 3.0, "count": 3, "sum": 6.0},
            "y": {"min": 2.0, "max": 6.0, "count": 3, "sum": 12.0},
            "z": {"min": -3.0, "max": -1.0, "count": 3, "sum": -6.0},
        },
        {
            "device_id": str(second.pk),
            "name": second.name,
            **{axis: {"min": None, "max": None, "count": 0, "sum": None} for axis in "xyz"},
        },
    ]


def test_pages(owner: User, as_user: AsUser) -> None:
    ids = sorted(str(device(owner).pk) for _ in range(3))
    client = as_user(owner)
    page = client.get(f"{STATS}/fleet", {"limit": 2, "offset": 1}).json()
    assert [each["device_id"] for each in page["results"]] == ids[1:]
    assert client.get(f"{STATS}/fleet", {"limit": 1001}).status_code == 400


def test_who_sees_which(owner: User, colleague: User, admin: User, as_user: AsUser) -> None:
    mine, theirs = str(device(owner).pk), str(device(colleague).pk)

    def seen(user: User, **query: Any) -> set[str]:
        answer = as_user(user).get(f"{STATS}/fleet", query)
        assert answer.status_code == 200
        return {each["device_id"] for each in answer.json()["results"]}

    assert seen(owner) == seen(owner, owner_id=owner.pk) == seen(admin, owner_id=owner.pk) == {mine}
    assert seen(admin) == {mine, theirs}
    refused = as_user(owner).get(f"{STATS}/fleet", {"owner_id": colleague.pk})
    assert (refused.status_code, errors(refused)) == (403, [("permission_denied", None)])


offsets = st.integers(-4 * 3600 * 1000, 4 * 3600 * 1000).map(lambda ms: NOON + timedelta(milliseconds=ms))
edges = st.sampled_from([NOON - HOUR, NOON, NOON + HOUR, NOON + 2 * HOUR])
readings = st.builds(Reading, offsets | edges, *[st.floats(-1e6, 1e6)] * 3)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(measured=st.lists(readings, max_size=30), bounds=st.tuples(offsets | edges, offsets | edges))
def test_hours_agree_with_readings(owner: User, measured: list[Reading], bounds: tuple[datetime, datetime]) -> None:
    one = device(owner)
    for part in range(2):  # several parts, not merged yet
        store(one, measured[part::2])
    start, end = sorted(bounds)
    for span in (Span(start, end + timedelta(milliseconds=1)), Span(start, None), Span(None, end), Span()):
        exact = devices_analyse(device_ids=[one.pk], span=span)[one.pk]
        quick = fleet_figures(device_ids=[one.pk], span=span)[one.pk]
        for axis in "xyz":
            for figure in ("min", "max", "count"):
                assert quick[axis][figure] == exact[axis][figure]
            assert (quick[axis]["sum"] or 0) == pytest.approx(exact[axis]["sum"] or 0, rel=1e-9, abs=1e-6)


def test_an_insert_repeated_under_its_token_counts_once(sensor: Device) -> None:
    measured = [*every_minute(1, 2), *every_minute(4, start=moment("2024-02-01")), *every_minute(8, start=NOON + HOUR)]
    token = uuid.uuid4().hex
    for _ in range(3):
        store(sensor, measured, token=token)
    assert hourly(sensor) == [(moment("2024-02-01"), 1, 4.0), (NOON, 2, 3.0), (NOON + HOUR, 1, 8.0)]
    store(sensor, every_minute(1, 2))  # the same readings once more, which are real
    assert hourly(sensor) == [(moment("2024-02-01"), 1, 4.0), (NOON, 4, 6.0), (NOON + HOUR, 1, 8.0)]


def test_an_insert_that_did_not_come_to_the_hours_is_made_up_for(sensor: Device) -> None:
    token = uuid.uuid4().hex
    gateway.execute("DETACH TABLE device_hours_fill")  # as if the server had died between the two tables
    try:
        store(sensor, every_minute(1, 2), token=token)
    finally:
        gateway.execute("ATTACH TABLE device_hours_fill")
    assert hourly(sensor) == []
    for _ in range(2):
        store(sensor, every_minute(1, 2), token=token)
    assert hourly(sensor) == [(NOON, 2, 3.0)]
    assert devices_analyse(device_ids=[sensor.pk], span=Span())[sensor.pk]["x"]["count"] == 2


def test_deleted_readings_leave_the_hours(owner: User, sensor: Device) -> None:
    other = device(owner)
    for each in (sensor, other):
        store(each, [*every_minute(1, 2, 4), *every_minute(8, start=NOON + HOUR)])
    gateway.execute(DELETE, {"device": sensor.pk, "before": NOON + timedelta(minutes=2)})
    for _ in range(2):
        device_hours_rebuild(device_ids=[sensor.pk], start=NOON, end=NOON + HOUR)
        assert hourly(sensor) == [(NOON, 1, 4.0), (NOON + HOUR, 1, 8.0)]
    gateway.execute(DELETE, {"device": sensor.pk, "before": NOON + 2 * HOUR})
    device_hours_delete(device_ids=[sensor.pk])
    assert hourly(sensor) == []
    assert hourly(other) == [(NOON, 3, 7.0), (NOON + HOUR, 1, 8.0)]


def test_hours_summed_again_are_as_they_were(sensor: Device) -> None:
    store(sensor, [*every_minute(0.1, 0.2, -7), *every_minute(8, start=moment("1969-12-31T23:30"))])
    filled = gateway.query(EVERY_COLUMN, {"device": sensor.pk})
    device_hours_rebuild(device_ids=[sensor.pk], start=moment("1960-01-01"), end=moment("2100-01-01"))
    again = gateway.query(EVERY_COLUMN, {"device": sensor.pk})
    assert again == filled
    assert len(filled) == 2


def test_only_whole_hours_are_summed_again(sensor: Device) -> None:
    with pytest.raises(ValueError, match="whole hours"):
        device_hours_rebuild(device_ids=[sensor.pk], start=NOON, end=NOON + timedelta(minutes=1))
