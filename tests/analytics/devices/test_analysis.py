"""GET /stats/analysis/{device_id}: exact figures, as numpy and pandas have them."""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Device, User
from analytics.devices.selectors import Span, device_analyse, devices_analyse
from tests.analytics.devices.readings import NOON, STATS, Reading, device, every_minute, store
from tests.analytics.http import AsUser
from tests.analytics.stored import moment

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

NOTHING = {"min": None, "max": None, "count": 0, "sum": None, "median": None}


def sums_agree(found: float, values: Sequence[float]) -> bool:
    """To 1e-9 of what was added up: where the values cancel out, their sum alone is no measure."""
    return abs(found - math.fsum(values)) <= 1e-9 * math.fsum(map(abs, values))


def test_it_works(owner: User, as_user: AsUser, sensor: Device) -> None:
    store(sensor, every_minute(3.0, 1.0, 2.0, 2.0))
    answer = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}")
    assert answer.status_code == 200
    assert answer.json() == {
        "device_id": str(sensor.pk),
        "start": None,
        "end": None,
        "x": {"min": 1.0, "max": 3.0, "count": 4, "sum": 8.0, "median": 2.0},
        "y": {"min": 2.0, "max": 6.0, "count": 4, "sum": 16.0, "median": 4.0},
        "z": {"min": -3.0, "max": -1.0, "count": 4, "sum": -8.0, "median": -2.0},
    }


def test_no_readings(owner: User, as_user: AsUser, sensor: Device) -> None:
    answer = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}").json()
    assert [answer[axis] for axis in "xyz"] == [NOTHING] * 3


@pytest.mark.parametrize(
    ("period", "xs"),
    [
        ({"start": "2025-03-10T12:00:00", "end": "2025-03-10T12:02:00"}, [1, 2]),
        ({"start": "2025-03-10T12:00:00.001", "end": "2025-03-10T12:02:00.001"}, [2, 3]),
        ({"start": "2025-03-10T13:02:00+01:00"}, [3]),
        ({"end": "2025-03-10T12:01:00Z"}, [1]),
        ({"end": "2025-03-10"}, []),
        ({"start": "2025-03-10", "end": "2025-03-11"}, [1, 2, 3]),
    ],
)
def test_periods_are_half_open(
    owner: User, as_user: AsUser, sensor: Device, period: dict[str, str], xs: list[int]
) -> None:
    store(sensor, every_minute(1, 2, 3))
    answer = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}", period).json()
    assert (answer["x"]["count"], answer["x"]["sum"]) == (len(xs), sum(xs) or None)
    assert (answer["start"] is None) == ("start" not in period)


def test_identical_readings_all_count(sensor: Device) -> None:
    for _ in range(2):
        store(sensor, [Reading(NOON, 1, 1, 1)] * 3)
    assert device_analyse(device_id=sensor.pk, span=Span())["x"]["count"] == 6


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[st.floats(-1e12, 1e12)] * 3), min_size=1, max_size=40))
def test_as_numpy_has_it(owner: User, rows: list[tuple[float, float, float]]) -> None:
    one = device(owner)
    store(one, [Reading(NOON + timedelta(minutes=place), *row) for place, row in enumerate(rows)])
    figures = device_analyse(device_id=one.pk, span=Span())
    for axis, values in zip("xyz", zip(*rows, strict=True), strict=True):
        found = figures[axis]
        exact = (found["min"], found["max"], found["count"], found["median"])
        assert exact == (np.min(values), np.max(values), len(values), np.median(values))
        assert found["sum"] is not None
        assert sums_agree(found["sum"], values)


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 1001, 200_000])
def test_the_median_of_many(sensor: Device, count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    store(sensor, [Reading(NOON, value, -value, 0.0) for value in values.tolist()])
    figures = device_analyse(device_id=sensor.pk, span=Span())
    assert (figures["x"]["median"], figures["y"]["median"]) == (np.median(values), np.median(-values))


@pytest.mark.parametrize(
    ("xs", "total", "median"),
    [
        ([1.7e308, 1.7e308], None, 1.7e308),
        ([-1.7e308, -1.7e308, -1.7e308], None, -1.7e308),
        ([5e-324, 5e-324], 1e-323, 5e-324),
        ([0.1] * 10, 1.0, 0.1),
    ],
)
def test_the_ends_of_what_a_float_holds(
    owner: User, as_user: AsUser, sensor: Device, xs: list[float], total: float | None, median: float
) -> None:
    store(sensor, [Reading(NOON, x, 0, 0) for x in xs])
    found = as_user(owner).get(f"{STATS}/analysis/{sensor.pk}").json()["x"]
    assert (found["sum"], found["median"]) == (total, median)


@pytest.fixture(scope="module")
def walking(shared_data: Path) -> tuple[dict[str, list[Reading]], list[dict[str, str]]]:
    """Real readings of 22 devices, and what pandas finds of them."""
    readings: dict[str, list[Reading]] = defaultdict(list)
    with gzip.open(shared_data / "data" / "readings_walking.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            ts = moment(row["timestamp"].removesuffix("Z"))
            readings[row["device_id"]].append(Reading(ts, float(row["x"]), float(row["y"]), float(row["z"])))
    with (shared_data / "data" / "readings_walking_expected_pandas.csv").open() as lines:
        return readings, list(csv.DictReader(lines))


@pytest.mark.shared_data
def test_real_readings_as_pandas_has_them(owner: User, walking: Any) -> None:
    readings, expected = walking
    devices = {name: device(owner, name) for name in readings}
    for name, measured in readings.items():
        store(devices[name], measured)
    found = devices_analyse(device_ids=[each.pk for each in devices.values()], span=Span())
    assert len(expected) == len(found) == 22
    for row in expected:
        for axis in "xyz":
            figures = found[devices[row["device_id"]].pk][axis]
            for figure in ("min", "max", "count", "median"):
                assert figures[figure] == float(row[f"{axis}_{figure}"]), (row["device_id"], axis, figure)
            assert figures["sum"] == pytest.approx(float(row[f"{axis}_sum"]), rel=1e-9)
