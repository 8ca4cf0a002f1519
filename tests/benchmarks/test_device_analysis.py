"""The benchmark of device analyses with few readings: both sides give the same. How fast they are is its own matter."""

import pytest

from benchmarks.devices import analysis
from benchmarks.devices.product import Caller
from storage_app.clickhouse import gateway

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]


def test_it_works() -> None:
    owner, fleet = analysis.fleet_fill(readings=2_000, devices=4)
    timings = analysis.at_once(Caller(owner), fleet, rounds=1)
    assert [timing.exact for timing in timings] == [True] * 4
    counted = "SELECT count() FROM device_readings WHERE device_id IN {devices:Array(UUID)}"
    assert gateway.query(counted, {"devices": fleet}) == [(2_200,)]
