"""Of several stored periods the one that was asked for is answered."""

import pytest

from accounts.models import User
from analytics.metrics.period import Period
from tests.analytics.conftest import Calculate
from tests.analytics.http import BEFORE, WEEK, AsUser
from tests.analytics.stored import event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.fixture(autouse=True)
def _three_periods(calculate: Calculate) -> None:
    store([event("1", "enrolled", BEFORE)])
    for period in (
        Period(moment("2025-03-17"), moment("2025-03-24")),
        Period(moment("2025-03-10"), moment("2025-03-17"), "Europe/Berlin"),
        Period(moment("2025-03-10"), moment("2025-03-17")),
    ):
        calculate(period=period)


@pytest.mark.parametrize(
    ("query", "start", "zone"),
    [
        ({}, "2025-03-10T00:00:00Z", "UTC"),
        ({"timezone": "Europe/Berlin"}, "2025-03-10T00:00:00Z", "Europe/Berlin"),
        ({"start": "2025-03-17", "end": "2025-03-24"}, "2025-03-17T00:00:00Z", "UTC"),
        (WEEK | {"timezone": "Europe/Berlin"}, "2025-03-10T00:00:00Z", "Europe/Berlin"),
        ({"start": "2025-03-17T05:30:00+05:30", "end": "2025-03-24T00:00:00.000Z"}, "2025-03-17T00:00:00Z", "UTC"),
    ],
)
def test_of_a_course(owner: User, as_user: AsUser, query: dict[str, str], start: str, zone: str) -> None:
    answer = as_user(owner).get("/api/v1/analytics/course/c", query).json()
    assert (answer["start"], answer["timezone"]) == (start, zone)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("course_id=c", 3),
        ("course_id=other", 0),
        ("timezone=Europe/Berlin", 2),
        ("start=2025-03-10&end=2025-03-17", 2),
        ("metrics=completion", 6),
    ],
)
def test_of_a_person(owner: User, as_user: AsUser, query: str, count: int) -> None:
    answer = as_user(owner).get(f"/api/v1/metrics/user/1?{query}").json()
    assert (answer["count"], len(answer["results"])) == (count, count)


def test_pages_walk_all_results_once(owner: User, as_user: AsUser) -> None:
    client, url, seen = as_user(owner), "/api/v1/metrics/user/1?limit=4", []
    while url:
        page = client.get(url).json()
        seen += [(r["start"], r["timezone"], r["course_id"]) for r in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 6
    assert [start for start, _, _ in seen] == sorted((start for start, _, _ in seen), reverse=True)
